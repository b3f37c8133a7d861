package dev.errand.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Lease;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.Value;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepTest {
  private static final Lease LEASE = new Lease(new JobId("k3f9x2ab"), "w", 1, Instant.MAX);
  private static final Step.Next GOES_ON = new Step.Next.Continue();
  private static final Step.Next ENDS = new Step.Next.End();
  private static final Change ENDED = new Change.Ended(new Outcome.Succeeded(Value.of(1)));

  private static Step step(JobStatus status, Step.Next next, Change... changes) {
    return new Step(LEASE, 0, status, Progress.START, List.of(changes), next);
  }

  @Test
  void the_last_step_is_done_ends_the_lease_and_has_the_outcome() {
    assertThat(step(JobStatus.DONE, ENDS, ENDED).changes()).containsExactly(ENDED);
  }

  @Test
  void a_step_that_says_so_in_some_places_only_or_twice_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> step(JobStatus.DONE, ENDS))
        .withMessageEndingWith("this one is DONE, has End[] and outcomes: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> step(JobStatus.DONE, ENDS, ENDED, ENDED))
        .withMessageEndingWith("this one is DONE, has End[] and outcomes: 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> step(JobStatus.DONE, GOES_ON, ENDED))
        .withMessageEndingWith("this one is DONE, has Continue[] and outcomes: 1");
    assertThatIllegalArgumentException().isThrownBy(() -> step(JobStatus.STARTED, GOES_ON, ENDED));
    assertThatIllegalArgumentException().isThrownBy(() -> step(JobStatus.STARTED, ENDS, ENDED));
    assertThatIllegalArgumentException().isThrownBy(() -> step(JobStatus.DONE, GOES_ON));
  }
}
