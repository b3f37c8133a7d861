package dev.errand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.AgentSpec;
import dev.errand.job.Budget;
import dev.errand.job.CodeBlock;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Lease;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.Subtask;
import dev.errand.job.Value;
import dev.errand.job.Wait;
import dev.errand.spi.Change;
import dev.errand.spi.Step;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// A permit is passed on by a step only if its job surely gives it back right after it.
class PassingOnTest {
  private static final JobId JOB = new JobId("k3f9x2ab");
  private static final JobId NEW = JOB.child(1);
  private static final JobId NEWER = JOB.child(2);
  private static final JobId OLD = JOB.child(3);

  private static boolean passesOn(Step.Next next) {
    return passesOn(next, created(NEW, null), created(NEWER, null));
  }

  private static boolean passesOn(Step.Next next, Change... created) {
    return passesOn(JobStatus.SUSPENDED, next, created);
  }

  private static boolean passesOn(JobStatus status, Step.Next next, Change... changes) {
    var lease = new Lease(JOB, "w", 1, Instant.EPOCH);
    return JobWorker.isLastForNow(
        new Step(lease, 1, status, Progress.START, List.of(changes), next));
  }

  private static Change created(JobId id, @Nullable Budget share) {
    var definition = JobDefinition.of(AgentSpec.program("a"), CodeBlock.python("pass"));
    return new Change.Created(
        new NewJob(
            id,
            null,
            definition,
            "asked",
            Subtask.open(Json.Null.VALUE),
            null,
            null,
            Duration.ofHours(1),
            share));
  }

  private static boolean passesOn(Wait wait) {
    return passesOn(new Step.Next.Await(wait));
  }

  @Test
  void a_job_that_ends_passes_its_permit_on() {
    var ended = new Change.Ended(new Outcome.Succeeded(Value.of(1)));
    assertThat(passesOn(JobStatus.DONE, new Step.Next.End(), ended)).isTrue();
  }

  @Test
  void a_job_that_goes_on_or_is_put_off_does_not() {
    assertThat(passesOn(new Step.Next.Continue())).isFalse();
    assertThat(passesOn(new Step.Next.Yield(Instant.EPOCH))).isFalse();
  }

  @Test
  void a_job_that_waits_does_if_too_few_can_have_ended() {
    assertThat(passesOn(new Wait(List.of(NEW), 1))).isTrue();
    assertThat(passesOn(new Wait(List.of(NEW, OLD), 2))).isTrue();
    assertThat(passesOn(new Wait(List.of(NEW, NEWER), 1))).isTrue();
    assertThat(passesOn(new Wait(List.of(OLD), 1))).isFalse();
    assertThat(passesOn(new Wait(List.of(NEW, OLD), 1))).isFalse();
  }

  @Test
  void a_job_that_a_moment_or_a_message_may_wake_does_not() {
    assertThat(passesOn(new Wait(List.of(NEW), 1, Instant.EPOCH))).isFalse();
    assertThat(passesOn(new Wait(List.of(NEW), 1).heedingMessages())).isFalse();
    assertThat(passesOn(Wait.until(Instant.EPOCH))).isFalse();
  }

  @Test
  void a_job_that_waits_for_one_with_a_share_of_the_budget_does_not_since_that_may_end_at_once() {
    var waits = new Step.Next.Await(new Wait(List.of(NEW), 1));

    assertThat(passesOn(waits, created(NEW, Budget.tokens(1)))).isFalse();
  }
}
