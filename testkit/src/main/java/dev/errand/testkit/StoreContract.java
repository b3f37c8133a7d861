package dev.errand.testkit;

import static dev.errand.testkit.Jobs.DEFINITION;
import static dev.errand.testkit.Jobs.attached;
import static dev.errand.testkit.Jobs.blob;
import static dev.errand.testkit.Jobs.created;
import static dev.errand.testkit.Jobs.delegated;
import static dev.errand.testkit.Jobs.delivered;
import static dev.errand.testkit.Jobs.delta;
import static dev.errand.testkit.Jobs.drop;
import static dev.errand.testkit.Jobs.ended;
import static dev.errand.testkit.Jobs.job;
import static dev.errand.testkit.Jobs.keyed;
import static dev.errand.testkit.Jobs.ofStored;
import static dev.errand.testkit.Jobs.put;
import static dev.errand.testkit.Jobs.refused;
import static dev.errand.testkit.Jobs.result;
import static dev.errand.testkit.Jobs.said;
import static dev.errand.testkit.Jobs.succeeded;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.AgentSpec;
import dev.errand.job.Budget;
import dev.errand.job.Checkpoint;
import dev.errand.job.CoVariable;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.Delta;
import dev.errand.job.DuplicateJobException;
import dev.errand.job.DuplicateSubTaskException;
import dev.errand.job.DurableObject;
import dev.errand.job.Effect;
import dev.errand.job.EffectKey;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.Finding;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobEffect;
import dev.errand.job.JobException;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Lease;
import dev.errand.job.Limits;
import dev.errand.job.NewJob;
import dev.errand.job.ObjectConflictException;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.Quota;
import dev.errand.job.Slot;
import dev.errand.job.StaleLeaseException;
import dev.errand.job.StoreException;
import dev.errand.job.Subtask;
import dev.errand.job.TaskError;
import dev.errand.job.UnknownJobException;
import dev.errand.job.UnknownTurnException;
import dev.errand.job.UnresolvableException;
import dev.errand.job.Usage;
import dev.errand.job.Value;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Receipt;
import dev.errand.spi.Step;
import dev.errand.spi.Store;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every [Store] promises, as tests; a store passes them in a subclass that says how to open
/// it.
public abstract class StoreContract {
  static final Duration LEASE = Duration.ofSeconds(30);
  static final JobId ROOT = new JobId("tree");
  static final JobId FIRST = ROOT.child(1);
  static final JobId SECOND = ROOT.child(2);
  static final JobId THIRD = ROOT.child(3);

  private final ManualClock clock = ManualClock.create();
  private Store store;

  /// For subclasses.
  protected StoreContract() {}

  /// Opens the store: an empty one at the first call of a test, after that the one that was closed.
  protected abstract Store open(InstantSource clock);

  /// Whether what was stored is there again after [Store#close] and another [#open]; default true.
  protected boolean survivesReopening() {
    return true;
  }

