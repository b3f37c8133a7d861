package dev.errand.jdbc;

import dev.errand.job.Blob;
import dev.errand.job.Delta;
import dev.errand.job.JobId;
import dev.errand.job.StoredForm;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/* A delta, ready to be applied to a workspace.
 *
 * A row of `covariable` or `piece` holds for the turns from `since` on and before `until`. A delta of turn t never writes
 * over what an earlier turn left: it moves that row to `until = t`, where the states of earlier turns find it, and
 * inserts its own. What turn t itself wrote before, it replaces. So what a row says of a turn that is over is never
 * changed again, and the work is in proportion to what the delta names: a place that it does not name keeps its row.
 *
 * `until` comes before the number in the keys. Thus the rows that hold now stand together, at the end of the job's, and
 * in between them is nothing to be passed over. */
final class WorkspaceChange {
  private final Delta delta;
  private final List<Part> parts;

  private WorkspaceChange(Delta delta) {
    this.delta = delta;
    this.parts = delta.puts().stream().map(Part::of).toList();
  }

  static WorkspaceChange of(Delta delta) {
    return new WorkspaceChange(delta);
  }

  /// A co-variable in the form in which it is stored.
  private record Part(Delta.Put put, long digest, String variables) {
    static Part of(Delta.Put put) {
      return new Part(
          put, Workspaces.digest(put.head()), StoredForm.write(put.variables()).print());
    }
  }

  /// A co-variable as the delta finds it.
  private record Before(int since, int length) {}

  /// How many bytes applying it may add.
  static long bytes(@Nullable Delta delta) {
    return delta == null
        ? 0
        : delta.fresh().values().stream().mapToLong(Blob::size).sum()
            + delta.puts().stream().mapToLong(put -> put.head().size()).sum();
  }

  void apply(Transaction transaction, JobId job) throws SQLException {
    for (var piece : delta.fresh().entrySet()) {
      storeChunk(transaction, piece.getKey(), piece.getValue());
    }
    for (int number : delta.dropped()) {
      var before = before(transaction, job, number);
      if (before.isPresent()) {
        end(transaction, job, number, before.get());
      }
    }
    for (var part : parts) {
      put(transaction, job, part);
    }
  }

  /// Equal content is stored once, and mends what does not match its address.
  private static void storeChunk(Transaction transaction, String address, Blob content)
      throws SQLException {
    transaction
        .direct(
            """
            insert into chunk (address, content) values (?, ?)
            on conflict (address) do update set content = excluded.content
              where chunk.content <> excluded.content
            """)
        .bind(address)
        .bind(content.bytes())
        .update();
  }

  private static Optional<Before> before(Transaction transaction, JobId job, int number)
      throws SQLException {
    return transaction
        .direct("select since, length from covariable where job = ? and until = ? and number = ?")
        .bind(job.text())
        .bind(Workspaces.STILL)
        .bind(number)
        .first(row -> new Before(row.getInt(1), row.getInt(2)));
  }

  private void end(Transaction transaction, JobId job, int number, Before before)
      throws SQLException {
    endPieces(transaction, job, number, 0, before.length());
    if (before.since() < delta.turn()) {
      becomeFormer(transaction, job, number);
    } else {
      transaction
          .direct("delete from covariable where job = ? and until = ? and number = ?")
          .bind(job.text())
          .bind(Workspaces.STILL)
          .bind(number)
          .update();
    }
  }

  private void becomeFormer(Transaction transaction, JobId job, int number) throws SQLException {
    transaction
        .direct("update covariable set until = ? where job = ? and until = ? and number = ?")
        .bind(delta.turn())
        .bind(job.text())
        .bind(Workspaces.STILL)
        .bind(number)
        .update();
  }

  private void put(Transaction transaction, JobId job, Part part) throws SQLException {
    var put = part.put();
    var before = before(transaction, job, put.number());
    int had = before.map(Before::length).orElse(0);
    requireComplete(put, had);
    if (before.isPresent() && before.get().since() < delta.turn()) {
      becomeFormer(transaction, job, put.number());
    }
    transaction
        .direct(
            """
            insert into covariable (job, until, number, since, length, head, digest, variables)
            values (?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (job, until, number) do update set
              length = excluded.length, head = excluded.head, digest = excluded.digest,
              variables = excluded.variables
            """)
        .bind(job.text())
        .bind(Workspaces.STILL)
        .bind(put.number())
        .bind(delta.turn())
        .bind(put.length())
        .bind(put.head().bytes())
        .bind(part.digest())
        .bind(part.variables())
        .update();
    for (var piece : put.chunks().entrySet()) {
      int place = piece.getKey();
      if (place >= had || makeWay(transaction, job, put.number(), place, piece.getValue())) {
        insert(transaction, job, put.number(), place, piece.getValue());
      }
    }
    endPieces(transaction, job, put.number(), put.length(), had);
  }

  /// The places that there were are 0 to `had`, so that only those added need a look.
  private static void requireComplete(Delta.Put put, int had) {
    for (int place = had; place < put.length(); place++) {
      if (!put.chunks().containsKey(place)) {
        throw new IllegalArgumentException(
            "Co-variable %d has no piece at place %d".formatted(put.number(), place));
      }
    }
  }

  /// Ends the piece at a place unless it is this one; returns whether it did.
  private boolean makeWay(Transaction transaction, JobId job, int number, int place, String address)
      throws SQLException {
    boolean same =
        transaction
            .direct(
                """
                select 1 from piece
                where job = ? and until = ? and number = ? and place = ? and address = ?
                """)
            .bind(job.text())
            .bind(Workspaces.STILL)
            .bind(number)
            .bind(place)
            .bind(address)
            .exists();
    if (!same) {
      endPieces(transaction, job, number, place, place + 1);
    }
    return !same;
  }

  /// Ends the pieces at the places from `from` on and before `to`.
  private void endPieces(Transaction transaction, JobId job, int number, int from, int to)
      throws SQLException {
    if (from >= to) {
      return;
    }
    transaction
        .direct(
            """
            update piece set until = ?
            where job = ? and until = ? and number = ? and place >= ? and place < ? and since < ?
            """)
        .bind(delta.turn())
        .bind(job.text())
        .bind(Workspaces.STILL)
        .bind(number)
        .bind(from)
        .bind(to)
        .bind(delta.turn())
        .update();
    Collecting.note(
        transaction,
        transaction
            .direct(
                """
                delete from piece
                where job = ? and until = ? and number = ? and place >= ? and place < ?
                returning address
                """)
            .bind(job.text())
            .bind(Workspaces.STILL)
            .bind(number)
            .bind(from)
            .bind(to)
            .list(row -> row.getString(1)));
  }

  private void insert(Transaction transaction, JobId job, int number, int place, String address)
      throws SQLException {
    transaction
        .direct(
            """
            insert into piece (job, until, number, place, since, address)
            values (?, ?, ?, ?, ?, ?)
            """)
        .bind(job.text())
        .bind(Workspaces.STILL)
        .bind(number)
        .bind(place)
        .bind(delta.turn())
        .bind(address)
        .update();
  }
}
