package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import dev.errand.job.DuplicateJobException;
import dev.errand.job.JobId;
import dev.errand.job.NewJob;
import java.sql.SQLException;
import java.util.Optional;

/// Submits a root job.
final class Submission implements Work<JobId> {
  private final NewJob job;
  private final Creation creation;

  Submission(NewJob job) {
    if (job.id().parent().isPresent()) {
      throw new IllegalArgumentException("Job " + job.id() + " is no root; its parent creates it");
    }
    this.job = job;
    this.creation = Creation.of(job, StoredDefinition.of(job.definition()));
  }

  /// A key is never given out twice: where another tree has got it meanwhile, its unique index
  /// objects, and all is done again.
  @Override
  public JobId apply(Transaction transaction) throws SQLException, Collision {
    var known = knownByKey(transaction);
    if (known.isPresent()) {
      return known.get();
    }
    if (!creation.insert(transaction)) {
      throw new DuplicateJobException(job.id());
    }
    return job.id();
  }

  @Override
  public void announce(Needs needs) {
    needs.tree(job.id());
  }

  @Override
  public long bytes() {
    return WorkspaceChange.bytes(job.workspace());
  }

  private Optional<JobId> knownByKey(Transaction transaction) throws SQLException, Collision {
    if (job.key() == null) {
      return Optional.empty();
    }
    return transaction
        .sql("select id from job where key = ? and parent is null")
        .bind(job.key())
        .first(row -> new JobId(row.getString(1)));
  }
}
