package dev.errand.jdbc;

import dev.errand.job.Blob;
import dev.errand.job.Checkpoint;
import dev.errand.job.CoVariable;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.StoreException;
import dev.errand.job.StoredForm;
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
    return new CoVariable(
        row.getInt(1),
        row.getInt(2),
        new Blob(row.getBytes(4)),
        pieces,
        StoredForm.variables((Json.Array) Json.parse(row.getString(6))));
  }

  static Map<String, Blob> chunks(Session session, Collection<String> addresses)
      throws SQLException {
    var found = new HashMap<String, Blob>();
    for (var address : addresses) {
      var content =
          session
              .sql("select content from chunk where address = ?")
              .bind(address)
              .first(row -> new Blob(row.getBytes(1)))
              .orElseThrow(
                  () -> new StoreException("Chunk %s is not in the store.".formatted(address)));
      if (!content.address().equals(address)) {
        throw new StoreException(
            "Chunk %s does not hold what its address says.".formatted(address));
      }
      found.put(address, content);
    }
    return found;
  }
}
