package dev.errand.jdbc;

import dev.errand.job.Blob;
import dev.errand.job.Checkpoint;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.StoreException;
import dev.errand.job.StoredForm;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Stores checkpoints and their pieces, and reads them back.
final class Workspaces {
  private Workspaces() {}

  /// A checkpoint, ready to be stored.
  record Prepared(Checkpoint checkpoint, String chunks, String variables) {
    static Prepared of(Checkpoint checkpoint) {
      return new Prepared(
          checkpoint,
          Json.of(checkpoint.chunks()).print(),
          StoredForm.write(checkpoint.variables()).print());
    }

    void store(Transaction transaction, JobId job) throws SQLException {
      for (var piece : checkpoint.fresh().entrySet()) {
        transaction
            .sql("insert into chunk (address, content) values (?, ?) on conflict do nothing")
            .bind(piece.getKey())
            .bind(piece.getValue().bytes())
            .update();
      }
      transaction
          .sql(
              """
              insert into workspace (job, manifest, chunks, variables) values (?, ?, ?, ?)
              on conflict (job) do update set
                manifest = excluded.manifest, chunks = excluded.chunks,
                variables = excluded.variables
              """)
          .bind(job.text())
          .bind(checkpoint.manifest().bytes())
          .bind(chunks)
          .bind(variables)
          .update();
    }
  }

  /// How many bytes storing it may add.
  static long bytes(@Nullable Checkpoint checkpoint) {
    return checkpoint == null
        ? 0
        : checkpoint.manifest().size()
            + checkpoint.fresh().values().stream().mapToLong(Blob::size).sum();
  }

  /// Reads `manifest, chunks, variables`.
  static Checkpoint checkpoint(ResultSet row) throws SQLException {
    var chunks = (Json.Array) Json.parse(row.getString(2));
    return new Checkpoint(
        new Blob(row.getBytes(1)),
        chunks.items().stream().map(address -> ((Json.Text) address).value()).toList(),
        Map.of(),
        StoredForm.variables((Json.Array) Json.parse(row.getString(3))));
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