  @BeforeEach
  void openStore() {
    store = open(clock);
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Nested
  class DurableObjects {
    private final DurableObject made =
        new DurableObject("4f", "stock", "Stock", 1, Map.of("left", Value.of(5)), null);

    private DurableObject next(DurableObject object, int left) {
      return object.changed(Map.of("left", Value.of(left)), null);
    }

    @Test
    void an_object_is_found_by_id_and_by_key_as_it_was_made() {
      store.change(made);

      assertThat(store.object("4f")).hasValue(made);
      assertThat(store.objectByKey("stock")).hasValue(made);
      assertThat(store.objects("", 10)).containsExactly(made);
      assertThat(store.objects("4f", 10)).isEmpty();
      assertThat(store.object("50")).isEmpty();
      assertThat(store.objectByKey("other")).isEmpty();
    }

    @Test
    void a_change_takes_the_place_of_the_version_before() {
      store.change(made);
      store.change(next(made, 4));

      assertThat(store.object("4f")).hasValue(next(made, 4));
    }

    @Test
    void a_change_that_is_based_on_an_old_version_is_refused() {
      store.change(made);
      store.change(next(made, 4));

      assertThatThrownBy(() -> store.change(next(made, 3)))
          .isInstanceOf(ObjectConflictException.class)
          .hasMessageContaining("4f")
          .hasMessageContaining("version 1");
      assertThatThrownBy(() -> store.change(made)).isInstanceOf(ObjectConflictException.class);
      assertThat(store.object("4f")).hasValue(next(made, 4));
    }

    @Test
    void a_key_is_given_once() {
      store.change(made);
      var other = new DurableObject("50", "stock", "Stock", 1, Map.of(), null);

      assertThatThrownBy(() -> store.change(other)).isInstanceOf(ObjectConflictException.class);
      assertThat(store.object("50")).isEmpty();
    }

    @Test
    void a_change_within_a_step_keeps_the_key_and_says_who_made_it() {
      store.change(made);
      store.submit(job(ROOT));
      var changed = new DurableObject("4f", null, "Stock", 2, Map.of("left", Value.of(1)), ROOT);

      store.commit(Stepping.by(claim(ROOT), new Change.ObjectChanged(changed)).goingOn());

      assertThat(store.object("4f")).hasValue(changed.named("stock"));
    }

    @Test
    void a_step_that_is_based_on_an_old_version_is_refused_whole() {
      store.change(made);
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var stale = next(made, 4).changed(Map.of(), ROOT);
      var step =
          Stepping.by(
                  claim,
                  new Change.Recorded(0, Entry.Kind.NOTICE, Json.object("text", "lost")),
                  new Change.ObjectChanged(new DurableObject("50", null, "New", 1, Map.of(), ROOT)),
                  new Change.ObjectChanged(stale))
              .goingOn();

      assertThatThrownBy(() -> store.commit(step)).isInstanceOf(ObjectConflictException.class);

      assertThat(store.object("50")).isEmpty();
      assertThat(store.object("4f")).hasValue(made);
      assertThat(store.history(ROOT, 0, 10))
          .extracting(Entry::kind)
          .doesNotContain(Entry.Kind.NOTICE);
      store.commit(Stepping.by(claim, new Change.ObjectChanged(next(made, 4))).goingOn());
      assertThat(store.object("4f")).hasValue(next(made, 4));
    }

    @Test
    void an_object_is_there_after_reopening() {
      store.change(made);
      store.close();
      store = open(clock);

      assertThat(store.object("4f").isPresent()).isEqualTo(survivesReopening());
    }
  }

  @Nested
  class Submitting {
    @Test
    void a_submitted_job_is_ready_and_has_come_nowhere() {
      store.submit(keyed(ROOT, "order 7"));

      assertThat(store.find(ROOT))
          .hasValue(
              new JobRecord(
                  ROOT,
                  new JobRecord.Origin(
                      "order 7",
                      "asked",
                      "tester",
                      clock.instant(),
                      clock.instant().plus(Limits.DEFAULT.jobTime())),
                  DEFINITION.address(),
                  JobStatus.READY,
                  Progress.START,
                  null,
                  null,
                  Usage.NONE,
                  Budget.NONE));
    }

    @Test
    void a_submitted_job_is_found_by_its_key() {
      store.submit(keyed(ROOT, "order 7"));

      assertThat(store.findByKey("order 7")).isEqualTo(store.find(ROOT)).isNotEmpty();
      assertThat(store.findByKey("order 8")).isEmpty();
    }

    @Test
    void the_same_key_finds_the_job_submitted_first() {
      assertThat(store.submit(keyed(ROOT, "order 7"))).isEqualTo(ROOT);

      assertThat(store.submit(keyed(new JobId("other"), "order 7"))).isEqualTo(ROOT);
      assertThat(store.find(new JobId("other"))).isEmpty();
      assertThat(store.events(ROOT, 0, 10)).hasSize(1);
    }

    @Test
    void an_id_that_is_taken_is_refused() {
      store.submit(keyed(ROOT, "order 7"));

      assertThatThrownBy(() -> store.submit(keyed(ROOT, "order 8")))
          .isInstanceOf(DuplicateJobException.class);
      assertThatThrownBy(() -> store.submit(job(ROOT))).isInstanceOf(DuplicateJobException.class);
      assertThat(store.findByKey("order 8")).isEmpty();
      assertThat(store.events(ROOT, 0, 10)).hasSize(1);
    }

    @Test
    void the_first_entry_of_a_tree_is_the_creation_of_its_root() {
      store.submit(keyed(ROOT, "order 7"));

      assertThat(store.events(ROOT, 0, 10))
          .containsExactly(
              new Entry(
                  1,
                  clock.instant(),
                  ROOT,
                  0,
                  Entry.Kind.JOB_CREATED,
                  Json.object("agent", "tester").with("key", "order 7")));
    }

    @Test
    void a_job_begins_with_the_workspace_it_was_given() {
      var given = put(delta(Delta.BEFORE), 0, "a", "b");
      store.submit(new NewJob(ROOT, null, DEFINITION, "asked", null, given));

      assertThat(workspace(ROOT)).isEqualTo(Map.of(0, List.of("a", "b")));
      assertThat(workspace(ROOT, Delta.BEFORE)).isEqualTo(workspace(ROOT));
    }

    @Test
    void a_child_is_created_by_its_parent_and_not_submitted() {
      store.submit(job(ROOT));

      assertThatThrownBy(() -> store.submit(job(FIRST)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(store.find(FIRST)).isEmpty();
    }

    @Test
    void many_who_submit_one_key_at_a_time_agree_on_one_job() throws Exception {
      var ids =
          atOnce(
              IntStream.range(0, 16)
                  .<Callable<JobId>>mapToObj(
                      n -> () -> store.submit(keyed(new JobId("tree" + n), "order 7")))
                  .toList());

      assertThat(new HashSet<>(ids)).hasSize(1);
      assertThat(store.jobs("", "", 100)).hasSize(1);
    }
  }

  @Nested
  class Claiming {
    @Test
    void a_claim_says_how_the_job_stands() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);

      assertThat(claim.job()).isEqualTo(store.find(ROOT).orElseThrow());
      assertThat(claim.version()).isZero();
      assertThat(claim.lease().worker()).isEqualTo("worker");
      assertThat(claim.lease().until()).isEqualTo(clock.instant().plus(LEASE));
    }

    @Test
    void a_job_is_handed_to_one_worker_at_a_time() {
      store.submit(job(ROOT));

      assertThat(store.claim("first", 10, LEASE)).hasSize(1);
      assertThat(store.claim("second", 10, LEASE)).isEmpty();
    }

    @Test
    void a_lease_that_ran_out_is_handed_out_again_with_a_higher_fence() {
      store.submit(job(ROOT));
      var lost = claim(ROOT);
      clock.advance(LEASE);

      var claim = store.claim("second", 10, LEASE).getFirst();
      assertThat(claim.lease().worker()).isEqualTo("second");
      assertThat(claim.lease().fence()).isGreaterThan(lost.lease().fence());
    }

    @Test
    void a_lease_still_runs_just_before_its_end() {
      store.submit(job(ROOT));
      claim(ROOT);
      clock.advance(LEASE.minusMillis(1));

      assertThat(store.claim("second", 10, LEASE)).isEmpty();
    }

    @Test
    void jobs_longest_due_are_handed_out_first() {
      for (var id : List.of("c", "a", "b")) {
        store.submit(job(new JobId(id)));
        clock.advance(Duration.ofSeconds(1));
      }

      assertThat(claimed(store.claim("worker", 2, LEASE))).containsExactly("c", "a");
      assertThat(claimed(store.claim("worker", 2, LEASE))).containsExactly("b");
    }

    @Test
    void jobs_due_at_one_moment_are_handed_out_in_the_order_of_their_creation() {
      for (var id : List.of("c", "a", "b")) {
        store.submit(job(new JobId(id)));
      }

      assertThat(claimed(store.claim("worker", 3, LEASE))).containsExactly("c", "a", "b");
    }

    @Test
    void nothing_is_handed_out_to_who_wants_nothing() {
      store.submit(job(ROOT));

      assertThat(store.claim("worker", 0, LEASE)).isEmpty();
      assertThatThrownBy(() -> store.claim("worker", -1, LEASE))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.claim("worker", 1, Duration.ZERO))
          .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_job_that_is_done_is_not_handed_out() {
      store.submit(job(ROOT));
      store.commit(Stepping.by(claim(ROOT), ended(succeeded(1))).ending());
      clock.advance(Duration.ofDays(1));

      assertThat(store.claim("worker", 10, LEASE)).isEmpty();
    }

    @Test
    void a_job_that_yields_is_handed_out_from_the_moment_it_named() {
      store.submit(job(ROOT));
      store.commit(Stepping.by(claim(ROOT)).yielding(clock.instant().plusMillis(50)));

      clock.advance(Duration.ofMillis(49));
      assertThat(store.claim("worker", 10, LEASE)).isEmpty();
      clock.advance(Duration.ofMillis(1));
      assertThat(store.claim("worker", 10, LEASE)).hasSize(1);
    }

    @Test
    void a_job_is_never_handed_out_before_the_moment_it_named() {
      store.submit(job(ROOT));
      store.commit(Stepping.by(claim(ROOT)).yielding(clock.instant().plusNanos(1)));

      assertThat(store.claim("worker", 10, LEASE)).isEmpty();
      clock.advance(Duration.ofMillis(1));
      assertThat(store.claim("worker", 10, LEASE)).hasSize(1);
    }

    @Test
    void many_workers_share_the_jobs_and_no_job_twice() throws Exception {
      for (int n = 0; n < 100; n++) {
        store.submit(job(new JobId("tree" + n)));
      }

      var claimed =
          atOnce(
              IntStream.range(0, 10)
                  .<Callable<List<Claim>>>mapToObj(n -> () -> store.claim("worker" + n, 20, LEASE))
                  .toList());
      assertThat(claimed.stream().flatMap(claims -> claimed(claims).stream()).distinct())
          .hasSize(100);
      assertThat(claimed.stream().mapToInt(List::size).sum()).isEqualTo(100);
    }
  }

  @Nested
  class TakingTurns {
    private static final JobId OTHER = new JobId("other");

    private static NewJob of(String agent, JobId id) {
      var definition = JobDefinition.of(AgentSpec.program(agent), CodeBlock.python("pass"));
      return new NewJob(id, null, definition, "asked", null, null);
    }

    /// A tree of that agent whose root waits for its first child; all children are due.
    private void tree(String agent, JobId root, int children) {
      store.submit(of(agent, root));
      var created =
          IntStream.rangeClosed(1, children)
              .mapToObj(n -> handled(of(agent, root.child(n))))
              .toArray(Change[]::new);
      var claim = claim(root);
      store.commit(Stepping.by(claim, created).awaiting(1, root.child(1)));
    }

    private static Change handled(NewJob child) {
      return new Change.Created(child.handledBy(Subtask.open(Json.Null.VALUE)));
    }

    private List<String> next(int many) {
      return claimed(store.claim("worker", many, LEASE));
    }

    private List<String> oneByOne(int many) {
      return IntStream.range(0, many).boxed().flatMap(n -> next(1).stream()).toList();
    }

    private static long within(JobId root, List<String> claimed) {
      return claimed.stream().filter(id -> new JobId(id).isWithin(root)).count();
    }

    @Test
    void a_single_new_job_has_at_most_one_of_a_thousand_children_before_it() {
      tree("tester", ROOT, 1_000);
      next(100);
      clock.advance(Duration.ofSeconds(1));
      store.submit(of("tester", OTHER));

      assertThat(next(2)).contains("other");
    }

    @Test
    void two_trees_of_an_agent_share_evenly_however_long_one_was_there() {
      tree("tester", ROOT, 500);
      next(200);
      tree("tester", OTHER, 300);

      assertThat(within(OTHER, next(100))).isBetween(49L, 51L);
      assertThat(within(OTHER, oneByOne(100))).isBetween(49L, 51L);
    }

    @Test
    void a_tree_that_had_nothing_due_for_long_saves_up_no_turns() {
      tree("tester", ROOT, 300);
      store.submit(of("tester", OTHER));
      var idle = claim(OTHER);
      next(200);
      var children =
          IntStream.rangeClosed(1, 50)
              .mapToObj(n -> handled(of("tester", OTHER.child(n))))
              .toArray(Change[]::new);
      store.commit(Stepping.by(idle, children).goingOn());

      assertThat(within(OTHER, next(40))).isBetween(19L, 21L);
    }

    @Test
    void two_agents_share_evenly_however_many_trees_each_has() {
      tree("one", ROOT, 300);
      IntStream.range(0, 300).forEach(n -> store.submit(of("two", new JobId("two" + n))));

      assertThat(within(ROOT, next(100))).isEqualTo(50);
      assertThat(within(ROOT, oneByOne(100))).isEqualTo(50);
    }

    @Test
    void an_agent_that_had_no_turn_yet_has_one_next() {
      tree("one", ROOT, 100);
      next(50);
      clock.advance(Duration.ofSeconds(1));
      store.submit(of("two", OTHER));

      assertThat(next(1)).containsExactly("other");
    }

    @Test
    void agents_that_had_no_turn_yet_come_in_the_order_in_which_their_jobs_fell_due() {
      for (var agent : List.of("c", "a", "b")) {
        clock.advance(Duration.ofSeconds(1));
        store.submit(of(agent, new JobId(agent + "1")));
        store.submit(of(agent, new JobId(agent + "2")));
      }

      assertThat(oneByOne(3)).containsExactly("c1", "a1", "b1");
      assertThat(next(10)).containsExactly("c2", "a2", "b2");
    }

    @Test
    void all_of_a_higher_priority_come_first_whoevers_turn_it_is() {
      tree("tester", ROOT, 3);
      store.submit(of("low", new JobId("low")).prioritized(Integer.MIN_VALUE));
      store.submit(of("tester", new JobId("top1")).prioritized(Integer.MAX_VALUE));
      clock.advance(Duration.ofSeconds(1));
      store.submit(of("tester", new JobId("top2")).prioritized(Integer.MAX_VALUE));
      store.submit(of("other", OTHER).prioritized(1));

      assertThat(next(100))
          .containsExactly("top1", "top2", "other", "tree.1", "tree.2", "tree.3", "low");
    }

    @Test
    void a_child_has_its_parents_priority_unless_it_says_otherwise() {
      store.submit(of("tester", ROOT).prioritized(5));
      var same = handled(of("tester", FIRST));
      var lower = handled(of("tester", SECOND).prioritized(-2));
      store.commit(Stepping.by(claim(ROOT), same, lower).yielding(clock.instant()));
      store.commit(Stepping.by(claim(SECOND), handled(of("tester", SECOND.child(1)))).goingOn());

      assertThat(store.find(List.of(ROOT, FIRST, SECOND, SECOND.child(1))))
          .extracting(job -> job.id().text() + " " + job.origin().priority())
          .containsExactlyInAnyOrder("tree 5", "tree.1 5", "tree.2 -2", "tree.2.1 -2");
      store.submit(of("tester", OTHER));
      assertThat(store.find(OTHER).orElseThrow().origin().priority()).isZero();
    }

    @Test
    void a_fork_has_the_priority_of_what_it_was_forked_from() {
      store.submit(of("tester", ROOT).prioritized(3));
      store.fork(ROOT, Delta.BEFORE, OTHER);

      assertThat(store.find(OTHER).orElseThrow().origin().priority()).isEqualTo(3);
    }

    @Test
    void a_woken_parent_does_not_queue_behind_its_thousand_due_children() {
      tree("tester", ROOT, 1_000);
      var first = store.claim("worker", 1, LEASE).getFirst();
      store.commit(Stepping.by(first, ended(succeeded(1))).ending());

      assertThat(next(2)).contains("tree");
    }

    @Test
    void a_job_that_hands_itself_back_goes_behind_the_others_that_are_due() {
      for (var id : List.of("a", "b", "c")) {
        store.submit(of("tester", new JobId(id)));
      }
      var handedOut = new ArrayList<String>();
      for (int n = 0; n < 6; n++) {
        var claim = store.claim("worker", 1, LEASE).getFirst();
        handedOut.add(claim.job().id().text());
        clock.advance(Duration.ofMillis(1));
        store.commit(Stepping.by(claim).yielding(clock.instant()));
      }

      assertThat(handedOut).containsExactly("a", "b", "c", "a", "b", "c");
    }

    @Test
    void jobs_whose_leases_ran_out_come_in_the_order_of_their_ends() {
      var ids = List.of(new JobId("a"), new JobId("b"), new JobId("c"));
      ids.forEach(id -> store.submit(of("tester", id)));
      var leases = store.claim("first", 3, LEASE).stream().map(Claim::lease).toList();
      store.renew(List.of(leases.get(0)), LEASE.plusSeconds(2));
      store.renew(List.of(leases.get(1)), LEASE.plusSeconds(1));
      clock.advance(LEASE.multipliedBy(2));

      assertThat(next(3)).containsExactly("c", "b", "a");
    }

    @Test
    void a_thousand_children_whose_leases_ran_out_give_way_to_a_single_new_job() {
      tree("tester", ROOT, 1_000);
      assertThat(next(1_000)).hasSize(1_000);
      clock.advance(LEASE.multipliedBy(2));
      next(10);
      store.submit(of("tester", OTHER));

      assertThat(next(2)).contains("other");
    }

    @Test
    void a_job_renewed_after_its_lease_ran_out_is_due_no_more() {
      store.submit(of("tester", ROOT));
      var lease = claim(ROOT).lease();
      store.submit(of("tester", OTHER));
      store.submit(of("tester", new JobId("third")));
      clock.advance(LEASE);
      assertThat(next(1)).containsExactly("other");
      assertThat(store.renew(List.of(lease), LEASE)).hasSize(1);

      assertThat(next(10)).containsExactly("third");
      clock.advance(LEASE);
      assertThat(next(10)).containsExactlyInAnyOrder("tree", "other", "third");
    }

    @Test
    void jobs_that_slept_give_way_as_those_do_that_were_created_together() {
      tree("tester", ROOT, 300);
      var morning = clock.instant().plus(Duration.ofHours(8));
      store
          .claim("worker", 300, LEASE)
          .forEach(claim -> store.commit(Stepping.by(claim).yielding(morning)));
      clock.advance(Duration.ofHours(9));
      next(10);
      tree("tester", OTHER, 100);

      assertThat(within(OTHER, next(100))).isBetween(49L, 51L);
    }

    @Test
    void a_refused_step_takes_no_places() {
      tree("tester", OTHER, 3);
      store.submit(of("tester", ROOT));
      var claim =
          store.claim("worker", 4, LEASE).stream()
              .filter(any -> any.job().id().equals(ROOT))
              .findFirst()
              .orElseThrow();
      var many =
          Stream.concat(
                  IntStream.rangeClosed(1, 50).mapToObj(n -> handled(of("tester", ROOT.child(n)))),
                  Stream.of(created(OTHER.child(9))))
              .toArray(Change[]::new);
      assertThatThrownBy(() -> store.commit(Stepping.by(claim, many).goingOn()))
          .isInstanceOf(IllegalArgumentException.class);
      store.commit(Stepping.by(claim, handled(of("tester", FIRST))).goingOn());
      tree("tester", new JobId("third"), 20);

      assertThat(next(3)).contains("tree.1");
    }

    @Test
    void who_stood_first_before_a_restart_is_not_passed_for_ever_by_who_comes_after() {
      tree("tester", ROOT, 100);
      next(50);
      reopen();
      var handedOut = new ArrayList<String>();
      for (int n = 0; n < 20; n++) {
        store.submit(of("tester", new JobId("new" + n)));
        handedOut.addAll(next(1));
      }

      assertThat(handedOut).filteredOn(id -> id.startsWith("new")).hasSizeGreaterThan(8);
      assertThat(handedOut)
          .filteredOn(id -> id.startsWith("tree"))
          .hasSizeGreaterThan(survivesReopening() ? 3 : -1);
    }
  }

  @Nested
  class TakingWhatFallsDue {
    private static final Duration SHORT = Duration.ofSeconds(7);

    private Receipt take(int most, Step step) {
      return store.commit(step.taking(new Step.Taking(most, SHORT)));
    }

    @Test
    void a_new_child_goes_to_the_worker_of_its_parent_as_by_a_claim() {
      store.submit(job(ROOT));
      var receipt = take(1, Stepping.by(claim(ROOT), delegated(FIRST, null)).awaiting(1, FIRST));

      var taken = receipt.taken().getFirst();
      assertThat(claimed(receipt.taken())).containsExactly("tree.1");
      assertThat(taken.lease())
          .isEqualTo(new Lease(FIRST, "worker", 1, clock.instant().plus(SHORT)));
      assertThat(taken.job()).isEqualTo(store.find(FIRST).orElseThrow());
      assertThat(taken.bare()).isTrue();
      assertThat(receipt.due()).isFalse();
      assertThat(due()).isEmpty();
      assertThat(store.commit(Stepping.by(taken, ended(succeeded(1))).ending()).version())
          .isEqualTo(1);
    }

    @Test
    void who_waited_goes_to_the_worker_of_the_job_that_ended_and_is_told_of_it() {
      store.submit(job(ROOT));
      var child =
          take(1, Stepping.by(claim(ROOT), delegated(FIRST, null)).awaiting(1, FIRST))
              .taken()
              .getFirst();
      var receipt = take(3, Stepping.by(child, ended(succeeded(1))).ending());

      assertThat(claimed(receipt.taken())).containsExactly("tree");
      assertThat(receipt.taken().getFirst().ended()).isEqualTo(store.find(FIRST).orElseThrow());
      assertThat(receipt.taken().getFirst().job().status()).isEqualTo(JobStatus.SUSPENDED);
      assertThat(receipt.taken().getFirst().bare()).isFalse();
      assertThat(store.waiting(ROOT)).isEmpty();
    }

    @Test
    void no_more_are_taken_than_asked_for_and_the_others_wait_in_their_queue() {
      store.submit(job(ROOT));
      var children = new Change[] {created(FIRST), created(SECOND), created(THIRD)};
      var receipt = take(2, Stepping.by(claim(ROOT), children).goingOn());

      assertThat(claimed(receipt.taken())).containsExactly("tree.1", "tree.2");
      assertThat(receipt.due()).isTrue();
      assertThat(due()).containsExactly("tree.3");
    }

    @Test
    void the_next_child_of_a_parent_that_has_so_many_at_a_time_is_taken_with_the_end_of_one() {
      var one = JobDefinition.of(Jobs.limited(Limits.DEFAULT.withChildren(1)));
      store.submit(new NewJob(ROOT, null, one, "asked", null, null));
      var first =
          take(2, Stepping.by(claim(ROOT), created(FIRST), created(SECOND)).goingOn())
              .taken()
              .getFirst();
      var receipt = take(2, Stepping.by(first, ended(succeeded(1))).ending());

      assertThat(claimed(receipt.taken())).containsExactly("tree.2");
    }

    @Test
    void what_was_taken_falls_due_again_when_its_lease_has_run_out() {
      store.submit(job(ROOT));
      var taken = take(1, Stepping.by(claim(ROOT), created(FIRST)).goingOn()).taken().getFirst();
      clock.advance(SHORT);

      assertThat(due()).containsExactly("tree.1");
      assertThatThrownBy(() -> store.commit(Stepping.by(taken, ended(succeeded(1))).ending()))
          .isInstanceOf(StaleLeaseException.class);
    }

    @Test
    void nothing_is_taken_while_limits_on_jobs_are_set() {
      store.submit(job(ROOT));
      var root = claim(ROOT);
      store.limit(Quota.jobs(100));
      var receipt = take(1, Stepping.by(root, created(FIRST)).goingOn());

      assertThat(receipt.taken()).isEmpty();
      assertThat(receipt.due()).isTrue();
      assertThat(due()).containsExactly("tree.1");
    }

    @Test
    void the_end_of_a_job_leaves_something_to_claim_where_a_limit_held_others_back() {
      store.limit(Quota.jobs(1));
      store.submit(job(ROOT));
      var receipt = take(1, Stepping.by(claim(ROOT), ended(succeeded(1))).ending());

      assertThat(receipt.due()).isTrue();
    }

    @Test
    void a_job_that_hands_itself_back_is_not_taken() {
      store.submit(job(ROOT));
      var receipt = take(1, Stepping.by(claim(ROOT)).yielding(clock.instant()));

      assertThat(receipt.taken()).isEmpty();
      assertThat(receipt.due()).isTrue();
    }

    @Test
    void a_step_that_is_refused_takes_nothing() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var step = Stepping.by(claim, created(FIRST), delegated(SECOND, "x"), delegated(THIRD, "x"));

      assertThatThrownBy(() -> take(3, step.goingOn())).isInstanceOf(JobException.class);
      assertThat(store.find(FIRST)).isEmpty();
      assertThat(take(1, Stepping.by(claim, created(FIRST)).goingOn()).taken()).hasSize(1);
    }

    @Test
    void a_child_that_begins_with_a_workspace_is_not_called_bare() {
      store.submit(job(ROOT));
      var child = job(FIRST);
      var beginning =
          new NewJob(FIRST, null, child.definition(), "asked", null, put(delta(-1), 0, "x"));
      var receipt = take(1, Stepping.by(claim(ROOT), new Change.Created(beginning)).goingOn());

      assertThat(receipt.taken().getFirst().bare()).isFalse();
    }
  }

