package dev.errand.jdbc;

import dev.errand.job.DurableObject;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.ObjectConflictException;
import dev.errand.job.StoredForm;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Durable objects in the table `object`.
final class DurableObjects {
  private static final String SELECT = "select id, key, type, version, attributes, by from object ";

  private DurableObjects() {}

  static Optional<DurableObject> find(Session session, String id) throws SQLException {
    return session.sql(SELECT + "where id = ?").bind(id).first(DurableObjects::object);
  }

  static Optional<DurableObject> findByKey(Session session, String key) throws SQLException {
    return session.sql(SELECT + "where key = ?").bind(key).first(DurableObjects::object);
  }

  static List<DurableObject> after(Session session, String after, int limit) throws SQLException {
    return session
        .sql(SELECT + "where id > ? order by id limit ?")
        .bind(after)
        .bind(limit)
        .list(DurableObjects::object);
  }

  private static DurableObject object(ResultSet row) throws SQLException {
    var by = row.getString(6);
    return new DurableObject(
        row.getString(1),
        row.getString(2),
        row.getString(3),
        row.getLong(4),
        StoredForm.attributes((Json.Object) Json.parse(row.getString(5))),
        by == null ? null : new JobId(by));
  }

  /// An object ready to be written; writing JSON is the caller's work.
  record Written(DurableObject object, String attributes) {
    static Written of(DurableObject object) {
      return new Written(object, StoredForm.write(object.attributes()).print());
    }

    /// @throws ObjectConflictException if it is not at the version before
    void apply(Transaction transaction) throws SQLException {
      int written = object.version() == 1 ? insert(transaction) : update(transaction);
      if (written == 0) {
        throw new ObjectConflictException(object);
      }
    }

    private int insert(Transaction transaction) throws SQLException {
      return transaction
          .direct(
              """
              insert into object (attributes, changed, by, id, version, key, type)
              values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing
              """)
          .bind(attributes)
          .bind(transaction.now())
          .bind(by())
          .bind(object.id())
          .bind(object.version())
          .bind(object.key())
          .bind(object.type())
          .update();
    }

    private int update(Transaction transaction) throws SQLException {
      return transaction
          .direct(
              """
              update object set attributes = ?, changed = ?, by = ?, version = version + 1
              where id = ? and version = ? - 1
              """)
          .bind(attributes)
          .bind(transaction.now())
          .bind(by())
          .bind(object.id())
          .bind(object.version())
          .update();
    }

    private @Nullable String by() {
      var job = object.by();
      return job == null ? null : job.text();
    }
  }
}
