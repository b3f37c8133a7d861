package dev.errand.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.Quota;
import dev.errand.job.StaleLeaseException;
import dev.errand.job.StoppedException;
import dev.errand.job.Subtask;
import dev.errand.job.Wait;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Receipt;
import dev.errand.spi.Step;
import dev.errand.spi.Store;
import dev.errand.testkit.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a process knows of the trees that it wrote last is used as long as nobody else wrote them,
/// and no longer.
class KnownTest {
  private static final Duration LEASE = Duration.ofMinutes(10);
  private static final JobId ROOT = new JobId("root");
  private static final JobId CHILD = ROOT.child(1);
  private static final JobId OTHER = new JobId("other");

  private final ManualClock clock = ManualClock.create();
  private final String url = TestPostgres.emptyDatabase();
  private final PostgresStore here = TestPostgres.open(url, clock);
  private final PostgresStore there = TestPostgres.open(url, clock);
  private Claim root;
  private long version;

  /// A job that this process has written often enough to go by what it knows of it.
  @BeforeEach
  void know() {
    here.submit(TestJobs.job(ROOT));
    root = here.claim("here", 1, LEASE).getFirst();
    for (int step = 0; step < 5; step++) {
      say();
    }
  }

  @AfterEach
  void close() {
    here.close();
    there.close();
  }

  private void say() {
    version = here.commit(TestJobs.saying(root, version, "step " + version)).version();
  }

  private Receipt step(Step.Next next, Change... changes) {
    var status = next instanceof Step.Next.Await ? JobStatus.SUSPENDED : JobStatus.STARTED;
    var step =
        new Step(root.lease(), version, status, Progress.START, List.of(changes), next)
            .taking(new Step.Taking(1, LEASE));
    var receipt = here.commit(step);
    version = receipt.version();
    return receipt;
  }

  private static Change created() {
    return created(1);
  }

  private static Change created(int number) {
    var handler = Subtask.open(Json.object(Subtask.FUTURE, number));
    var child = TestJobs.job(ROOT.child(number));
    return new Change.Created(
        new NewJob(child.id(), null, child.definition(), child.digest(), handler, null));
  }

  private static List<JobId> claimed(Store store) {
    return store.claim("anybody", 10, LEASE).stream().map(claim -> claim.job().id()).toList();
  }

  @Test
  void a_step_after_a_step_is_one_journey() {
    long before = here.journeys();
    say();
    say();
    assertThat(here.journeys() - before).isEqualTo(2);
  }

  /// The first time, nothing is known yet of what the parent waits for.
  @Test
  void a_child_is_created_awaited_and_ended_in_two_journeys() {
    createAwaitAndEnd(1);
    long before = here.journeys();
    createAwaitAndEnd(2);
    assertThat(here.journeys() - before).isEqualTo(2);
    say();
  }

  private void createAwaitAndEnd(int number) {
    var id = ROOT.child(number);
    var child =
        step(new Step.Next.Await(new Wait(List.of(id), 1)), created(number)).taken().getFirst();
    var end = TestJobs.ending(child).taking(new Step.Taking(1, LEASE));
    root = here.commit(end).taken().getFirst();
    assertThat(root.job().id()).isEqualTo(ROOT);
    version = root.version();
  }

  @Test
  void a_wait_that_began_after_the_child_was_created_ends_with_it() {
    var child = step(new Step.Next.Continue(), created()).taken().getFirst();
    step(new Step.Next.Await(new Wait(List.of(CHILD), 1)));
    here.commit(TestJobs.ending(child));

    assertThat(claimed(here)).containsExactly(ROOT);
  }

  @Test
  void a_wait_that_another_process_began_ends_with_the_child() {
    var child = step(new Step.Next.Continue(), created()).taken().getFirst();
    there.submit(TestJobs.job(OTHER));
    var other = there.claim("there", 1, LEASE).getFirst();
    var waits = new Step.Next.Await(new Wait(List.of(CHILD), 1));
    var status = JobStatus.SUSPENDED;
    there.commit(new Step(other.lease(), 0, status, Progress.START, List.of(), waits));
    here.commit(TestJobs.ending(child));

    assertThat(claimed(there)).containsExactly(OTHER);
  }

  @Test
  void a_job_that_another_process_took_over_is_lost() {
    clock.advance(LEASE.multipliedBy(2));
    var taken = there.claim("there", 1, LEASE).getFirst();
    there.commit(TestJobs.saying(taken, version, "there"));

    assertThatThrownBy(this::say).isInstanceOf(StaleLeaseException.class);
    assertThat(there.commit(TestJobs.saying(taken, version + 1, "again")).version())
        .isEqualTo(version + 2);
  }

  @Test
  void a_job_that_another_process_claimed_is_lost_before_that_does_anything() {
    clock.advance(LEASE.multipliedBy(2));
    there.claim("there", 1, LEASE);

    assertThatThrownBy(this::say).isInstanceOf(StaleLeaseException.class);
  }

  @Test
  void numbers_in_the_history_of_a_tree_are_given_once() {
    var child = step(new Step.Next.Continue(), created()).taken().getFirst();
    say();
    there.commit(TestJobs.saying(child, 0, "from there"));
    say();

    var numbers =
        Stream.of(ROOT, CHILD)
            .flatMap(job -> here.history(job, 0, 100).stream())
            .map(Entry::sequence)
            .toList();
    assertThat(numbers).doesNotHaveDuplicates();
  }

  @Test
  void a_stop_by_another_process_is_heeded_by_the_next_step() {
    there.stop(ROOT, new Outcome.Cancelled("enough"), LEASE);

    assertThatThrownBy(this::say).isInstanceOf(StoppedException.class);
  }

  @Test
  void a_limit_that_another_process_set_holds_for_the_next_step() {
    there.limit(Quota.jobs(1));

    assertThat(step(new Step.Next.Continue(), created()).taken()).isEmpty();
  }

  @Test
  void a_job_whose_id_another_process_took_is_not_created_again() {
    step(new Step.Next.Continue(), created());
    var again = step(new Step.Next.Continue(), created());

    assertThat(again.taken()).isEmpty();
    assertThat(here.children(ROOT, 0, 10)).hasSize(1);
  }
}