  @Nested
  class HoldingLimits {
    private static final JobId OTHER = new JobId("other");
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private void submit(String agent, int many) {
      for (int n = 0; n < many; n++) {
        store.submit(of(agent, new JobId(agent + n)));
      }
    }

    private static NewJob of(String agent, JobId id) {
      var definition = JobDefinition.of(AgentSpec.program(agent), CodeBlock.python("pass"));
      return new NewJob(id, null, definition, "asked", null, null);
    }

    private void end(Claim claim) {
      store.commit(Stepping.by(claim, ended(succeeded(1))).ending());
    }

    private List<Claim> claimAll() {
      return store.claim("worker", 100, LEASE);
    }

    @Test
    void no_more_jobs_are_handed_out_than_may_be_live() {
      store.limit(Quota.jobs(3));
      submit("a", 5);
      var live = claimAll();

      assertThat(claimed(live)).containsExactly("a0", "a1", "a2");
      assertThat(claimAll()).isEmpty();
      end(live.getFirst());
      assertThat(claimed(claimAll())).containsExactly("a3");
    }

    @Test
    void a_limit_of_an_agents_jobs_is_none_of_others() {
      store.limit(Quota.jobs("a", 1));
      submit("a", 3);
      submit("b", 3);

      assertThat(claimed(claimAll())).containsExactly("a0", "b0", "b1", "b2");
    }

    @Test
    void of_two_limits_both_are_held() {
      store.limit(Quota.jobs("a", 2));
      store.limit(Quota.jobs(3));
      submit("a", 3);
      submit("b", 3);

      assertThat(claimed(claimAll())).containsExactlyInAnyOrder("a0", "a1", "b0");
      store.lift("jobs:a");
      assertThat(claimAll()).isEmpty();
      store.lift("jobs");
      assertThat(claimAll()).hasSize(3);
    }

    @Test
    void many_who_claim_at_a_time_stay_within_a_limit() throws Exception {
      store.limit(Quota.jobs("a", 7));
      submit("a", 60);
      int ended = 0;
      for (int round = 0; round < 5; round++) {
        var claims =
            atOnce(
                    IntStream.range(0, 10)
                        .<Callable<List<Claim>>>mapToObj(
                            n -> () -> store.claim("worker" + n, 3, LEASE))
                        .toList())
                .stream()
                .flatMap(List::stream)
                .toList();
        ended += claims.size();
        assertThat(claims).hasSize(7);
        claims.forEach(this::end);
      }

      assertThat(ended).isEqualTo(35);
    }

    @Test
    void a_job_that_waits_or_was_handed_back_is_not_live() {
      store.limit(Quota.jobs(1));
      store.submit(of("a", ROOT));
      store.commit(
          Stepping.by(claim(ROOT), new Change.Created(of("a", FIRST).handledBy(open())))
              .awaiting(1, FIRST));
      var child = claimAll().getFirst();
      assertThat(child.job().id()).isEqualTo(FIRST);
      store.commit(Stepping.by(child).yielding(clock.instant()));

      assertThat(claimed(claimAll())).containsExactly("tree.1");
    }

    private static Subtask open() {
      return Subtask.open(Json.Null.VALUE);
    }

    @Test
    void a_job_whose_lease_ran_out_is_not_live() {
      store.limit(Quota.jobs(1));
      submit("a", 2);
      assertThat(claimed(claimAll())).containsExactly("a0");
      clock.advance(LEASE);

      assertThat(claimAll()).hasSize(1);
      assertThat(claimAll()).isEmpty();
    }

    @Test
    void who_was_passed_over_keeps_its_place() {
      store.limit(Quota.jobs("a", 0));
      submit("a", 2);
      submit("b", 2);
      assertThat(claimed(claimAll())).containsExactly("b0", "b1");
      clock.advance(Duration.ofSeconds(1));
      store.submit(of("a", OTHER));
      store.lift("jobs:a");

      assertThat(claimed(claimAll())).containsExactly("a0", "a1", "other");
    }

    @Test
    void a_higher_priority_goes_not_beyond_a_limit_and_holds_up_nobody() {
      store.limit(Quota.jobs("a", 1));
      store.submit(of("a", FIRST.root()).prioritized(5));
      submit("a", 1);
      submit("b", 1);

      assertThat(claimed(claimAll())).containsExactly("tree", "b0");
    }

    @Test
    void what_a_limit_holds_back_is_due_and_keeps_the_store_busy() {
      store.limit(Quota.jobs(1));
      submit("a", 2);
      var due = clock.instant();
      var live = claimAll().getFirst();
      clock.advance(Duration.ofSeconds(1));

      assertThat(store.nextDue()).hasValue(due);
      assertThat(store.busy()).isTrue();
      end(live);
      assertThat(store.nextDue()).hasValue(due);
    }

    @Test
    void what_may_not_go_on_at_all_does_not_fall_due_until_the_limit_is_lifted() {
      submit("a", 2);
      var live = store.claim("worker", 1, LEASE).getFirst();
      store.limit(Quota.jobs("a", 0));

      assertThat(store.nextDue()).hasValue(live.lease().until());
      assertThat(store.busy()).isTrue();
      end(live);
      assertThat(store.nextDue()).isEqualTo(deadline("a1"));
      assertThat(store.busy()).isFalse();
      assertThat(claimAll()).isEmpty();
      store.lift("jobs:a");
      assertThat(store.nextDue()).hasValue(clock.instant());
      assertThat(claimed(claimAll())).containsExactly("a1");
    }

    private Optional<Instant> deadline(String id) {
      return store.find(new JobId(id)).map(job -> job.origin().deadline());
    }

    @Test
    void a_lower_limit_takes_from_nobody_what_it_has() {
      submit("a", 5);
      var live = store.claim("worker", 4, LEASE);
      store.limit(Quota.jobs(2));
      assertThat(store.renew(live.stream().map(Claim::lease).toList(), LEASE)).hasSize(4);
      end(live.get(0));
      end(live.get(1));

      assertThat(claimAll()).isEmpty();
      end(live.get(2));
      assertThat(claimed(claimAll())).containsExactly("a4");
    }

    @Test
    void limits_are_listed_by_name_and_one_takes_the_place_of_that_name() {
      store.limit(Quota.jobs("researcher", 4));
      store.limit(Quota.calls("openai", 60).withBurst(5));
      store.limit(Quota.jobs(10));
      store.limit(Quota.jobs("researcher", 2));
      var all =
          List.of(
              Quota.calls("openai", 60).withBurst(5), Quota.jobs(10), Quota.jobs("researcher", 2));

      assertThat(store.quotas()).isEqualTo(all);
      assertThat(store.lift("jobs")).isTrue();
      assertThat(store.lift("jobs")).isFalse();
      assertThat(store.quotas()).containsExactly(all.get(0), all.get(2));
    }

    @Test
    void limits_outlive_a_restart_as_the_jobs_do() {
      store.limit(Quota.jobs(10));
      store.limit(Quota.calls("openai", 1));
      assertThat(store.call("openai:large")).isEmpty();
      reopen();

      assertThat(store.quotas()).hasSize(survivesReopening() ? 2 : 0);
      assertThat(store.call("openai:large").isPresent()).isEqualTo(survivesReopening());
    }

    @Test
    void of_a_minute_all_calls_may_be_made_and_no_more() {
      store.limit(Quota.calls("openai", 7));
      for (int minute = 0; minute < 3; minute++) {
        var end = clock.instant().plus(MINUTE);
        int made = 0;
        while (clock.instant().isBefore(end)) {
          var again = store.call("openai:large");
          made += again.isEmpty() ? 1 : 0;
          clock.advance(Duration.between(clock.instant(), again.orElse(clock.instant())));
        }
        assertThat(made).as("minute %d", minute).isEqualTo(7);
      }
    }

    @Test
    void in_no_minute_whenever_it_begins_are_there_more_calls() {
      store.limit(Quota.calls("openai", 10).withBurst(4));
      var random = new Random(5);
      var made = new ArrayList<Instant>();
      for (int n = 0; n < 2_000; n++) {
        if (store.call("openai:large").isEmpty()) {
          made.add(clock.instant());
        }
        clock.advance(Duration.ofMillis(random.nextInt(random.nextInt(20) == 0 ? 60_000 : 900)));
      }

      assertThat(made)
          .hasSizeGreaterThan(100)
          .allSatisfy(
              from ->
                  assertThat(made)
                      .filteredOn(at -> !at.isBefore(from) && at.isBefore(from.plus(MINUTE)))
                      .hasSizeLessThanOrEqualTo(10));
    }

    @Test
    void after_a_pause_a_burst_of_calls_may_be_made_at_once() {
      store.limit(Quota.calls("openai", 10).withBurst(4));
      for (int n = 0; n < 2; n++) {
        var answers = IntStream.range(0, 6).mapToObj(ask -> store.call("openai:large")).toList();
        assertThat(answers.subList(0, 4)).allSatisfy(answer -> assertThat(answer).isEmpty());
        assertThat(answers.subList(4, 6)).allSatisfy(answer -> assertThat(answer).isPresent());
        clock.advance(Duration.ofHours(1));
      }
    }

    @Test
    void of_many_who_ask_at_a_time_as_many_are_given_a_call_as_there_are() throws Exception {
      store.limit(Quota.calls("openai", 100).withBurst(13));
      var answers =
          atOnce(
              IntStream.range(0, 50)
                  .<Callable<Optional<Instant>>>mapToObj(n -> () -> store.call("openai:large"))
                  .toList());

      assertThat(answers.stream().filter(Optional::isEmpty)).hasSize(13);
    }

    @Test
    void those_who_are_put_off_come_one_after_the_other_and_each_is_given_its_call() {
      store.limit(Quota.calls("openai", 60));
      var start = clock.instant();
      assertThat(store.call("openai:large")).isEmpty();
      var told =
          IntStream.range(0, 5).mapToObj(n -> store.call("openai:large").orElseThrow()).toList();

      assertThat(told).isEqualTo(IntStream.rangeClosed(1, 5).mapToObj(start::plusSeconds).toList());
      for (var again : told) {
        clock.advance(Duration.between(clock.instant(), again));
        assertThat(store.call("openai:large")).isEmpty();
      }
    }

    @Test
    void nobody_is_put_off_much_longer_than_a_minute() {
      store.limit(Quota.calls("openai", 60));
      var told = IntStream.range(0, 500).boxed().flatMap(n -> store.call("openai:any").stream());

      assertThat(told.max(Instant::compareTo).orElseThrow())
          .isEqualTo(clock.instant().plusSeconds(61));
    }

    @Test
    void a_call_counts_for_its_model_and_for_its_provider_or_for_neither() {
      store.limit(Quota.calls("openai", 60).withBurst(3));
      store.limit(Quota.calls("openai:large", 60).withBurst(2));
      var large = IntStream.range(0, 4).mapToObj(n -> store.call("openai:large")).toList();

      assertThat(large.stream().filter(Optional::isEmpty)).hasSize(2);
      assertThat(store.call("openai:small")).isEmpty();
      assertThat(store.call("openai:small")).isPresent();
    }

    @Test
    void a_model_that_no_limit_covers_may_be_called_always() {
      store.limit(Quota.calls("openai", 1));
      store.limit(Quota.jobs(0));
      assertThat(store.call("openai:large")).isEmpty();

      for (var model : List.of("openai2:large", "ollama:openai", "open")) {
        assertThat(store.call(model)).isEmpty();
        assertThat(store.call(model)).isEmpty();
      }
      assertThat(store.call("openai")).isPresent();
    }

    @Test
    void a_rate_that_is_set_again_as_it_was_goes_on_and_another_begins_anew() {
      store.limit(Quota.calls("openai", 1));
      assertThat(store.call("openai:large")).isEmpty();
      store.limit(Quota.calls("openai", 1));
      assertThat(store.call("openai:large")).isPresent();
      store.limit(Quota.calls("openai", 2));
      assertThat(store.call("openai:large")).isEmpty();
      assertThat(store.call("openai:large")).isPresent();
      store.lift("calls:openai");
      assertThat(store.call("openai:large")).isEmpty();
    }
  }

  @Nested
  class Renewing {
    @Test
    void a_renewed_lease_runs_from_now() {
      store.submit(job(ROOT));
      var lease = claim(ROOT).lease();
      clock.advance(Duration.ofSeconds(20));

      var renewed = store.renew(List.of(lease), LEASE).getFirst();
      assertThat(renewed.until()).isEqualTo(clock.instant().plus(LEASE));
      assertThat(renewed.fence()).isEqualTo(lease.fence());
      clock.advance(Duration.ofSeconds(29));
      assertThat(store.claim("second", 10, LEASE)).isEmpty();
    }

    @Test
    void a_lease_that_another_worker_took_is_not_renewed() {
      store.submit(job(ROOT));
      store.submit(job(new JobId("other")));
      var claims = store.claim("first", 10, LEASE);
      store.renew(List.of(claims.get(1).lease()), LEASE.multipliedBy(2));
      clock.advance(LEASE);
      store.claim("second", 10, LEASE);

      assertThat(store.renew(claims.stream().map(Claim::lease).toList(), LEASE))
          .extracting(lease -> lease.job().text())
          .containsExactly("other");
    }

    @Test
    void a_lease_that_ran_out_is_renewed_while_nobody_took_the_job() {
      store.submit(job(ROOT));
      var lease = claim(ROOT).lease();
      clock.advance(LEASE.multipliedBy(2));

      assertThat(store.renew(List.of(lease), LEASE)).hasSize(1);
      assertThat(store.claim("second", 10, LEASE)).isEmpty();
    }

    @Test
    void a_lease_that_was_handed_back_is_not_renewed() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      store.commit(Stepping.by(claim).yielding(clock.instant()));

      assertThat(store.renew(List.of(claim.lease()), LEASE)).isEmpty();
      assertThat(store.claim("second", 10, LEASE)).hasSize(1);
    }

