package dev.errand.jdbc;

import dev.errand.job.AgentSpec;
import dev.errand.job.Blob;
import dev.errand.job.CodeBlock;
import dev.errand.job.Delta;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.Subtask;
import dev.errand.job.Value;
import dev.errand.job.Wait;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Step;
import java.util.List;
import java.util.stream.Stream;

/// Short words for the jobs and steps of these tests.
final class TestJobs {
  private static final JobDefinition DEFINITION =
      JobDefinition.of(AgentSpec.program("tester"), CodeBlock.python("pass"));

  private static final Json NO_ID = Json.Null.VALUE;

  private TestJobs() {}

  static NewJob job(JobId id) {
    return new NewJob(id, null, DEFINITION, "asked", null, null);
  }

  static NewJob keyed(JobId id, String key) {
    return new NewJob(id, key, DEFINITION, "asked", null, null);
  }

  /// A job whose workspace is one piece of so many bytes.
  static NewJob jobOfBytes(JobId id, int bytes) {
    var piece = new Blob(new byte[bytes]);
    var workspace = Delta.beginning(Blob.EMPTY, List.of(piece), List.of());
    return new NewJob(id, null, DEFINITION, "asked", null, workspace);
  }

  static Step saying(Claim claim, long version, String text) {
    var said = new Change.Recorded(0, Entry.Kind.MESSAGE, Json.object("text", text));
    return step(claim, version, JobStatus.STARTED, List.of(said), new Step.Next.Continue());
  }

  static Step ending(Claim claim) {
    var ended = new Change.Ended(new Outcome.Succeeded(Value.of("done")));
    return step(claim, claim.version(), JobStatus.DONE, List.of(ended), new Step.Next.End());
  }

  /// Hands work to these children and waits for whichever ends first.
  static Step delegatingAndAwaitingOne(Claim claim, JobId... children) {
    var created =
        Stream.of(children)
            .map(id -> new NewJob(id, null, DEFINITION, "asked", Subtask.open(NO_ID), null))
            .<Change>map(Change.Created::new)
            .toList();
    var next = new Step.Next.Await(new Wait(List.of(children), 1));
    return step(claim, claim.version(), JobStatus.SUSPENDED, created, next);
  }

  private static Step step(
      Claim claim, long version, JobStatus status, List<Change> changes, Step.Next next) {
    return new Step(claim.lease(), version, status, Progress.START, changes, next);
  }
}
