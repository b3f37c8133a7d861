package dev.errand.jdbc;

import dev.errand.job.Blob;
import dev.errand.job.Checkpoint;
import dev.errand.job.CoVariable;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.StoredForm;
import dev.errand.job.UnknownTurnException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads workspaces as they are and as they were; see [WorkspaceChange] for how they are written.
final class Workspaces {
  /// `until` of a row that nothing has replaced: it comes after every turn.
  static final int STILL = Integer.MAX_VALUE;

  private Workspaces() {}

  /// Tells a head from a damaged one: the first half of its address.
  static long digest(Blob head) {
    return Long.parseUnsignedLong(head.address(), 0, 16, 16);
  }

  /// The workspace as turn `turn` or an earlier one left it.
  ///
  /// @throws UnknownTurnException if that was forgotten
  static Optional<Checkpoint> kept(Session session, JobId job, int turn) throws SQLException {
    int first =
        session
            .sql("select kept from job where id = ?")
            .bind(job.text())
            .first(row -> row.getInt(1))
            .orElse(turn);
    if (turn < first) {
      throw UnknownTurnException.forgotten(job, turn, first);
    }
    return at(session, job, turn);
  }

  /// Whether the job has variables now: most that are begun have none.
  static boolean exists(Session session, JobId job) throws SQLException {
    return session
        .sql("select 1 from covariable where job = ? and until = ? limit 1")
        .bind(job.text())
        .bind(STILL)
        .exists();
  }

  /// The workspace as turn `turn` or an earlier one left it; as it is now for the turn before
  /// [#STILL]. Empty if there were no variables.
  ///
  /// What nothing replaced before the turn ended lies side by side from `turn + 1` on, with little
  /// else: what later turns replaced.
  static Optional<Checkpoint> at(Session session, JobId job, int turn) throws SQLException {
    var pieces = new HashMap<Integer, List<String>>();
    session
        .sql(
            """
            select number, address from piece where job = ? and until > ? and since <= ?
            order by number, place
            """)
        .bind(job.text())
        .bind(turn)
        .bind(turn)
        .each(
            row ->
                pieces
                    .computeIfAbsent(row.getInt(1), number -> new ArrayList<>())
                    .add(row.getString(2)));
    var parts =
        session
            .sql(
                """
                select number, since, length, head, digest, variables from covariable
                where job = ? and until > ? and since <= ? order by number
                """)
            .bind(job.text())
            .bind(turn)
            .bind(turn)
            .list(row -> coVariable(row, pieces.getOrDefault(row.getInt(1), List.of())));
    return parts.isEmpty() ? Optional.empty() : Optional.of(new Checkpoint(parts));
  }

  /// Reads `number, since, length, head, digest, variables`.
  private static CoVariable coVariable(ResultSet row, List<String> pieces) throws SQLException {
    var head = new Blob(row.getBytes(4));
    long digest = row.getLong(5);
    boolean sound = (row.wasNull() || digest == digest(head)) && pieces.size() == row.getInt(3);
    return new CoVariable(
        row.getInt(1),
        row.getInt(2),
        sound ? head : null,
        pieces,
        StoredForm.variables((Json.Array) Json.parse(row.getString(6))));
  }

  /// The pieces with these addresses that are there, and are what their addresses say.
  static Map<String, Blob> chunks(Session session, Collection<String> addresses)
      throws SQLException {
    var sound = new HashMap<String, Blob>();
    for (var address : addresses) {
      session
          .sql("select content from chunk where address = ?")
          .bind(address)
          .first(row -> new Blob(row.getBytes(1)))
          .filter(content -> content.address().equals(address))
          .ifPresent(content -> sound.put(address, content));
    }
    return sound;
  }

  /// Gives `fork` the workspace that turn `turn` left to `from`.
  static void copy(Transaction transaction, JobId from, int turn, JobId fork) throws SQLException {
    transaction
        .direct(
            """
            insert into covariable (job, until, number, since, length, head, digest, variables)
            select ?, ?, number, since, length, head, digest, variables from covariable
            where job = ? and until > ? and since <= ?
            """)
        .bind(fork.text())
        .bind(STILL)
        .bind(from.text())
        .bind(turn)
        .bind(turn)
        .update();
    transaction
        .direct(
            """
            insert into piece (job, until, number, place, since, address)
            select ?, ?, number, place, since, address from piece
            where job = ? and until > ? and since <= ?
            """)
        .bind(fork.text())
        .bind(STILL)
        .bind(from.text())
        .bind(turn)
        .bind(turn)
        .update();
  }
}