    @Test
    void nothing_is_renewed_for_who_has_nothing() {
      assertThat(store.renew(List.of(), LEASE)).isEmpty();
    }
  }

  @Nested
  class Committing {
    @Test
    void a_step_moves_the_job_on() {
      store.submit(job(ROOT));
      var place = new Progress(3, true, 2, 40, 5, 7);
      var receipt =
          store.commit(Stepping.by(claim(ROOT)).becoming(JobStatus.WARMING_UP).at(place).goingOn());

      assertThat(receipt).isEqualTo(new Receipt(1, true));
      var job = store.find(ROOT).orElseThrow();
      assertThat(job.status()).isEqualTo(JobStatus.WARMING_UP);
      assertThat(job.progress()).isEqualTo(place);
    }

    @Test
    void a_worker_that_goes_on_keeps_its_lease() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var receipt = store.commit(Stepping.by(claim).goingOn());

      assertThat(store.claim("second", 10, LEASE)).isEmpty();
      assertThat(store.commit(Stepping.after(claim, receipt).goingOn()).version()).isEqualTo(2);
      clock.advance(LEASE);
      assertThat(store.claim("second", 10, LEASE)).extracting(Claim::version).containsExactly(2L);
    }

    @Test
    void a_step_computed_from_an_old_version_is_refused() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      store.commit(Stepping.by(claim, said("hello")).goingOn());

      assertThatThrownBy(() -> store.commit(Stepping.by(claim, said("hello again")).goingOn()))
          .isInstanceOf(StaleLeaseException.class);
      assertThat(texts(ROOT)).containsExactly("hello");
    }

    @Test
    void a_step_under_a_lease_that_another_worker_took_is_refused() {
      store.submit(job(ROOT));
      var lost = claim(ROOT);
      clock.advance(LEASE);
      claim(ROOT);

      assertThatThrownBy(() -> store.commit(Stepping.by(lost, said("too late")).goingOn()))
          .isInstanceOf(StaleLeaseException.class);
      assertThat(texts(ROOT)).isEmpty();
    }

    @Test
    void a_step_under_a_lease_that_ran_out_is_applied_while_nobody_took_the_job() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      clock.advance(LEASE.multipliedBy(2));

      assertThat(store.commit(Stepping.by(claim, said("just in time")).goingOn()).leased())
          .isTrue();
      assertThat(texts(ROOT)).containsExactly("just in time");
    }

    @Test
    void a_step_under_a_lease_that_was_handed_back_is_refused() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var receipt = store.commit(Stepping.by(claim).yielding(clock.instant()));

      assertThat(receipt.leased()).isFalse();
      assertThatThrownBy(() -> store.commit(Stepping.after(claim, receipt).goingOn()))
          .isInstanceOf(StaleLeaseException.class);
    }

    @Test
    void a_step_of_a_job_that_does_not_exist_is_refused() {
      store.submit(job(ROOT));
      var lease = claim(ROOT).lease();
      var elsewhere = new Lease(new JobId("other"), "worker", lease.fence(), lease.until());

      assertThatThrownBy(() -> store.commit(Stepping.by(elsewhere, 0).goingOn()))
          .isInstanceOf(StaleLeaseException.class);
    }

    @Test
    void changes_are_applied_in_their_order_and_numbered_without_gaps() {
      store.submit(job(ROOT));
      store.commit(Stepping.by(claim(ROOT), said("one"), created(FIRST), said("two")).goingOn());

      assertThat(store.events(ROOT, 0, 10))
          .extracting(Entry::sequence)
          .containsExactly(1L, 2L, 3L, 4L);
      assertThat(store.events(ROOT, 1, 10))
          .extracting(entry -> entry.job().text() + " " + entry.kind().code())
          .containsExactly("tree message", "tree.1 job_created", "tree message");
    }

    @Test
    void an_entry_has_the_time_the_turn_and_the_words_it_was_recorded_with() {
      store.submit(job(ROOT));
      var now = clock.advance(Duration.ofSeconds(5));
      var data = Json.object("text", "grüß dich").with("n", new Json.Number("1.0"));
      store.commit(
          Stepping.by(claim(ROOT), new Change.Recorded(4, Entry.Kind.CONSOLE, data)).goingOn());

      assertThat(store.history(ROOT, 1, 10))
          .containsExactly(new Entry(2, now, ROOT, 4, Entry.Kind.CONSOLE, data));
    }

    @Test
    void what_a_job_spends_adds_up() {
      store.submit(job(ROOT));
      var usage = new Usage(1, 200, 30, 4_000);
      store.commit(
          Stepping.by(claim(ROOT), new Change.Spent(usage), new Change.Spent(usage)).goingOn());

      assertThat(store.find(ROOT).orElseThrow().usage()).isEqualTo(new Usage(2, 400, 60, 8_000));
    }

    @Test
    void a_refused_step_leaves_nothing_behind() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var receipt = store.commit(Stepping.by(claim, delegated(FIRST, "taken")).goingOn());
      var before = Snapshot.of(store, List.of(ROOT));
      var step =
          Stepping.after(
                  claim,
                  receipt,
                  said("never"),
                  new Change.Spent(new Usage(1, 1, 1, 1)),
                  new Change.Checkpointed(put(delta(0), 1, "never")),
                  created(THIRD),
                  delegated(SECOND, "taken"),
                  ended(succeeded("never")))
              .ending();

      assertThatThrownBy(() -> store.commit(step)).isInstanceOf(DuplicateSubTaskException.class);
      assertThat(Snapshot.of(store, List.of(ROOT))).isEqualTo(before);
      assertThat(store.commit(Stepping.after(claim, receipt).goingOn()).version()).isEqualTo(2);
    }

    @Test
    void steps_of_many_jobs_of_a_tree_are_numbered_without_gaps() throws Exception {
      store.submit(job(ROOT));
      var children = IntStream.rangeClosed(1, 24).mapToObj(ROOT::child).toList();
      store.commit(
          Stepping.by(claim(ROOT), children.stream().map(Jobs::created).toArray(Change[]::new))
              .goingOn());

      atOnce(
          store.claim("worker", 100, LEASE).stream()
              .<Callable<Receipt>>map(
                  claim -> () -> store.commit(Stepping.by(claim, said("hello")).goingOn()))
              .toList());
      assertThat(store.events(ROOT, 0, 100))
          .extracting(Entry::sequence)
          .containsExactlyElementsOf(LongStream.rangeClosed(1, 49).boxed().toList());
    }

    @Test
    void of_many_steps_for_one_version_one_is_applied() throws Exception {
      store.submit(job(ROOT));
      var claim = claim(ROOT);

      var applied =
          atOnce(
              IntStream.range(0, 16)
                  .<Callable<Boolean>>mapToObj(
                      n -> () -> isApplied(Stepping.by(claim, said("step " + n)).goingOn()))
                  .toList());
      assertThat(applied).containsOnlyOnce(true);
      assertThat(texts(ROOT)).hasSize(1);
    }

    private boolean isApplied(Step step) {
      try {
        store.commit(step);
        return true;
      } catch (StaleLeaseException refused) {
        return false;
      }
    }
  }

  @Nested
  class Creating {
    @Test
    void a_created_child_is_ready_and_due_at_once() {
      store.submit(job(ROOT));
      store.commit(Stepping.by(claim(ROOT), created(FIRST)).goingOn());

      assertThat(store.find(FIRST).orElseThrow().status()).isEqualTo(JobStatus.READY);
      assertThat(store.find(FIRST).orElseThrow().subtask()).isNull();
      assertThat(claimed(store.claim("second", 10, LEASE))).containsExactly("tree.1");
    }

    @Test
    void a_child_without_a_handler_is_recorded_as_a_new_job() {
      store.submit(job(ROOT));
      store.commit(Stepping.by(claim(ROOT), created(FIRST)).goingOn());

      assertThat(store.history(FIRST, 0, 10))
          .containsExactly(
              new Entry(
                  2,
                  clock.instant(),
                  FIRST,
                  0,
                  Entry.Kind.JOB_CREATED,
                  Json.object("agent", "tester")));
    }

    @Test
    void a_child_with_a_handler_is_recorded_as_a_spawned_subtask() {
      store.submit(job(ROOT));
      store.commit(Stepping.by(claim(ROOT), delegated(FIRST, "summary")).goingOn());

      assertThat(store.find(FIRST).orElseThrow().subtask())
          .isEqualTo(Subtask.open(new Json.Text("summary")));
      assertThat(store.history(FIRST, 0, 10))
          .containsExactly(
              new Entry(
                  2,
                  clock.instant(),
                  FIRST,
                  0,
                  Entry.Kind.SUBTASK_SPAWNED,
                  Json.object("agent", "tester").with("id", "summary")));
    }

    @Test
    void a_child_begins_with_the_workspace_it_was_given() {
      store.submit(job(ROOT));
      var given = put(delta(Delta.BEFORE), 0, "a");
      var child = new NewJob(FIRST, null, DEFINITION, "asked", null, given);
      store.commit(Stepping.by(claim(ROOT), new Change.Created(child)).goingOn());

      assertThat(workspace(FIRST)).isEqualTo(Map.of(0, List.of("a")));
      assertThat(store.checkpoint(ROOT)).isEmpty();
    }

    @Test
    void the_same_child_created_again_is_left_alone() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var receipt = store.commit(Stepping.by(claim, delegated(FIRST, "summary")).goingOn());
      finish(FIRST, succeeded(1));
      var before = store.find(FIRST);
      store.commit(Stepping.after(claim, receipt, delegated(FIRST, "summary")).goingOn());

      assertThat(store.find(FIRST)).isEqualTo(before);
      assertThat(store.history(FIRST, 0, 10)).hasSize(3);
    }

    @Test
    void another_child_under_an_id_that_exists_is_refused() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var receipt = store.commit(Stepping.by(claim, created(FIRST)).goingOn());
      var other = new NewJob(FIRST, null, DEFINITION, "something else", null, null);

      assertThatThrownBy(
              () ->
                  store.commit(Stepping.after(claim, receipt, new Change.Created(other)).goingOn()))
          .isInstanceOf(DuplicateJobException.class);
    }

    @ParameterizedTest
    @MethodSource("dev.errand.testkit.StoreContract#handlerIds")
    void a_handler_id_is_used_once_per_parent(Object id) {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var receipt = store.commit(Stepping.by(claim, delegated(FIRST, id)).goingOn());

      assertThatThrownBy(
              () -> store.commit(Stepping.after(claim, receipt, delegated(SECOND, id)).goingOn()))
          .isInstanceOfSatisfying(
              DuplicateSubTaskException.class,
              taken -> assertThat(taken.existing()).isEqualTo(FIRST));
      assertThat(store.find(SECOND)).isEmpty();
    }

    @Test
    void a_handler_id_is_used_once_per_step_too() {
      store.submit(job(ROOT));
      var step = Stepping.by(claim(ROOT), delegated(FIRST, "a"), delegated(SECOND, "a")).goingOn();

      assertThatThrownBy(() -> store.commit(step)).isInstanceOf(DuplicateSubTaskException.class);
      assertThat(store.find(FIRST)).isEmpty();
    }

    @Test
    void the_same_handler_id_means_another_subtask_to_another_parent() {
      store.submit(job(ROOT));
      store.commit(Stepping.by(claim(ROOT), delegated(FIRST, "a"), delegated(SECOND, 7)).goingOn());
      store.commit(Stepping.by(claim(FIRST), delegated(FIRST.child(1), "a")).goingOn());

      assertThat(store.childBySubtaskId(ROOT, new Json.Text("a")).map(JobRecord::id))
          .hasValue(FIRST);
      assertThat(store.childBySubtaskId(FIRST, new Json.Text("a")).map(JobRecord::id))
          .hasValue(FIRST.child(1));
    }

    @Test
    void any_number_of_handlers_may_have_no_id() {
      store.submit(job(ROOT));
      store.commit(
          Stepping.by(claim(ROOT), delegated(FIRST, null), delegated(SECOND, null)).goingOn());

      assertThat(store.children(ROOT, 0, 10)).hasSize(2);
      assertThat(store.childBySubtaskId(ROOT, Json.Null.VALUE)).isEmpty();
    }

    @Test
    void a_number_and_its_text_are_different_handler_ids() {
      store.submit(job(ROOT));
      store.commit(Stepping.by(claim(ROOT), delegated(FIRST, 7), delegated(SECOND, "7")).goingOn());

      assertThat(store.childBySubtaskId(ROOT, new Json.Number(7)).map(JobRecord::id))
          .hasValue(FIRST);
      assertThat(store.childBySubtaskId(ROOT, new Json.Text("7")).map(JobRecord::id))
          .hasValue(SECOND);
    }

    @Test
    void a_job_creates_no_children_but_its_own() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);

      assertThatThrownBy(() -> store.commit(Stepping.by(claim, created(FIRST.child(1))).goingOn()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(
              () -> store.commit(Stepping.by(claim, created(new JobId("other"))).goingOn()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  static List<Object> handlerIds() {
    return List.of("summary", 7, true);
  }

  @Nested
  class Attaching {
    @Test
    void a_child_gets_a_handler_later() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var receipt = store.commit(Stepping.by(claim, created(FIRST)).goingOn());
      store.commit(Stepping.after(claim, receipt, attached(FIRST, "late")).goingOn());

      assertThat(store.find(FIRST).orElseThrow().subtask())
          .isEqualTo(Subtask.open(new Json.Text("late")));
      assertThat(kinds(FIRST)).containsExactly(Entry.Kind.JOB_CREATED, Entry.Kind.SUBTASK_SPAWNED);
    }

    @Test
    void a_handler_of_a_child_that_is_done_ends_at_once() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var receipt = store.commit(Stepping.by(claim, created(FIRST)).goingOn());
      finish(FIRST, succeeded("too early"));
      store.commit(Stepping.after(claim, receipt, attached(FIRST, "late")).goingOn());

      assertThat(store.find(FIRST).orElseThrow().subtask())
          .isEqualTo(
              new Subtask(
                  new Json.Text("late"), Completion.ofUncompleted(succeeded("too early")), 5));
      assertThat(kinds(FIRST))
          .endsWith(Entry.Kind.JOB_ENDED, Entry.Kind.SUBTASK_SPAWNED, Entry.Kind.SUBTASK_FAILED);
    }

    @Test
    void the_same_handler_attached_again_is_left_alone() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var receipt = store.commit(Stepping.by(claim, delegated(FIRST, "a")).goingOn());
      store.commit(Stepping.after(claim, receipt, attached(FIRST, "a")).goingOn());

      assertThat(kinds(FIRST)).containsExactly(Entry.Kind.SUBTASK_SPAWNED);
    }

    @Test
    void a_child_has_one_handler_and_keeps_it() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var receipt = store.commit(Stepping.by(claim, delegated(FIRST, "a")).goingOn());

      assertThatThrownBy(
              () -> store.commit(Stepping.after(claim, receipt, attached(FIRST, "b")).goingOn()))
          .isInstanceOf(DuplicateSubTaskException.class);
      assertThat(store.find(FIRST).orElseThrow().subtask())
          .isEqualTo(Subtask.open(new Json.Text("a")));
    }

    @Test
    void a_handler_without_id_takes_one() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var receipt = store.commit(Stepping.by(claim, delegated(FIRST, null)).goingOn());
      store.commit(Stepping.after(claim, receipt, attached(FIRST, "a")).goingOn());

      assertThat(store.find(FIRST).orElseThrow().subtask())
          .isEqualTo(Subtask.open(new Json.Text("a")));
      assertThat(kinds(FIRST)).containsExactly(Entry.Kind.SUBTASK_SPAWNED);
    }

    @Test
    void an_attached_handlers_id_must_be_free() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var receipt =
          store.commit(Stepping.by(claim, delegated(FIRST, "a"), created(SECOND)).goingOn());

      assertThatThrownBy(
              () -> store.commit(Stepping.after(claim, receipt, attached(SECOND, "a")).goingOn()))
          .isInstanceOf(DuplicateSubTaskException.class);
    }

    @Test
    void a_handler_is_attached_to_an_existing_child_only() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);

      assertThatThrownBy(() -> store.commit(Stepping.by(claim, attached(FIRST, "a")).goingOn()))
          .isInstanceOf(UnknownJobException.class);
      assertThatThrownBy(
              () -> store.commit(Stepping.by(claim, attached(FIRST.child(1), "a")).goingOn()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Nested
  class AttachingLate {
    @Test
    void a_handler_given_to_a_program_that_has_ended_has_what_it_returned() {
      store.submit(job(ROOT));
      var program =
          JobDefinition.of(AgentSpec.program("p"), new CodeBlock(CodeBlock.Kind.PROGRAM, "p"));
      var child = new NewJob(FIRST, null, program, "asked", null, null);
      store.commit(Stepping.by(claim(ROOT), new Change.Created(child)).yielding(clock.instant()));
      finish(FIRST, succeeded(41));
      store.commit(Stepping.by(claim(ROOT), attached(FIRST, "late")).goingOn());

      assertThat(handler(FIRST).completion()).isEqualTo(result(41));
      assertThat(kinds(FIRST)).endsWith(Entry.Kind.SUBTASK_SPAWNED, Entry.Kind.SUBTASK_COMPLETED);
    }
  }

  @Nested
  class Completing {
    @Test
    void a_result_ends_the_handler_and_says_when() {
      spawn(FIRST);
      store.commit(Stepping.by(claim(FIRST), delivered(42)).goingOn());

      assertThat(store.find(FIRST).orElseThrow().subtask())
          .isEqualTo(new Subtask(Json.Null.VALUE, result(42), 3));
      assertThat(store.history(FIRST, 2, 10))
          .containsExactly(
              new Entry(
                  3,
                  clock.instant(),
                  FIRST,
                  0,
                  Entry.Kind.SUBTASK_COMPLETED,
                  Json.object("id", null).with("text", "42")));
    }

    @Test
    void an_error_ends_the_handler_as_failed() {
      spawn(FIRST);
      store.commit(Stepping.by(claim(FIRST), refused("no such file")).goingOn());

      assertThat(kinds(FIRST)).endsWith(Entry.Kind.SUBTASK_FAILED);
      assertThat(handler(FIRST).completion()).isInstanceOf(Completion.Error.class);
    }

    @Test
    void a_handler_ends_once_and_keeps_its_first_end() {
      spawn(FIRST);
      store.commit(
          Stepping.by(claim(FIRST), delivered(1), delivered(2), ended(succeeded(3))).ending());

      assertThat(handler(FIRST).completion()).isEqualTo(result(1));
      assertThat(kinds(FIRST))
          .containsExactly(
              Entry.Kind.SUBTASK_SPAWNED, Entry.Kind.SUBTASK_COMPLETED, Entry.Kind.JOB_ENDED);
    }

    @Test
    void a_job_without_a_handler_completes_nothing() {
      store.submit(job(ROOT));
      store.commit(Stepping.by(claim(ROOT), delivered(1)).goingOn());

      assertThat(store.find(ROOT).orElseThrow().subtask()).isNull();
      assertThat(kinds(ROOT)).containsExactly(Entry.Kind.JOB_CREATED);
    }

    @Test
    void a_value_comes_back_as_it_was_given() {
      spawn(FIRST);
      var value = new Value.Pickled(blob("\u0000\u0001 pickle"), "<Thing 7>");
      store.commit(
          Stepping.by(claim(FIRST), new Change.Completed(new Completion.Result(value))).goingOn());

      assertThat(handler(FIRST).completion()).isEqualTo(new Completion.Result(value));
    }

    @Test
    void a_long_value_stands_shortened_in_history_and_whole_with_the_job() {
      spawn(FIRST);
      store.commit(Stepping.by(claim(FIRST), delivered("x".repeat(10_000))).goingOn());

      assertThat(store.history(FIRST, 2, 1).getFirst().data().text("text").orElseThrow())
          .hasSize(200)
          .endsWith("x…");
      assertThat(handler(FIRST).completion()).isEqualTo(result("x".repeat(10_000)));
    }
  }

  @Nested
  class Ending {
    @ParameterizedTest
    @MethodSource("dev.errand.testkit.StoreContract#outcomes")
    void a_jobs_end_ends_its_handler_too(Outcome outcome, Entry.Kind kind) {
      spawn(FIRST);
      finish(FIRST, outcome);

      var job = store.find(FIRST).orElseThrow();
      assertThat(job.status()).isEqualTo(JobStatus.DONE);
      assertThat(job.outcome()).isEqualTo(outcome);
      assertThat(job.subtask())
          .isEqualTo(new Subtask(Json.Null.VALUE, Completion.ofUncompleted(outcome), 4));
      assertThat(kinds(FIRST))
          .containsExactly(Entry.Kind.SUBTASK_SPAWNED, Entry.Kind.JOB_ENDED, kind);
    }

    @Test
    void a_jobs_end_is_recorded_with_its_outcome() {
      store.submit(job(ROOT));
      finish(ROOT, succeeded("done"));

      assertThat(store.history(ROOT, 1, 10))
          .containsExactly(
              new Entry(
                  2,
                  clock.instant(),
                  ROOT,
                  0,
                  Entry.Kind.JOB_ENDED,
                  Json.object("outcome", "succeeded").with("text", "done")));
    }

    @Test
    void entries_of_an_end_belong_to_the_turn_the_step_leads_to() {
      spawn(FIRST);
      store.commit(
          Stepping.by(claim(FIRST), ended(succeeded(1)))
              .at(new Progress(2, false, 0, 0, 0, 0))
              .ending());

      assertThat(store.history(FIRST, 2, 10)).extracting(Entry::turn).containsExactly(2, 2);
    }

    @Test
    void the_worker_of_a_job_that_ended_has_no_lease_any_more() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var receipt = store.commit(Stepping.by(claim, ended(succeeded(1))).ending());

      assertThat(receipt).isEqualTo(new Receipt(1, false));
      assertThatThrownBy(() -> store.commit(Stepping.after(claim, receipt).goingOn()))
          .isInstanceOf(StaleLeaseException.class);
    }
  }

  static List<Arguments> outcomes() {
    var error = TaskError.of(TaskError.Kind.EXCEPTION, "boom", "look at line 1");
    return List.of(
        Arguments.of(succeeded(1), Entry.Kind.SUBTASK_FAILED),
        Arguments.of(new Outcome.Failed(error), Entry.Kind.SUBTASK_FAILED),
        Arguments.of(new Outcome.Cancelled("stop"), Entry.Kind.SUBTASK_CANCELLED),
        Arguments.of(new Outcome.TimedOut("late"), Entry.Kind.SUBTASK_TIMED_OUT),
        Arguments.of(
            new Outcome.BudgetExhausted("spent", Value.of("half")), Entry.Kind.SUBTASK_FAILED));
  }

  @Nested
  class Waiting {
    @Test
    void a_suspended_job_is_handed_out_when_what_it_waits_for_has_ended() {
      spawn(FIRST, SECOND);
      var receipt = store.commit(Stepping.by(claim(ROOT)).awaiting(2, FIRST, SECOND));

      assertThat(receipt.leased()).isFalse();
      finish(FIRST, succeeded(1));
      assertThat(due()).containsExactly("tree.2");
      finish(SECOND, succeeded(2));
      assertThat(due()).containsExactly("tree");
    }

    @Test
    void a_job_handed_out_after_a_wait_is_still_suspended() {
      spawn(FIRST);
      store.commit(Stepping.by(claim(ROOT)).awaiting(1, FIRST));
      finish(FIRST, succeeded(1));

      assertThat(claim(ROOT).job().status()).isEqualTo(JobStatus.SUSPENDED);
    }

    @Test
    void a_wait_for_some_ends_with_the_first_that_are_enough() {
      spawn(FIRST, SECOND, THIRD);
      store.commit(Stepping.by(claim(ROOT)).awaiting(2, FIRST, SECOND, THIRD));

      finish(THIRD, succeeded(3));
      assertThat(due()).doesNotContain("tree");
      finish(FIRST, succeeded(1));
      assertThat(due()).contains("tree");
    }

    @Test
    void an_end_that_comes_after_the_wait_was_satisfied_wakes_nobody() {
      spawn(FIRST, SECOND);
      store.commit(Stepping.by(claim(ROOT)).awaiting(1, FIRST, SECOND));
      finish(FIRST, succeeded(1));
      store.commit(Stepping.by(claim(ROOT)).yielding(clock.instant().plus(LEASE)));
      finish(SECOND, succeeded(2));

      assertThat(due()).isEmpty();
    }

    @Test
    void a_wait_for_what_has_ended_already_keeps_the_lease_and_the_status() {
      spawn(FIRST);
      finish(FIRST, succeeded(1));
      var claim = claim(ROOT);
      var place = new Progress(1, true, 0, 0, 0, 0);
      var receipt = store.commit(Stepping.by(claim, said("asking")).at(place).awaiting(1, FIRST));

      assertThat(receipt).isEqualTo(new Receipt(claim.version() + 1, true));
      assertThat(store.find(ROOT).orElseThrow().status()).isEqualTo(JobStatus.STARTED);
      assertThat(store.find(ROOT).orElseThrow().progress()).isEqualTo(place);
      assertThat(texts(ROOT)).containsExactly("asking");
      assertThat(due()).isEmpty();
      assertThat(store.commit(Stepping.after(claim, receipt).goingOn()).leased()).isTrue();
    }

    @Test
    void a_wait_counts_what_has_ended_before_it() {
      spawn(FIRST, SECOND, THIRD);
      finish(SECOND, succeeded(2));
      store.commit(Stepping.by(claim(ROOT)).awaiting(2, FIRST, SECOND, THIRD));
      assertThat(due()).doesNotContain("tree");

      finish(THIRD, succeeded(3));
      assertThat(due()).contains("tree");
    }

    @Test
    void a_wait_for_a_child_created_in_the_same_step_is_a_wait() {
      store.submit(job(ROOT));
      var receipt =
          store.commit(Stepping.by(claim(ROOT), delegated(FIRST, null)).awaiting(1, FIRST));

      assertThat(receipt.leased()).isFalse();
      finish(FIRST, succeeded(1));
      assertThat(due()).containsExactly("tree");
    }

    @Test
    void a_handler_that_ends_while_its_job_goes_on_ends_the_wait() {
      spawn(FIRST);
      store.commit(Stepping.by(claim(ROOT)).awaiting(1, FIRST));
      store.commit(Stepping.by(claim(FIRST), delivered("early")).goingOn());

      assertThat(due()).containsExactly("tree");
    }

    @Test
    void a_handler_attached_to_a_child_that_is_done_ends_the_wait_of_others() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var receipt = store.commit(Stepping.by(claim, created(FIRST), created(SECOND)).goingOn());
      store.commit(Stepping.by(claim(SECOND)).awaiting(1, FIRST));
      finish(FIRST, succeeded(1));
      assertThat(due()).isEmpty();
      store.commit(Stepping.after(claim, receipt, attached(FIRST, "late")).goingOn());

      assertThat(due()).containsExactly("tree.2");
    }

    @Test
    void many_jobs_may_wait_for_one_handler() {
      spawn(FIRST, SECOND, THIRD);
      store.commit(Stepping.by(claim(ROOT)).awaiting(1, FIRST));
      store.commit(Stepping.by(claim(SECOND)).awaiting(1, FIRST));
      store.commit(Stepping.by(claim(THIRD)).awaiting(2, FIRST, SECOND));
      finish(FIRST, succeeded(1));

      assertThat(due()).containsExactly("tree", "tree.2");
    }

    @Test
    void a_loop_over_whichever_ends_next_wakes_once_for_each() {
      spawn(FIRST, SECOND, THIRD);
      store.commit(Stepping.by(claim(ROOT)).awaiting(1, FIRST, SECOND, THIRD));
      finish(SECOND, succeeded(2));
      assertThat(store.commit(Stepping.by(claim(ROOT)).awaiting(1, FIRST, THIRD)).leased())
          .isFalse();
      finish(FIRST, succeeded(1));
      assertThat(store.commit(Stepping.by(claim(ROOT)).awaiting(1, THIRD)).leased()).isFalse();
      assertThat(due()).containsExactly("tree.3");
      finish(THIRD, succeeded(3));

      assertThat(due()).containsExactly("tree");
    }

    @Test
    void an_end_while_the_waiter_works_is_counted_by_its_next_wait() {
      spawn(FIRST, SECOND, THIRD);
      store.commit(Stepping.by(claim(ROOT)).awaiting(1, FIRST, SECOND, THIRD));
      finish(FIRST, succeeded(1));
      var root = claim(ROOT);
      finish(SECOND, succeeded(2));

      assertThat(store.commit(Stepping.by(root).awaiting(1, SECOND, THIRD)).leased()).isTrue();
      assertThat(due()).containsExactly("tree.3");
    }

    @Test
    void an_end_that_is_waited_for_no_longer_wakes_nobody() {
      spawn(FIRST, SECOND, THIRD);
      store.commit(Stepping.by(claim(ROOT)).awaiting(1, FIRST, SECOND));
      finish(FIRST, succeeded(1));
      store.commit(Stepping.by(claim(ROOT)).awaiting(1, THIRD));
      finish(SECOND, succeeded(2));
      assertThat(due()).containsExactly("tree.3");
      finish(THIRD, succeeded(3));

      assertThat(due()).containsExactly("tree");
    }

    @Test
    void a_wait_for_a_job_that_does_not_exist_is_refused() {
      spawn(FIRST);
      var claim = claim(ROOT);

      assertThatThrownBy(
              () -> store.commit(Stepping.by(claim, said("no")).awaiting(1, FIRST, THIRD)))
          .isInstanceOf(UnknownJobException.class);
      assertThat(texts(ROOT)).isEmpty();
      assertThat(store.commit(Stepping.by(claim).awaiting(1, FIRST)).leased()).isFalse();
    }

    @Test
    void a_thousand_that_wait_for_one_are_due_with_its_end() {
      var waiters = IntStream.rangeClosed(2, 1001).mapToObj(ROOT::child).toList();
      spawn(Stream.concat(Stream.of(FIRST), waiters.stream()).toArray(JobId[]::new));
      Claim awaited = null;
      for (var claim : store.claim("worker", 2000, LEASE)) {
        if (claim.job().id().equals(FIRST)) {
          awaited = claim;
        } else if (!claim.job().id().equals(ROOT)) {
          assertThat(store.commit(Stepping.by(claim).awaiting(1, FIRST)).leased()).isFalse();
        }
      }
      assertThat(due()).isEmpty();
      store.commit(Stepping.by(Objects.requireNonNull(awaited), ended(succeeded(1))).ending());

      assertThat(store.claim("worker", 2000, LEASE))
          .extracting(claim -> claim.job().id())
          .containsExactlyInAnyOrderElementsOf(waiters);
    }

    @Test
    void many_children_that_end_at_once_wake_their_parent_once() throws Exception {
      var children = IntStream.rangeClosed(1, 32).mapToObj(ROOT::child).toArray(JobId[]::new);
      spawn(children);
      store.commit(Stepping.by(claim(ROOT)).awaiting(children.length, children));

      atOnce(
          store.claim("worker", 100, LEASE).stream()
              .<Callable<Receipt>>map(
                  claim -> () -> store.commit(Stepping.by(claim, ended(succeeded(1))).ending()))
              .toList());
      assertThat(due()).containsExactly("tree");
      assertThat(store.ended(ROOT, 0, 100)).hasSize(32);
    }
  }

  @Nested
  class Keeping {
    @ParameterizedTest
    @ValueSource(
        strings = {"", "zażółć \uD83D\uDE00", "half a pair: \uD83D.", "nul: \u0000", "\"'\\\n"})
    void a_text_comes_back_character_by_character(String text) {
      store.submit(job(ROOT));
      store.commit(Stepping.by(claim(ROOT), said(text)).goingOn());

      assertThat(texts(ROOT)).containsExactly(text);
    }

    @Test
    void a_definition_is_found_by_its_address() {
      var definition =
          new JobDefinition(
              AgentSpec.program("other"),
              List.of(CodeBlock.python("x = 1"), CodeBlock.python("exit(x)")),
              Json.object("topic", "prices"),
              "pl-PL");
      store.submit(new NewJob(ROOT, null, definition, "asked", null, null));

      var address = store.find(ROOT).orElseThrow().definition();
      assertThat(address).isEqualTo(definition.address());
      assertThat(store.definition(address)).hasValue(definition);
      assertThat(store.definition(DEFINITION.address())).isEmpty();
    }

    @Test
    void an_effect_is_kept_as_an_intention_and_then_with_its_result() {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var intended = effect(0, 0, 0);
      var receipt = store.commit(Stepping.by(claim, new Change.Journalled(intended)).goingOn());
      assertThat(store.journal(ROOT, 0, 0)).containsExactly(intended);

      var known = intended.with(new Effect.Result.Returned(Value.of("sent")));
      store.commit(Stepping.after(claim, receipt, new Change.Journalled(known)).goingOn());
      assertThat(store.journal(ROOT, 0, 0)).containsExactly(known);
    }

    @Test
    void an_effect_that_raised_is_kept_with_what_it_raised() {
      store.submit(job(ROOT));
      var raised = effect(0, 0, 0).with(new Effect.Result.Raised("ValueError", "no such mail"));
      store.commit(Stepping.by(claim(ROOT), new Change.Journalled(raised)).goingOn());

      assertThat(store.journal(ROOT, 0, 0)).containsExactly(raised);
    }

    @Test
    void the_journal_of_a_block_is_read_from_a_statement_on() {
      store.submit(job(ROOT));
      var effects =
          List.of(
              effect(1, 2, 0), effect(1, 0, 0), effect(0, 5, 0), effect(1, 1, 1), effect(1, 1, 0));
      store.commit(
          Stepping.by(
                  claim(ROOT), effects.stream().map(Change.Journalled::new).toArray(Change[]::new))
              .goingOn());

      assertThat(store.journal(ROOT, 1, 1))
          .containsExactly(effect(1, 1, 0), effect(1, 1, 1), effect(1, 2, 0));
      assertThat(store.journal(FIRST, 1, 1)).isEmpty();
    }

    private static Effect effect(int turn, int statement, int ordinal) {
      return new Effect(
          new Slot(turn, statement, ordinal),
          "send_mail",
          "digest",
          EffectPolicy.AT_MOST_ONCE,
          new Effect.Result.Intended(Json.object("to", "ada")));
    }
  }

  @Nested
  class Checkpointing {
    private Claim claim;
    private long version;

    @BeforeEach
    void claimAJob() {
      store.submit(job(ROOT));
      claim = claim(ROOT);
    }

    @Test
    void a_workspace_consists_of_what_was_put() {
      keep(put(put(delta(0), 1, "a", "b"), 2));

      assertThat(workspace(ROOT)).isEqualTo(Map.of(1, List.of("a", "b"), 2, List.of()));
    }

    @Test
    void what_a_delta_does_not_name_stays_as_it_was() {
      keep(put(put(delta(0), 1, "a"), 2, "b"));
      keep(put(delta(1), 2, "c"));

      assertThat(workspace(ROOT)).isEqualTo(Map.of(1, List.of("a"), 2, List.of("c")));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void a_place_that_is_not_named_keeps_its_piece(int later) {
      keep(put(delta(0), 1, "a", "b", "c"));
      keep(put(delta(later), 1, 3, Map.of(1, "B")));

      assertThat(workspace(ROOT)).isEqualTo(Map.of(1, List.of("a", "B", "c")));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void a_co_variable_that_grows_keeps_what_it_had(int later) {
      keep(put(delta(0), 1, "a", "b"));
      keep(put(delta(later), 1, 4, Map.of(2, "c", 3, "d")));

      assertThat(workspace(ROOT)).isEqualTo(Map.of(1, List.of("a", "b", "c", "d")));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void places_beyond_the_length_are_gone(int later) {
      keep(put(delta(0), 1, "a", "b", "c"));
      keep(put(delta(later), 1, 1, Map.of()));
      keep(put(delta(later), 1, 2, Map.of(1, "B")));

      assertThat(workspace(ROOT)).isEqualTo(Map.of(1, List.of("a", "B")));
    }

    @Test
    void a_place_that_was_not_there_must_be_given() {
      keep(put(delta(0), 1, "a"));

      assertThatThrownBy(() -> keep(put(delta(0), 1, 3, Map.of(2, "c"))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("place 1");
      assertThat(workspace(ROOT)).isEqualTo(Map.of(1, List.of("a")));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void what_was_dropped_is_gone(int later) {
      keep(put(put(delta(0), 1, "a"), 2, "b"));
      keep(drop(delta(later), 1));

      assertThat(workspace(ROOT)).isEqualTo(Map.of(2, List.of("b")));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void a_number_that_was_dropped_begins_anew(int later) {
      keep(put(delta(0), 1, "a", "b"));
      keep(put(drop(delta(later), 1), 1, "c"));

      assertThat(workspace(ROOT)).isEqualTo(Map.of(1, List.of("c")));
    }

    @Test
    void a_workspace_from_which_all_was_dropped_is_empty() {
      keep(put(delta(0), 1, "a"));
      keep(drop(delta(0), 1));

      assertThat(store.checkpoint(ROOT)).isEmpty();
    }

    @Test
    void a_co_variable_says_what_it_is_and_which_turn_wrote_it() {
      var first = put(put(delta(0), 1, "a"), 2, "b");
      var second = put(delta(3), 1, "c");
      keep(first);
      keep(second);

      assertThat(store.checkpoint(ROOT).orElseThrow().coVariables())
          .containsExactly(stored(3, second.puts().getFirst()), stored(0, first.puts().getLast()));
    }

    @Test
    void an_earlier_turn_is_read_as_it_left_the_workspace() {
      keep(put(put(delta(0), 1, "a", "b"), 2, "c"));
      keep(put(drop(delta(1), 2), 1, 2, Map.of(1, "B")));
      keep(put(put(delta(2), 1, 1, Map.of()), 3, "d"));

      assertThat(workspace(ROOT, 0)).isEqualTo(Map.of(1, List.of("a", "b"), 2, List.of("c")));
      assertThat(workspace(ROOT, 1)).isEqualTo(Map.of(1, List.of("a", "B")));
      assertThat(workspace(ROOT, 2)).isEqualTo(Map.of(1, List.of("a"), 3, List.of("d")));
    }

    @Test
    void a_turn_without_a_checkpoint_left_the_workspace_as_it_was() {
      keep(put(delta(1), 1, "a"));
      keep(put(delta(4), 1, "b"));

      assertThat(workspace(ROOT, 0)).isEmpty();
      assertThat(workspace(ROOT, 3)).isEqualTo(Map.of(1, List.of("a")));
      assertThat(workspace(ROOT, 9)).isEqualTo(Map.of(1, List.of("b")));
    }

    @Test
    void within_a_turn_only_the_last_state_is_kept() {
      keep(put(delta(0), 1, "a", "b"));
      keep(put(put(delta(1), 1, "c", "d"), 2, "e"));
      keep(drop(put(delta(1), 1, 3, Map.of(1, "D", 2, "E")), 2));

      assertThat(workspace(ROOT, 0)).isEqualTo(Map.of(1, List.of("a", "b")));
      assertThat(workspace(ROOT, 1)).isEqualTo(Map.of(1, List.of("c", "D", "E")));
    }

    @Test
    void of_two_checkpoints_in_a_step_the_second_changes_what_the_first_left() {
      keep(put(delta(0), 1, "a", "b"));
      keep(put(delta(0), 1, 2, Map.of(0, "A")), put(delta(1), 1, 3, Map.of(2, "c")));

      assertThat(workspace(ROOT, 0)).isEqualTo(Map.of(1, List.of("A", "b")));
      assertThat(workspace(ROOT, 1)).isEqualTo(Map.of(1, List.of("A", "b", "c")));
    }

    @Test
    void pieces_that_are_stored_need_not_be_given_again() {
      keep(put(delta(0), 1, "a"));
      keep(ofStored(put(drop(delta(1), 1), 2, "a", "a")));

      assertThat(workspace(ROOT)).isEqualTo(Map.of(2, List.of("a", "a")));
    }

    @Test
    void a_piece_given_twice_is_stored_once() {
      keep(put(put(delta(0), 1, "a"), 2, "a"));
      keep(put(delta(1), 1, "a"));

      assertThat(store.chunks(List.of(blob("a").address())))
          .isEqualTo(Map.of(blob("a").address(), blob("a")));
    }

    @Test
    void a_piece_that_is_missing_is_absent() {
      keep(put(delta(0), 1, "a"));

      assertThat(store.chunks(List.of(blob("a").address(), blob("never stored").address())))
          .containsOnlyKeys(blob("a").address());
    }

    @Test
    void a_piece_that_does_not_match_its_address_is_absent() {
      keep(damaged("a"));

      assertThat(store.chunks(List.of(blob("a").address()))).isEmpty();
    }

    @Test
    void a_damaged_piece_is_mended_when_it_is_given_again() {
      keep(damaged("a"));
      keep(put(delta(0), 2, "a"));

      assertThat(workspace(ROOT)).isEqualTo(Map.of(1, List.of("a"), 2, List.of("a")));
    }

    @Test
    void turns_that_were_forgotten_are_refused_and_later_ones_stay() {
      keep(put(delta(0), 1, "a", "b"));
      keep(put(delta(1), 1, 2, Map.of(1, "B")));
      keep(put(delta(3), 1, "c"));
      stand(4);
      store.forget(ROOT, 2);

      assertThatThrownBy(() -> store.checkpoint(ROOT, 1))
          .isInstanceOf(UnknownTurnException.class)
          .hasMessageContaining("is not kept; the first one that is is of turn 2");
      assertThat(workspace(ROOT, 2)).isEqualTo(Map.of(1, List.of("a", "B")));
      assertThat(workspace(ROOT, 3)).isEqualTo(Map.of(1, List.of("c")));
      assertThat(workspace(ROOT)).isEqualTo(Map.of(1, List.of("c")));
    }

    @Test
    void what_the_last_turn_left_is_never_forgotten() {
      keep(put(delta(0), 1, "a"));
      stand(1);
      store.forget(ROOT, 9);
      keep(put(delta(1), 1, "b"));

      assertThat(workspace(ROOT, 0)).isEqualTo(Map.of(1, List.of("a")));
      assertThat(workspace(ROOT, 1)).isEqualTo(Map.of(1, List.of("b")));
    }

    @Test
    void what_was_forgotten_stays_so() {
      stand(5);
      store.forget(ROOT, 3);
      store.forget(ROOT, 1);

      assertThatThrownBy(() -> store.checkpoint(ROOT, 2)).isInstanceOf(UnknownTurnException.class);
      assertThatThrownBy(() -> store.forget(FIRST, 1)).isInstanceOf(UnknownJobException.class);
    }

    @Test
    void pieces_that_no_workspace_has_any_more_are_freed() {
      keep(put(delta(0), 1, "a", "b"));
      keep(put(delta(0), 1, "a", "c"));
      keep(drop(put(delta(0), 2, "d"), 1));

      assertThat(store.collect(100)).isEqualTo(new Store.Freed(3, 3, false));
      assertThat(store.collect(100)).isEqualTo(new Store.Freed(0, 0, false));
      assertThat(store.chunks(addresses("a", "b", "c", "d")))
          .containsOnlyKeys(addresses("d").getFirst());
    }

    @Test
    void pieces_of_earlier_turns_are_freed_when_these_are_forgotten() {
      keep(put(delta(0), 1, "a", "b"));
      keep(put(delta(1), 1, "a", "c"));
      stand(2);
      assertThat(store.collect(100).pieces()).isZero();
      store.forget(ROOT, 1);

      assertThat(store.collect(100).pieces()).isEqualTo(1);
      assertThat(workspace(ROOT)).isEqualTo(Map.of(1, List.of("a", "c")));
    }

    @Test
    void a_piece_that_another_workspace_has_is_kept() {
      store.submit(
          new NewJob(new JobId("other"), null, DEFINITION, "asked", null, put(delta(-1), 0, "a")));
      keep(put(delta(0), 1, "a"));
      keep(drop(delta(0), 1));

      assertThat(store.collect(100).pieces()).isZero();
      assertThat(workspace(new JobId("other"))).isEqualTo(Map.of(0, List.of("a")));
    }

    @Test
    void a_piece_that_is_put_again_is_kept() {
      keep(put(delta(0), 1, "a"));
      keep(drop(delta(0), 1));
      keep(put(delta(0), 2, "a"));

      assertThat(store.collect(100).pieces()).isZero();
      assertThat(workspace(ROOT)).isEqualTo(Map.of(2, List.of("a")));
    }

    @Test
    void no_more_is_freed_at_a_time_than_was_asked_for() {
      keep(put(delta(0), 1, "a", "b", "c"));
      keep(drop(delta(0), 1));

      assertThat(store.collect(2)).isEqualTo(new Store.Freed(2, 2, true));
      assertThat(store.collect(2)).isEqualTo(new Store.Freed(1, 1, false));
    }

    @Test
    void collecting_while_others_put_the_same_pieces_takes_none_from_them() throws Exception {
      var workers = IntStream.range(0, 4).mapToObj(n -> new JobId("w" + n)).toList();
      workers.forEach(id -> store.submit(job(id)));
      var claims = store.claim("worker", 10, LEASE);
      var calls = new ArrayList<Callable<Integer>>();
      claims.forEach(claimed -> calls.add(() -> putAndDrop(claimed)));
      calls.add(() -> IntStream.range(0, 400).map(n -> store.collect(1).pieces()).sum());

      assertThat(atOnce(calls).subList(0, claims.size())).containsOnly(0);
    }

    /// Puts the same pieces over and over; returns how often one was missing afterwards.
    private int putAndDrop(Claim claimed) {
      long at = claimed.version();
      int missing = 0;
      for (int n = 0; n < 40; n++) {
        var both = List.of(put(delta(0), 1, "a", "b"), put(drop(delta(0), 1), 2, "c" + n % 3));
        for (var delta : both) {
          var kept = new Change.Checkpointed(delta);
          at = store.commit(Stepping.by(claimed.lease(), at, kept).goingOn()).version();
          var addresses =
              store.checkpoint(claimed.job().id()).orElseThrow().coVariables().stream()
                  .flatMap(part -> part.chunks().stream())
                  .toList();
          missing += new HashSet<>(addresses).size() - store.chunks(addresses).size();
        }
      }
      return missing;
    }

    private static List<String> addresses(String... pieces) {
      return Stream.of(pieces).map(piece -> blob(piece).address()).toList();
    }

    /// Moves the job on to the beginning of a turn.
    private void stand(int turn) {
      var step = Stepping.by(claim.lease(), version).at(Progress.after(turn - 1));
      version = store.commit(step.goingOn()).version();
    }

    /// A delta whose piece is not what its address says.
    private static Delta damaged(String piece) {
      var sound = put(delta(0), 1, piece);
      return new Delta(
          0, sound.puts(), List.of(), Map.of(blob(piece).address(), blob("something else")));
    }

    private void keep(Delta... deltas) {
      var changes = Stream.of(deltas).map(Change.Checkpointed::new).toArray(Change[]::new);
      version = store.commit(Stepping.by(claim.lease(), version, changes).goingOn()).version();
    }

    private static CoVariable stored(int since, Delta.Put put) {
      return new CoVariable(put.number(), since, put.head(), put.over(List.of()), put.variables());
    }
  }

  @Nested
  class Forking {
    private static final JobId FORK = new JobId("fork");

    @Test
    void a_fork_stands_right_after_the_turn() {
      standingAt(3);
      clock.advance(Duration.ofSeconds(5));
      store.fork(ROOT, 1, FORK);

      var from = store.find(ROOT).orElseThrow();
      assertThat(store.find(FORK))
          .hasValue(
              new JobRecord(
                  FORK,
                  new JobRecord.Origin(
                      null,
                      "asked",
                      "tester",
                      clock.instant(),
                      clock.instant().plus(Limits.DEFAULT.jobTime())),
                  from.definition(),
                  JobStatus.READY,
                  new Progress(2, false, 0, 0, 0, 0),
                  null,
                  null,
                  Usage.NONE,
                  Budget.NONE));
      assertThat(due()).contains("fork");
      assertThat(store.journal(FORK, 1, 0)).isEmpty();
    }

    @Test
    void a_fork_has_the_workspace_that_the_turn_left() {
      standingAt(3);
      store.fork(ROOT, 1, FORK);

      assertThat(workspace(FORK)).isEqualTo(workspace(ROOT, 1)).isNotEmpty();
      assertThat(store.checkpoint(FORK)).isEqualTo(store.checkpoint(ROOT, 1));
      assertThatThrownBy(() -> store.checkpoint(FORK, 0)).isInstanceOf(UnknownTurnException.class);
    }

    @Test
    void a_fork_and_what_it_was_forked_from_go_their_own_ways() {
      standingAt(3);
      store.fork(ROOT, 1, FORK);
      var claim = claim(FORK);
      var own = put(drop(delta(2), 1), 2, "own");
      store.commit(Stepping.by(claim, new Change.Checkpointed(own)).goingOn());

      assertThat(workspace(FORK)).isEqualTo(Map.of(2, List.of("own")));
      assertThat(workspace(FORK, 1)).isEqualTo(workspace(ROOT, 1));
      assertThat(workspace(ROOT)).isEqualTo(Map.of(1, List.of("turn 2")));
    }

    @Test
    void a_fork_keeps_the_pieces_it_shares() {
      standingAt(3);
      store.fork(ROOT, 0, FORK);
      store.forget(ROOT, 2);

      store.collect(100);
      assertThat(workspace(FORK)).isEqualTo(Map.of(1, List.of("turn 0")));
    }

    @Test
    void a_fork_begins_its_history_with_what_was_said_and_done_up_to_the_turn() {
      standingAt(3);
      var said = store.history(ROOT, 0, 10).get(2);
      clock.advance(Duration.ofSeconds(5));
      store.fork(ROOT, 1, FORK);

      assertThat(texts(FORK)).containsExactly("turn 0", "turn 1");
      assertThat(store.events(FORK, 0, 10))
          .contains(
              new Entry(
                  1,
                  clock.instant(),
                  FORK,
                  0,
                  Entry.Kind.JOB_CREATED,
                  Json.object("agent", "tester").with("from", "tree").with("at", 1)),
              new Entry(3, said.time(), FORK, 1, said.kind(), said.data()))
          .hasSize(3);
    }

    @Test
    void a_child_may_be_forked_and_becomes_a_root() {
      spawn(FIRST);
      var claim = claim(FIRST);
      store.commit(
          Stepping.by(claim, said("hello"), ended(succeeded(1)))
              .at(new Progress(0, true, 1, 0, 0, 0))
              .ending());
      store.fork(FIRST, 0, FORK);

      assertThat(kinds(FORK)).containsExactly(Entry.Kind.JOB_CREATED, Entry.Kind.MESSAGE);
      assertThat(store.find(FORK).orElseThrow().subtask()).isNull();
      assertThat(store.children(ROOT, 0, 10)).hasSize(1);
    }

    @Test
    void a_job_may_be_forked_before_its_first_turn() {
      store.submit(
          new NewJob(ROOT, null, DEFINITION, "asked", null, put(delta(Delta.BEFORE), 0, "a")));
      store.fork(ROOT, Delta.BEFORE, FORK);

      assertThat(store.find(FORK).orElseThrow().progress()).isEqualTo(Progress.START);
      assertThat(workspace(FORK)).isEqualTo(Map.of(0, List.of("a")));
    }

    @Test
    void the_turn_within_which_a_job_ended_is_over() {
      standingAt(1);
      var claim = claim(ROOT);
      store.commit(
          Stepping.by(claim, ended(succeeded(1))).at(new Progress(1, true, 2, 0, 0, 0)).ending());
      store.fork(ROOT, 1, FORK);

      assertThat(store.find(FORK).orElseThrow().progress().turn()).isEqualTo(2);
    }

    @Test
    void a_turn_that_is_not_over_is_refused() {
      standingAt(2);

      assertThatThrownBy(() -> store.fork(ROOT, 2, FORK))
          .isInstanceOf(UnknownTurnException.class)
          .hasMessageContaining("Turn 2 of job tree is not over; the last one that is is 1.");
      assertThat(store.find(FORK)).isEmpty();
    }

    @Test
    void a_turn_that_was_forgotten_is_refused() {
      standingAt(3);
      store.forget(ROOT, 2);

      assertThatThrownBy(() -> store.fork(ROOT, 1, FORK)).isInstanceOf(UnknownTurnException.class);
      assertThat(store.find(FORK)).isEmpty();
    }

    @Test
    void what_cannot_be_forked_is_refused() {
      standingAt(1);

      assertThatThrownBy(() -> store.fork(FORK, 0, FORK)).isInstanceOf(UnknownJobException.class);
      assertThatThrownBy(() -> store.fork(ROOT, 0, ROOT)).isInstanceOf(DuplicateJobException.class);
      assertThatThrownBy(() -> store.fork(ROOT, 0, FIRST))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(store.events(ROOT, 0, 10)).hasSize(2);
    }

    /// A root that stands at the beginning of a turn; each turn before left one piece and said so.
    private void standingAt(int turn) {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      var changes = new ArrayList<Change>();
      for (int n = 0; n < turn; n++) {
        changes.add(new Change.Recorded(n, Entry.Kind.MESSAGE, Json.object("text", "turn " + n)));
        changes.add(new Change.Checkpointed(put(delta(n), 1, "turn " + n)));
      }
      store.commit(
          Stepping.by(claim, changes.toArray(Change[]::new))
              .at(Progress.after(turn - 1))
              .yielding(clock.instant()));
    }
  }

  @Nested
  class Reading {
    @Test
    void what_does_not_exist_is_not_found() {
      assertThat(store.find(ROOT)).isEmpty();
      assertThat(store.findByKey("none")).isEmpty();
      assertThat(store.jobs("", "", 10)).isEmpty();
      assertThat(store.children(ROOT, 0, 10)).isEmpty();
      assertThat(store.ended(ROOT, 0, 10)).isEmpty();
      assertThat(store.history(ROOT, 0, 10)).isEmpty();
      assertThat(store.events(ROOT, 0, 10)).isEmpty();
      assertThat(store.checkpoint(ROOT)).isEmpty();
      assertThat(store.definition("none")).isEmpty();
      assertThat(store.chunks(List.of())).isEmpty();
      assertThat(store.count(ROOT)).isEqualTo(new Store.Count(0, 0));
      assertThat(store.nextDue()).isEmpty();
      assertThat(store.busy()).isFalse();
    }

    @Test
    void jobs_are_listed_by_prefix_page_by_page_in_the_order_of_their_ids() {
      for (var id : List.of("ab", "b", "a", "aa", "abc")) {
        store.submit(job(new JobId(id)));
      }

      assertThat(ids(store.jobs("", "", 10))).containsExactly("a", "aa", "ab", "abc", "b");
      assertThat(ids(store.jobs("a", "", 2))).containsExactly("a", "aa");
      assertThat(ids(store.jobs("a", "aa", 2))).containsExactly("ab", "abc");
      assertThat(ids(store.jobs("ab", "", 10))).containsExactly("ab", "abc");
    }

    @Test
    void children_are_listed_by_ordinal_page_by_page() {
      spawn(IntStream.rangeClosed(1, 12).mapToObj(ROOT::child).toArray(JobId[]::new));

      assertThat(ids(store.children(ROOT, 0, 3))).containsExactly("tree.1", "tree.2", "tree.3");
      assertThat(ids(store.children(ROOT, 9, 10))).containsExactly("tree.10", "tree.11", "tree.12");
    }

    @Test
    void ended_children_are_listed_in_the_order_in_which_they_ended() {
      spawn(FIRST, SECOND, THIRD);
      finish(THIRD, succeeded(3));
      finish(FIRST, succeeded(1));

      var all = store.ended(ROOT, 0, 10);
      assertThat(ids(all)).containsExactly("tree.3", "tree.1");
      assertThat(ids(store.ended(ROOT, handler(THIRD).told(), 10))).containsExactly("tree.1");
      assertThat(ids(store.ended(ROOT, 0, 1))).containsExactly("tree.3");
    }

    @Test
    void a_child_without_a_handler_is_not_among_the_ended() {
      store.submit(job(ROOT));
      store.commit(Stepping.by(claim(ROOT), created(FIRST)).goingOn());
      finish(FIRST, succeeded(1));

      assertThat(store.ended(ROOT, 0, 10)).isEmpty();
    }

    @Test
    void a_tree_is_counted_without_its_root_and_without_its_neighbours() {
      spawn(FIRST, SECOND);
      store.commit(Stepping.by(claim(FIRST), created(FIRST.child(1))).goingOn());
      finish(SECOND, succeeded(2));
      store.submit(job(new JobId("tree1")));
      store.submit(job(new JobId("tre")));

      assertThat(store.count(ROOT)).isEqualTo(new Store.Count(3, 1));
      assertThat(store.count(new JobId("tree1"))).isEqualTo(new Store.Count(0, 0));
    }

    @Test
    void history_is_the_jobs_own_and_events_are_the_trees() {
      spawn(FIRST);
      store.commit(Stepping.by(claim(FIRST), said("hello")).goingOn());
      store.submit(job(new JobId("other")));

      assertThat(store.history(FIRST, 0, 10)).extracting(Entry::sequence).containsExactly(2L, 3L);
      assertThat(store.events(ROOT, 0, 10)).extracting(Entry::sequence).containsExactly(1L, 2L, 3L);
      assertThat(store.events(ROOT, 1, 1)).extracting(Entry::sequence).containsExactly(2L);
      assertThat(store.history(FIRST, 2, 10)).extracting(Entry::sequence).containsExactly(3L);
    }

    @Test
    void the_next_job_falls_due_now_or_at_the_end_of_a_lease_or_when_it_asked_to() {
      store.submit(job(ROOT));
      assertThat(store.nextDue()).hasValue(clock.instant());
      var claim = claim(ROOT);
      assertThat(store.nextDue()).hasValue(clock.instant().plus(LEASE));
      var morning = clock.instant().plus(Duration.ofHours(8));
      store.commit(Stepping.by(claim).yielding(morning));

      assertThat(store.nextDue()).hasValue(morning);
    }

    @Test
    void a_store_is_busy_while_a_job_can_go_on_by_itself() {
      spawn(FIRST);
      assertThat(store.busy()).isTrue();
      store.commit(Stepping.by(claim(ROOT)).awaiting(1, FIRST));
      assertThat(store.busy()).isTrue();
      finish(FIRST, succeeded(1));
      assertThat(store.busy()).isTrue();
      finish(ROOT, succeeded(1));

      assertThat(store.busy()).isFalse();
      assertThat(store.nextDue()).isEmpty();
    }
  }

  @Nested
  class Closing {
    @Test
    void a_store_that_is_opened_again_has_what_it_says_it_keeps() {
      spawn(FIRST, SECOND);
      store.commit(
          Stepping.by(claim(FIRST), said("hello"), new Change.Checkpointed(put(delta(0), 1, "a")))
              .goingOn());
      finish(SECOND, succeeded(2));
      var before = Snapshot.of(store, List.of(ROOT));
      reopen();

      assertThat(Snapshot.of(store, List.of(ROOT)).equals(before)).isEqualTo(survivesReopening());
      assertThat(store.find(SECOND).isPresent()).isEqualTo(survivesReopening());
    }

    @Test
    void leases_of_a_store_that_was_closed_are_handed_out_again_at_once() {
      store.submit(job(ROOT));
      claim(ROOT);
      reopen();

      assertThat(due()).isEqualTo(survivesReopening() ? List.of("tree") : List.of());
    }

    @Test
    void fences_grow_on_after_a_store_was_opened_again() {
      store.submit(job(ROOT));
      long fence = claim(ROOT).lease().fence();
      reopen();
      store.submit(keyed(new JobId("other"), "other"));

      assertThat(store.claim("worker", 10, LEASE))
          .filteredOn(claim -> claim.job().id().equals(ROOT))
          .allSatisfy(claim -> assertThat(claim.lease().fence()).isGreaterThan(fence))
          .hasSize(survivesReopening() ? 1 : 0);
    }

    @Test
    void a_wait_outlives_the_opening_in_which_it_began() {
      spawn(FIRST);
      store.commit(Stepping.by(claim(ROOT)).awaiting(1, FIRST));
      reopen();
      if (survivesReopening()) {
        finish(FIRST, succeeded(1));
      }

      assertThat(due()).isEqualTo(survivesReopening() ? List.of("tree") : List.of());
    }

    @Test
    void a_closed_store_says_so() {
      store.submit(job(ROOT));
      var closed = store;
      closed.close();
      closed.close();

      assertThatThrownBy(() -> closed.find(ROOT))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("closed");
      assertThatThrownBy(() -> closed.submit(job(new JobId("other"))))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("closed");
    }
  }

  @Test
  void random_calls_leave_the_store_as_they_leave_the_reference(TestReporter reporter) {
    long seed = RandomCalls.seed();
    reporter.publishEntry("errand.seed", Long.toString(seed));

    new RandomCalls(seed, store, new MemoryStore(clock), clock).run();
  }

  private void reopen() {
    store.close();
    store = open(clock);
  }

  /// A root that has handed work to these children, and is due again.
  private void spawn(JobId... children) {
    store.submit(job(ROOT));
    var changes = new ArrayList<Change>();
    for (var child : children) {
      changes.add(delegated(child, null));
    }
    store.commit(
        Stepping.by(claim(ROOT), changes.toArray(Change[]::new)).yielding(clock.instant()));
  }

  private void finish(JobId id, Outcome outcome) {
    store.commit(Stepping.by(claim(id), ended(outcome)).ending());
  }

  /// Claims that job, and lets go of all others that are due.
  private Claim claim(JobId id) {
    var claims = store.claim("worker", 1_000, LEASE);
    claims.stream().filter(claim -> !claim.job().id().equals(id)).forEach(this::letGo);
    return claims.stream().filter(claim -> claim.job().id().equals(id)).findFirst().orElseThrow();
  }

  /// The jobs that are due, in the order in which they would be handed out.
  private List<String> due() {
    var claims = store.claim("worker", 1_000, LEASE);
    claims.forEach(this::letGo);
    return claimed(claims);
  }

  private void letGo(Claim claim) {
    var unchanged = Stepping.by(claim).becoming(claim.job().status()).at(claim.job().progress());
    store.commit(unchanged.yielding(clock.instant()));
  }

  /// What was said in a job's history.
  private List<String> texts(JobId id) {
    return store.history(id, 0, 1_000).stream()
        .filter(entry -> entry.kind() == Entry.Kind.MESSAGE)
        .map(entry -> entry.data().text("text").orElseThrow())
        .toList();
  }

  private List<Entry.Kind> kinds(JobId id) {
    return store.history(id, 0, 1_000).stream().map(Entry::kind).toList();
  }

  private Subtask handler(JobId id) {
    return Objects.requireNonNull(store.find(id).orElseThrow().subtask());
  }

  private static List<String> claimed(List<Claim> claims) {
    return claims.stream().map(claim -> claim.job().id().text()).toList();
  }

  private static List<String> ids(List<JobRecord> jobs) {
    return jobs.stream().map(job -> job.id().text()).toList();
  }

  /// The pieces of a job's co-variables, as texts.
  private Map<Integer, List<String>> workspace(JobId id) {
    return pieces(store.checkpoint(id));
  }

  private Map<Integer, List<String>> workspace(JobId id, int turn) {
    return pieces(store.checkpoint(id, turn));
  }

  private Map<Integer, List<String>> pieces(Optional<Checkpoint> checkpoint) {
    return checkpoint.map(Checkpoint::coVariables).orElse(List.of()).stream()
        .collect(Collectors.toMap(CoVariable::number, part -> texts(part.chunks())));
  }

  private List<String> texts(List<String> addresses) {
    var chunks = store.chunks(addresses);
    return addresses.stream()
        .map(address -> Objects.requireNonNull(chunks.get(address)).bytes())
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
        .toList();
  }

  /// Does all of this at once, each on a thread of its own.
  private static <T> List<T> atOnce(List<Callable<T>> calls) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers = new ArrayList<T>();
      for (var call : threads.invokeAll(calls)) {
        answers.add(call.get());
      }
      return answers;
    }
  }

  @Nested
  class TheBooksOfEffects {
    private final EffectKey key = new EffectKey(ROOT, new Slot(0, 2, 0));
    private final Json.Object arguments = Json.object("amount", 12);
    private final Effect.Result intended = new Effect.Result.Intended(arguments);
    private final Effect.Result told = new Effect.Result.Unknown(arguments, null);

    @Test
    void an_effect_is_in_the_books_since_it_was_intended() {
      var begun = clock.instant();
      var held = hold(called(intended));
      clock.advance(Duration.ofSeconds(1));
      var returned = called(new Effect.Result.Returned(Value.of("paid")));
      store.commit(held.then(new Change.Journalled(returned)).goingOn());

      assertThat(store.effects(null, null, 10))
          .containsExactly(new JobEffect(key, returned, begun));
      assertThat(store.unknownEffects(null, null, 10)).isEmpty();
    }

    @Test
    void what_code_read_is_not_in_the_books() {
      journal(
          new Effect(
              key.slot(),
              "clock",
              "",
              EffectPolicy.READ_ONLY,
              new Effect.Result.Returned(Value.of(1))));

      assertThat(store.effects(null, null, 10)).isEmpty();
      assertUnresolvable("there is none");
    }

    @Test
    void effects_are_listed_page_by_page_for_a_job_and_all_below_it() {
      var other = new JobId("treehouse");
      store.submit(job(other));
      journalled(claim(other), called(intended));
      store.submit(job(ROOT));
      var parent = claim(ROOT);
      journalled(parent, called(intended), at(new Slot(1, 0, 0), intended));
      store.commit(Stepping.by(parent.lease(), 1, created(FIRST)).yielding(clock.instant()));
      journalled(claim(FIRST), called(intended));

      assertThat(keys(store.effects(ROOT, null, 10)))
          .containsExactly("tree/0/2/0", "tree/1/0/0", "tree.1/0/2/0");
      assertThat(keys(store.effects(FIRST, null, 10))).containsExactly("tree.1/0/2/0");
      assertThat(keys(store.effects(null, key, 2))).containsExactly("tree/1/0/0", "tree.1/0/2/0");
      assertThat(keys(store.effects(null, null, 10))).endsWith("treehouse/0/2/0").hasSize(4);
    }

    @Test
    void the_unknown_ones_are_those_that_nobody_knows_the_outcome_of() {
      journal(
          called(intended),
          at(new Slot(0, 3, 0), told),
          at(new Slot(0, 4, 0), new Effect.Result.Returned(Value.none())),
          at(new Slot(0, 5, 0), new Effect.Result.Unknown(arguments, Finding.notMade())));

      assertThat(keys(store.unknownEffects(ROOT, null, 10)))
          .containsExactly("tree/0/2/0", "tree/0/3/0");
      assertThat(keys(store.unknownEffects(null, key, 10))).containsExactly("tree/0/3/0");
      assertThat(keys(store.effects(null, null, 10))).hasSize(4);
    }

    @Test
    void an_intention_that_is_resolved_answers_a_replay() {
      journal(called(intended));

      store.resolve(key, Finding.returned("paid"));

      var paid = called(new Effect.Result.Returned(Value.of("paid")));
      assertThat(store.journal(ROOT, 0, 0)).containsExactly(paid);
      assertThat(store.unknownEffects(null, null, 10)).isEmpty();
      assertThat(resolution())
          .isEqualTo(
              Json.object("key", "tree/0/2/0")
                  .with("tool", "pay")
                  .with("told", false)
                  .with("finding", "returned")
                  .with("result", "paid"));
    }

    @Test
    void an_intention_resolved_as_failed_raises_as_the_tool_would_have() {
      journal(called(intended));

      store.resolve(key, Finding.raised("no money"));

      var failed = new Effect.Result.Raised("ToolError", "pay: no money");
      assertThat(store.journal(ROOT, 0, 0)).containsExactly(called(failed));
      assertThat(resolution().text("error")).hasValue("no money");
    }

    @Test
    void an_intention_that_was_not_made_is_forgotten() {
      journal(called(intended));

      store.resolve(key, Finding.notMade());

      assertThat(store.journal(ROOT, 0, 0)).isEmpty();
      assertThat(resolution().text("finding")).hasValue("not_made");
      assertUnresolvable("there is none");
    }

    @Test
    void what_the_code_was_told_is_unknown_stays_so_for_a_replay() {
      journal(called(told));

      store.resolve(key, Finding.returned("paid"));

      assertThat(store.journal(ROOT, 0, 0))
          .containsExactly(called(new Effect.Result.Unknown(arguments, Finding.returned("paid"))));
      assertThat(store.unknownEffects(null, null, 10)).isEmpty();
      assertThat(resolution().get("told")).hasValue(new Json.Bool(true));
    }

    @Test
    void an_effect_is_resolved_once() {
      journal(called(intended));
      store.resolve(key, Finding.returned("paid"));

      assertUnresolvable("its outcome is known");
      assertThat(kinds(ROOT)).containsOnlyOnce(Entry.Kind.EFFECT_RESOLVED);
    }

    @Test
    void a_call_that_may_be_under_way_is_not_resolved() {
      hold(called(intended));
      assertUnresolvable("a worker holds the job");

      clock.advance(LEASE);
      store.resolve(key, Finding.returned("paid"));
      assertThat(store.unknownEffects(null, null, 10)).isEmpty();
    }

    @Test
    void what_the_code_was_told_of_is_resolved_while_the_job_goes_on() {
      var held = hold(called(told));

      store.resolve(key, Finding.notMade());

      assertThat(store.commit(held.then().goingOn()).leased()).isTrue();
    }

    @Test
    void a_worker_that_lost_time_has_the_last_word_on_what_it_called() {
      var held = hold(called(intended));
      clock.advance(LEASE);
      store.resolve(key, Finding.raised("no"));
      var paid = called(new Effect.Result.Returned(Value.of("paid after all")));
      store.commit(held.then(new Change.Journalled(paid)).goingOn());

      assertThat(store.journal(ROOT, 0, 0)).containsExactly(paid);
    }

    @Test
    void of_many_who_resolve_one_effect_one_does() throws Exception {
      journal(called(intended));
      Callable<Integer> resolving =
          () -> {
            try {
              store.resolve(key, Finding.returned("paid"));
              return 1;
            } catch (UnresolvableException late) {
              return 0;
            }
          };

      assertThat(atOnce(Collections.nCopies(8, resolving))).containsOnlyOnce(1);
      assertThat(kinds(ROOT)).containsOnlyOnce(Entry.Kind.EFFECT_RESOLVED);
    }

    /// A root job whose lease still runs.
    private record Held(Claim claim, Receipt receipt) {
      Stepping then(Change... changes) {
        return Stepping.after(claim, receipt, changes);
      }
    }

    /// Writes these lines for a root job whose lease still runs.
    private Held hold(Effect... effects) {
      store.submit(job(ROOT));
      var claim = claim(ROOT);
      return new Held(claim, journalled(claim, effects));
    }

    /// Writes these lines for a root job that nobody holds.
    private void journal(Effect... effects) {
      store.commit(hold(effects).then().yielding(clock.instant()));
    }

    private Receipt journalled(Claim claim, Effect... effects) {
      var changes = Stream.of(effects).map(Change.Journalled::new).toArray(Change[]::new);
      return store.commit(Stepping.by(claim, changes).goingOn());
    }

    private Effect called(Effect.Result result) {
      return at(key.slot(), result);
    }

    private Effect at(Slot slot, Effect.Result result) {
      return new Effect(slot, "pay", "digest", EffectPolicy.AT_MOST_ONCE, result);
    }

    private Json.Object resolution() {
      return store.history(ROOT, 0, 100).stream()
          .filter(entry -> entry.kind() == Entry.Kind.EFFECT_RESOLVED)
          .map(Entry::data)
          .findFirst()
          .orElseThrow();
    }

    private void assertUnresolvable(String why) {
      assertThatThrownBy(() -> store.resolve(key, Finding.returned("again")))
          .isInstanceOf(UnresolvableException.class)
          .hasMessageContaining("tree/0/2/0")
          .hasMessageContaining(why);
    }

    private static List<String> keys(List<JobEffect> effects) {
      return effects.stream().map(effect -> effect.key().text()).toList();
    }
  }

  @Nested
  class WakingUp {
    @Test
    void a_woken_parent_is_handed_out_before_the_children_it_has_created() {
      spawn(FIRST, SECOND, THIRD);
      clock.advance(Duration.ofSeconds(1));
      store.commit(Stepping.by(claim(ROOT)).awaiting(1, FIRST));
      clock.advance(Duration.ofSeconds(1));
      finish(FIRST, succeeded(1));

      assertThat(due()).containsExactly("tree", "tree.2", "tree.3");
    }

    @Test
    void jobs_are_found_together() {
      spawn(FIRST, SECOND);

      assertThat(store.find(List.of(SECOND, ROOT, SECOND, THIRD)))
          .containsExactlyInAnyOrder(
              store.find(ROOT).orElseThrow(), store.find(SECOND).orElseThrow());
      assertThat(store.find(List.of())).isEmpty();
    }
  }
}
