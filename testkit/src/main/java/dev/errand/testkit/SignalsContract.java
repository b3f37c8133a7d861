package dev.errand.testkit;

import static dev.errand.testkit.Jobs.delegated;
import static dev.errand.testkit.Jobs.ended;
import static dev.errand.testkit.Jobs.result;
import static dev.errand.testkit.Jobs.succeeded;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.Attempts;
import dev.errand.job.Callback;
import dev.errand.job.Completion;
import dev.errand.job.DuplicateSubTaskException;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.Retry;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.StaleLeaseException;
import dev.errand.job.StoppedException;
import dev.errand.job.Subtask;
import dev.errand.job.TaskError;
import dev.errand.job.UnknownJobException;
import dev.errand.job.Value;
import dev.errand.job.Wait;
import dev.errand.job.WaitCycleException;
import dev.errand.spi.Bookkeeping;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Store;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// What every [Store] promises of what reaches a job from outside its own code: moments, answers,
/// messages, the ends of subtasks when it is done, and its own end; and of who may begin.
public abstract class SignalsContract {
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final JobId ROOT = new JobId("tree");
  private static final JobId FIRST = ROOT.child(1);
  private static final JobId SECOND = ROOT.child(2);
  private static final JobDefinition MODELLED = JobDefinition.of(Jobs.MODELLED);
  private static final Json FUTURE = Json.object(Subtask.FUTURE, 1);
  private static final Json.Object HELLO = Json.object("text", "hello");

  private final ManualClock clock = ManualClock.create();
  private final Map<JobId, Claim> held = new HashMap<>();
  private Store store;

  /// For subclasses.
  protected SignalsContract() {}

  /// Opens an empty store.
  protected abstract Store open(InstantSource clock);

  @BeforeEach
  void openStore() {
    store = open(clock);
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  @Nested
  class Moments {
    @Test
    void a_wait_for_a_moment_is_over_when_it_has_come_and_not_before() {
      begin(Jobs.DEFINITION);
      suspend(Wait.until(clock.instant().plus(HOUR)));

      clock.advance(HOUR.minusMillis(1));
      assertThat(claim()).isEmpty();
      clock.advance(Duration.ofMillis(1));
      assertThat(claim()).extracting(claim -> claim.job().id()).containsExactly(ROOT);
    }

    @Test
    void the_moment_is_when_the_job_falls_due_next() {
      begin(Jobs.DEFINITION);
      var until = clock.instant().plus(HOUR);
      suspend(Wait.until(until));

      assertThat(store.nextDue()).contains(until);
      assertThat(store.busy()).isTrue();
    }

    @Test
    void a_moment_that_has_come_already_keeps_the_lease() {
      begin(Jobs.DEFINITION);
      var step = Stepping.by(hold(ROOT)).awaiting(Wait.until(clock.instant()));

      assertThat(store.commit(step).leased()).isTrue();
    }

    @Test
    void handlers_that_end_before_the_moment_end_the_wait() {
      begin(Jobs.DEFINITION, FIRST);
      suspend(new Wait(List.of(FIRST), 1, clock.instant().plus(HOUR)));
      finish(FIRST, succeeded(1));

      assertThat(claim()).extracting(claim -> claim.job().id()).containsExactly(ROOT);
    }

    @Test
    void handlers_that_end_after_the_moment_change_nothing_of_who_went_on() {
      begin(Jobs.DEFINITION, FIRST);
      var child = hold(FIRST);
      suspend(new Wait(List.of(FIRST), 1, clock.instant().plusMillis(1)));
      clock.advance(Duration.ofMillis(1));
      var claim = hold(ROOT);
      store.commit(Stepping.by(child, ended(succeeded(1))).ending());

      assertThat(claim()).isEmpty();
      assertThat(store.commit(Stepping.by(claim).goingOn()).leased()).isTrue();
    }

    @Test
    void a_wait_after_one_that_ran_out_counts_anew() {
      begin(Jobs.DEFINITION, FIRST, SECOND);
      var children = List.of(hold(FIRST), hold(SECOND));
      suspend(new Wait(List.of(FIRST, SECOND), 2, clock.instant().plusMillis(1)));
      clock.advance(Duration.ofMillis(1));
      suspend(new Wait(List.of(FIRST, SECOND), 2));
      store.commit(Stepping.by(children.getFirst(), ended(succeeded(1))).ending());
      assertThat(claim()).isEmpty();
      store.commit(Stepping.by(children.getLast(), ended(succeeded(2))).ending());

      assertThat(claim()).extracting(claim -> claim.job().id()).containsExactly(ROOT);
    }
  }

  @Nested
  class Waiting {
    @Test
    void a_job_that_waits_says_what_for() {
      begin(Jobs.DEFINITION, FIRST, SECOND);
      var until = clock.instant().plus(HOUR);
      var wait = new Wait(List.of(FIRST, SECOND), 1, until, true);
      suspend(wait);

      assertThat(store.waiting(ROOT)).contains(wait);
      assertThat(store.waiting(FIRST)).isEmpty();
      assertThat(store.waiting(new JobId("nobody"))).isEmpty();
    }

    @Test
    void only_handlers_that_have_not_ended_are_waited_for() {
      var third = ROOT.child(3);
      begin(Jobs.DEFINITION, FIRST, SECOND, third);
      suspend(new Wait(List.of(third, SECOND, FIRST), 2));
      finish(SECOND, succeeded(1));

      assertThat(store.waiting(ROOT)).contains(new Wait(List.of(FIRST, third), 1));
      finish(third, succeeded(2));
      assertThat(store.waiting(ROOT)).isEmpty();
    }

    @Test
    void who_waits_for_a_moment_only_says_until_when() {
      begin(Jobs.DEFINITION);
      var until = clock.instant().plus(HOUR);
      suspend(Wait.until(until));

      assertThat(store.waiting(ROOT)).contains(Wait.until(until));
      clock.advance(HOUR);
      assertThat(claimed()).containsExactly(ROOT);
      assertThat(store.waiting(ROOT)).isEmpty();
    }

    @Test
    void who_was_woken_by_a_message_waits_for_nothing() {
      begin(MODELLED, FIRST);
      suspend(new Wait(List.of(FIRST), 1).heedingMessages());
      store.signal(ROOT, HELLO);

      assertThat(store.waiting(ROOT)).isEmpty();
    }
  }

  @Nested
  class Callbacks {
    private final JobId callback = FIRST;

    @BeforeEach
    void ask() {
      store.submit(new NewJob(ROOT, null, Jobs.DEFINITION, "asked", null, null));
      store.commit(Stepping.by(hold(ROOT), asked(callback, "approve")).yielding(clock.instant()));
    }

    @Test
    void a_callback_is_never_handed_out() {
      assertThat(claim()).extracting(claim -> claim.job().id()).containsExactly(ROOT);
      clock.advance(HOUR);
      assertThat(claim()).extracting(claim -> claim.job().id()).containsExactly(ROOT);
    }

    @Test
    void an_answer_ends_it_and_wakes_who_waits() {
      suspend(new Wait(List.of(callback), 1));
      store.complete(callback, result("yes"));

      var answered = find(callback);
      assertThat(answered.status()).isEqualTo(JobStatus.DONE);
      assertThat(answered.outcome()).isEqualTo(succeeded("yes"));
      assertThat(Objects.requireNonNull(answered.subtask()).completion()).isEqualTo(result("yes"));
      assertThat(kinds(callback))
          .containsExactly(
              Entry.Kind.SUBTASK_SPAWNED, Entry.Kind.SUBTASK_COMPLETED, Entry.Kind.JOB_ENDED);
      assertThat(claim()).extracting(claim -> claim.job().id()).containsExactly(ROOT);
    }

    @Test
    void callbacks_are_listed_until_they_are_answered() {
      store.submit(new NewJob(new JobId("other"), null, Jobs.DEFINITION, "asked", null, null));
      var other = new JobId("other").child(1);
      var earlier = new Callback(other, "say \"when\"", clock.instant());
      store.commit(
          Stepping.by(hold(other.root()), asked(other, earlier.name())).yielding(clock.instant()));
      var here = new Callback(callback, "approve", clock.instant());

      assertThat(store.callbacks(null, null, 10)).containsExactly(earlier, here);
      assertThat(store.callbacks(null, null, 1)).containsExactly(earlier);
      assertThat(store.callbacks(null, other, 10)).containsExactly(here);
      assertThat(store.callbacks(ROOT, null, 10)).containsExactly(here);
      assertThat(store.callbacks(callback, null, 10)).isEmpty();
      store.complete(callback, result("yes"));
      assertThat(store.callbacks(ROOT, null, 10)).isEmpty();
    }

    @Test
    void subtasks_are_no_callbacks() {
      store.commit(
          Stepping.by(
                  hold(ROOT),
                  delegated(SECOND, "{\"callback\":\"x\"}"),
                  delegated(ROOT.child(3), Json.object(Subtask.FUTURE, 1)))
              .yielding(clock.instant()));

      assertThat(store.callbacks(null, null, 10)).extracting(Callback::id).containsExactly(FIRST);
    }

    @Test
    void a_second_answer_is_refused_and_the_first_stays() {
      store.complete(callback, result("yes"));

      assertThatThrownBy(() -> store.complete(callback, result("no")))
          .isInstanceOf(SignalRefusedException.class)
          .hasMessageContaining("Callback approve of job tree has ended already: COMPLETED");
      assertThat(find(callback).outcome()).isEqualTo(succeeded("yes"));
    }

    @Test
    void an_answer_may_be_an_error() {
      var error = TaskError.of(TaskError.Kind.REPORTED, "nobody is there", "");
      store.complete(callback, new Completion.Error(error));

      assertThat(find(callback).outcome()).isEqualTo(new Outcome.Failed(error));
      assertThat(kinds(callback)).contains(Entry.Kind.SUBTASK_FAILED);
    }

    @Test
    void an_answer_for_nobody_is_refused() {
      assertThatThrownBy(() -> store.complete(new JobId("nobody"), result(1)))
          .isInstanceOf(UnknownJobException.class);
      assertThatThrownBy(() -> store.complete(ROOT, result(1)))
          .isInstanceOf(SignalRefusedException.class)
          .hasMessageContaining("no handler");
    }

    @Test
    void the_application_may_complete_the_handler_of_a_job_which_goes_on() {
      store.commit(Stepping.by(hold(ROOT), delegated(SECOND, "x")).yielding(clock.instant()));
      var child = hold(SECOND);
      store.complete(SECOND, result("taken over"));
      store.commit(Stepping.by(child, ended(succeeded(1))).ending());

      assertThat(Objects.requireNonNull(find(SECOND).subtask()).completion())
          .isEqualTo(result("taken over"));
      assertThat(find(SECOND).outcome()).isEqualTo(succeeded(1));
      assertThat(kinds(SECOND)).filteredOn(kind -> kind == Entry.Kind.SUBTASK_COMPLETED).hasSize(1);
    }
  }

  @Nested
  class Cycles {
    @Test
    void a_wait_that_closes_a_cycle_is_refused_and_changes_nothing() {
      begin(Jobs.DEFINITION, FIRST, SECOND);
      var second = hold(SECOND);
      assertThat(store.commit(Stepping.by(hold(FIRST)).awaiting(1, SECOND)).leased()).isFalse();
      var closing = Stepping.by(second, Jobs.said("not said")).awaiting(1, FIRST);

      assertThatThrownBy(() -> store.commit(closing))
          .isInstanceOf(WaitCycleException.class)
          .hasMessageContaining("tree.2 waits for tree.1 waits for tree.2");
      assertThat(kinds(SECOND)).doesNotContain(Entry.Kind.MESSAGE);
      assertThat(store.commit(Stepping.by(second, ended(succeeded(1))).ending()).leased())
          .isFalse();
      assertThat(claimed()).contains(FIRST);
    }

    @Test
    void a_parent_and_a_child_that_wait_for_each_other_form_a_cycle() {
      store.submit(new NewJob(ROOT, null, Jobs.DEFINITION, "asked", null, null));
      store.commit(Stepping.by(hold(ROOT), delegated(FIRST, null)).yielding(clock.instant()));
      var below = FIRST.child(1);
      store.commit(Stepping.by(hold(FIRST), delegated(below, null)).yielding(clock.instant()));
      var child = hold(below);
      assertThat(store.commit(Stepping.by(child).awaiting(1, FIRST)).leased()).isFalse();

      assertThatThrownBy(() -> store.commit(Stepping.by(hold(FIRST)).awaiting(1, below)))
          .isInstanceOf(WaitCycleException.class)
          .hasMessageContaining("tree.1 waits for tree.1.1 waits for tree.1");
    }

    @Test
    void who_waits_for_one_of_several_is_in_no_cycle_while_one_may_end() {
      begin(Jobs.DEFINITION, FIRST, SECOND, ROOT.child(3));
      var second = hold(SECOND);
      store.commit(Stepping.by(hold(FIRST)).awaiting(1, SECOND));
      var either = Stepping.by(second).awaiting(1, FIRST, ROOT.child(3));

      assertThat(store.commit(either).leased()).isFalse();
      var closing = Stepping.by(hold(ROOT.child(3))).awaiting(2, FIRST, SECOND);
      assertThatThrownBy(() -> store.commit(closing)).isInstanceOf(WaitCycleException.class);
    }

    @Test
    void a_wait_with_a_moment_at_which_it_ends_is_in_no_cycle() {
      begin(Jobs.DEFINITION, FIRST, SECOND);
      var second = hold(SECOND);
      var until = clock.instant().plus(HOUR);
      store.commit(Stepping.by(hold(FIRST)).awaiting(new Wait(List.of(SECOND), 1, until)));

      assertThat(store.commit(Stepping.by(second).awaiting(1, FIRST)).leased()).isFalse();
    }

    @Test
    void a_job_cannot_wait_for_itself() {
      begin(Jobs.DEFINITION, FIRST);
      assertThatThrownBy(() -> store.commit(Stepping.by(hold(FIRST)).awaiting(1, FIRST)))
          .isInstanceOf(WaitCycleException.class)
          .hasMessageContaining("tree.1 waits for tree.1.");
    }
  }

  @Nested
  class Messages {
    @Test
    void a_message_is_in_the_history_and_in_the_news() {
      begin(MODELLED);
      long sequence = store.signal(ROOT, HELLO);

      assertThat(store.news(ROOT, 0, 10).messages())
          .singleElement()
          .satisfies(
              entry -> {
                assertThat(entry.kind()).isEqualTo(Entry.Kind.SIGNAL);
                assertThat(entry.sequence()).isEqualTo(sequence);
                assertThat(entry.data()).isEqualTo(HELLO);
              });
      assertThat(store.news(ROOT, sequence, 10).messages()).isEmpty();
    }

    @Test
    void a_message_wakes_who_heeds_messages() {
      begin(MODELLED, FIRST);
      suspend(new Wait(List.of(FIRST), 1).heedingMessages());
      store.signal(ROOT, HELLO);

      assertThat(claimed()).contains(ROOT);
    }

    @Test
    void a_message_leaves_others_asleep() {
      begin(MODELLED, FIRST);
      suspend(new Wait(List.of(FIRST), 1));
      store.signal(ROOT, HELLO);

      assertThat(claimed()).doesNotContain(ROOT);
    }

    @Test
    void who_was_not_told_of_a_message_does_not_fall_asleep_over_it() {
      begin(MODELLED, FIRST);
      long sequence = store.signal(ROOT, HELLO);
      var heeding = new Wait(List.of(FIRST), 1).heedingMessages();
      var claim = hold(ROOT);
      var receipt = store.commit(Stepping.by(claim).awaiting(heeding));
      assertThat(receipt.leased()).isTrue();

      var told = Progress.START.heard(sequence);
      assertThat(store.commit(Stepping.after(claim, receipt).at(told).awaiting(heeding)).leased())
          .isFalse();
    }

    @Test
    void a_message_revives_a_job_that_is_done_and_has_a_model() {
      begin(MODELLED);
      var within = new Progress(3, true, 2, 7, 0, 0);
      store.commit(Stepping.by(hold(ROOT), ended(succeeded(1))).at(within).ending());
      store.signal(ROOT, HELLO);

      assertThat(find(ROOT).status()).isEqualTo(JobStatus.STARTED);
      assertThat(find(ROOT).outcome()).isNull();
      assertThat(find(ROOT).progress()).isEqualTo(new Progress(4, false, 0, 0, 0, 0));
      assertThat(kinds(ROOT)).endsWith(Entry.Kind.SIGNAL, Entry.Kind.JOB_REVIVED);
      assertThat(claimed()).containsExactly(ROOT);
    }

    @Test
    void a_message_to_a_job_that_has_no_model_is_refused() {
      begin(Jobs.DEFINITION);
      assertUnheard();
      finish(ROOT, succeeded(1));
      assertUnheard();
    }

    private void assertUnheard() {
      assertThatThrownBy(() -> store.signal(ROOT, HELLO))
          .isInstanceOf(SignalRefusedException.class)
          .hasMessageContaining("no model");
      assertThat(kinds(ROOT)).doesNotContain(Entry.Kind.SIGNAL);
    }

    @Test
    void a_cancelled_job_stays_cancelled() {
      begin(MODELLED, FIRST);
      var child = hold(FIRST);
      finish(ROOT, new Outcome.Cancelled("enough"));
      store.commit(Stepping.by(child, ended(succeeded(1))).ending());

      assertThatThrownBy(() -> store.signal(ROOT, HELLO))
          .isInstanceOf(SignalRefusedException.class)
          .hasMessageContaining("cancelled");
      assertThat(find(ROOT).status()).isEqualTo(JobStatus.DONE);
      assertThat(claimed()).isEmpty();
    }

    @Test
    void a_message_to_nobody_is_refused() {
      assertThatThrownBy(() -> store.signal(new JobId("nobody"), HELLO))
          .isInstanceOf(UnknownJobException.class);
    }
  }

  @Nested
  class FirstMessages {
    @Test
    void a_job_may_begin_with_a_message() {
      store.submit(new NewJob(ROOT, null, MODELLED, "asked", null, null, "hello"));

      assertThat(kinds(ROOT)).containsExactly(Entry.Kind.JOB_CREATED, Entry.Kind.SIGNAL);
      assertThat(texts(store.news(ROOT, 0, 10))).containsExactly("hello");
    }

    @Test
    void so_may_a_child_and_its_creation_again_says_nothing_twice() {
      begin(Jobs.DEFINITION);
      var child = new NewJob(FIRST, null, MODELLED, "asked", null, null, "hello");
      var parent = hold(ROOT);
      var receipt = store.commit(Stepping.by(parent, new Change.Created(child)).goingOn());
      store.commit(Stepping.after(parent, receipt, new Change.Created(child)).goingOn());

      assertThat(kinds(FIRST)).containsExactly(Entry.Kind.JOB_CREATED, Entry.Kind.SIGNAL);
      assertThat(texts(store.news(FIRST, 0, 10))).containsExactly("hello");
    }
  }

  /// Children of which the exit value is awaited.
  @Nested
  class Futures {
    @Test
    void the_exit_value_of_a_future_is_its_result() {
      begin(MODELLED);
      awaitAsFuture(new Change.Created(future(FIRST)));
      finish(FIRST, succeeded(7));

      assertThat(completion(FIRST)).isEqualTo(result(7));
      assertThat(kinds(FIRST))
          .containsExactly(
              Entry.Kind.SUBTASK_SPAWNED, Entry.Kind.JOB_ENDED, Entry.Kind.SUBTASK_COMPLETED);
    }

    @Test
    void a_future_that_fails_has_the_error() {
      begin(MODELLED);
      awaitAsFuture(new Change.Created(future(FIRST)));
      var outcome = new Outcome.Failed(TaskError.of(TaskError.Kind.EXCEPTION, "boom", ""));
      finish(FIRST, outcome);

      assertThat(completion(FIRST)).isEqualTo(Completion.ofUncompleted(outcome));
      assertThat(kinds(FIRST)).endsWith(Entry.Kind.SUBTASK_FAILED);
    }

    @Test
    void its_end_wakes_who_waits_and_is_no_news() {
      begin(MODELLED);
      awaitAsFuture(new Change.Created(future(FIRST)));
      suspend(new Wait(List.of(FIRST), 1));
      finish(FIRST, succeeded(7));

      assertThat(claimed()).containsExactly(ROOT);
      assertThat(store.news(ROOT, 0, 10).ended()).isEmpty();
    }

    @Test
    void its_end_does_not_revive_its_parent() {
      begin(MODELLED);
      awaitAsFuture(new Change.Created(future(FIRST)));
      var child = hold(FIRST);
      finish(ROOT, succeeded("done"));
      store.commit(Stepping.by(child, ended(succeeded(7))).ending());

      assertThat(find(ROOT).status()).isEqualTo(JobStatus.DONE);
    }

    @Test
    void a_job_may_become_a_future_after_its_end() {
      begin(MODELLED);
      awaitAsFuture(Jobs.created(FIRST));
      finish(FIRST, succeeded(7));
      awaitAsFuture(new Change.Attached(FIRST, FUTURE));

      assertThat(completion(FIRST)).isEqualTo(result(7));
      assertThat(store.news(ROOT, 0, 10).ended()).isEmpty();
    }

    private void awaitAsFuture(Change change) {
      store.commit(Stepping.by(hold(ROOT), change).yielding(clock.instant()));
      held.clear();
    }

    private NewJob future(JobId id) {
      return new NewJob(id, null, Jobs.DEFINITION, "asked", Subtask.open(FUTURE), null);
    }

    private Completion completion(JobId id) {
      return Objects.requireNonNull(Objects.requireNonNull(find(id).subtask()).completion());
    }
  }

  @Nested
  class EndsOfSubtasks {
    @Test
    void the_end_of_a_subtask_revives_its_parent() {
      begin(MODELLED, FIRST);
      var child = hold(FIRST);
      finish(ROOT, succeeded("waiting to hear"));
      assertThat(find(ROOT).status()).isEqualTo(JobStatus.DONE);
      store.commit(Stepping.by(child, ended(succeeded(1))).ending());

      assertThat(find(ROOT).status()).isEqualTo(JobStatus.STARTED);
      assertThat(find(ROOT).outcome()).isNull();
      assertThat(claimed()).containsExactly(ROOT);
      assertThat(store.news(ROOT, 0, 10).ended()).extracting(JobRecord::id).containsExactly(FIRST);
    }

    @Test
    void a_parent_that_ends_untold_goes_on() {
      begin(MODELLED, FIRST);
      var parent = hold(ROOT);
      finish(FIRST, succeeded(1));
      store.commit(Stepping.by(parent, ended(succeeded("done"))).ending());

      assertThat(find(ROOT).status()).isEqualTo(JobStatus.STARTED);
      assertThat(kinds(ROOT)).endsWith(Entry.Kind.JOB_ENDED, Entry.Kind.JOB_REVIVED);
    }

    @Test
    void a_parent_with_a_message_goes_on_also_if_its_last_step_stops_a_subtask() {
      begin(MODELLED, FIRST);
      var parent = hold(ROOT);
      store.signal(ROOT, HELLO);
      var stop = new Change.Stopped(FIRST, new Outcome.Cancelled("stop"), Duration.ofMinutes(1));
      store.commit(Stepping.by(parent, stop, ended(succeeded("done"))).ending());

      assertThat(find(ROOT).status()).isEqualTo(JobStatus.STARTED);
      assertThat(claimed()).containsExactly(ROOT);
    }

    @Test
    void a_parent_ends_before_it_is_revived_for_what_the_same_step_told_it() {
      begin(MODELLED);
      var unheard = new Change.Created(Jobs.job(FIRST));
      store.commit(Stepping.by(hold(ROOT), unheard).yielding(clock.instant()));
      held.clear();
      finish(FIRST, succeeded(1));
      var heard = new Change.Attached(FIRST, Json.of("first"));
      store.commit(Stepping.by(hold(ROOT), heard, ended(succeeded("done"))).ending());

      assertThat(kinds(ROOT)).endsWith(Entry.Kind.JOB_ENDED, Entry.Kind.JOB_REVIVED);
    }

    @Test
    void an_id_that_a_step_gives_to_a_child_is_taken_for_those_that_it_creates() {
      begin(MODELLED);
      var unheard = new Change.Created(Jobs.job(FIRST));
      store.commit(Stepping.by(hold(ROOT), unheard).yielding(clock.instant()));
      held.clear();
      var heard = new Change.Attached(FIRST, Json.of("x"));
      var step = Stepping.by(hold(ROOT), heard, delegated(SECOND, "x")).goingOn();

      assertThatThrownBy(() -> store.commit(step)).isInstanceOf(DuplicateSubTaskException.class);
      assertThat(store.find(SECOND)).isEmpty();
    }

    @Test
    void a_parent_that_was_told_or_given_the_outcome_stays_done() {
      begin(MODELLED, FIRST, SECOND);
      finish(FIRST, succeeded(1));
      finish(SECOND, succeeded(2));
      long told = Objects.requireNonNull(find(FIRST).subtask()).told();
      store.commit(
          Stepping.by(hold(ROOT), new Change.Given(List.of(SECOND)), ended(succeeded("done")))
              .at(Progress.START.heard(told))
              .ending());

      assertThat(find(ROOT).status()).isEqualTo(JobStatus.DONE);
      assertThat(store.news(ROOT, 0, 10).ended()).extracting(JobRecord::id).containsExactly(FIRST);
    }

    @Test
    void a_parent_without_a_model_stays_done() {
      begin(Jobs.DEFINITION, FIRST);
      finish(ROOT, succeeded(1));
      finish(FIRST, succeeded(1));

      assertThat(find(ROOT).status()).isEqualTo(JobStatus.DONE);
      assertThat(claimed()).isEmpty();
    }

    @Test
    void a_parent_that_reached_a_limit_is_not_revived_by_its_children() {
      begin(MODELLED, FIRST);
      var child = hold(FIRST);
      finish(ROOT, new Outcome.Failed(TaskError.of(TaskError.Kind.LIMIT, "too many turns", "")));
      store.commit(Stepping.by(child, ended(succeeded(1))).ending());
      assertThat(find(ROOT).status()).isEqualTo(JobStatus.DONE);

      store.signal(ROOT, HELLO);
      assertThat(find(ROOT).status()).isEqualTo(JobStatus.STARTED);
    }

    @Test
    void a_parent_that_reaches_a_limit_untold_goes_on_for_a_message_only() {
      begin(MODELLED, FIRST);
      var parent = hold(ROOT);
      finish(FIRST, succeeded(1));
      var limit = new Outcome.Failed(TaskError.of(TaskError.Kind.LIMIT, "too many turns", ""));
      store.commit(Stepping.by(parent, ended(limit)).ending());
      assertThat(find(ROOT).status()).isEqualTo(JobStatus.DONE);

      store.signal(ROOT, HELLO);
      parent = hold(ROOT);
      store.signal(ROOT, HELLO);
      store.commit(Stepping.by(parent, ended(limit)).ending());
      assertThat(find(ROOT).status()).isEqualTo(JobStatus.STARTED);
    }

    @Test
    void news_comes_page_by_page_in_the_order_in_which_it_happened() {
      begin(MODELLED, FIRST, SECOND);
      store.signal(ROOT, Json.object("text", "one"));
      finish(FIRST, succeeded(1));
      store.signal(ROOT, Json.object("text", "two"));
      finish(SECOND, succeeded(2));
      store.signal(ROOT, Json.object("text", "three"));

      var page = store.news(ROOT, 0, 1);
      assertThat(page.ended()).extracting(JobRecord::id).containsExactly(FIRST);
      assertThat(texts(page)).containsExactly("one");
      var rest = store.news(ROOT, Objects.requireNonNull(find(FIRST).subtask()).told(), 10);
      assertThat(rest.ended()).extracting(JobRecord::id).containsExactly(SECOND);
      assertThat(texts(rest)).containsExactly("two", "three");
    }
  }

  /// What a job tells those below it, and what they report.
  @Nested
  class Talk {
    @Test
    void a_job_tells_one_below_it_with_a_step_which_says_where_the_message_stands() {
      beginWithModelledChild();
      var told = new Change.Told(FIRST, HELLO, true);
      var receipt = store.commit(Stepping.by(hold(ROOT), told).goingOn());

      assertThat(texts(store.news(FIRST, 0, 10))).containsExactly("hello");
      assertThat(receipt.told())
          .containsExactly(store.news(FIRST, 0, 10).messages().getLast().sequence());
    }

    @Test
    void a_message_to_one_that_is_done_revives_it_or_the_step_is_refused() {
      beginWithModelledChild();
      var parent = hold(ROOT);
      finish(FIRST, succeeded(1));
      var gently = Stepping.by(parent, new Change.Told(FIRST, HELLO, false)).goingOn();
      assertThatThrownBy(() -> store.commit(gently)).isInstanceOf(SignalRefusedException.class);
      assertThat(find(FIRST).status()).isEqualTo(JobStatus.DONE);
      store.commit(Stepping.by(parent, new Change.Told(FIRST, HELLO, true)).goingOn());

      assertThat(find(FIRST).status()).isEqualTo(JobStatus.STARTED);
    }

    @Test
    void a_job_tells_nobody_but_those_below_it() {
      begin(MODELLED);
      for (var stranger : List.of(ROOT, new JobId("stranger"))) {
        var step = Stepping.by(hold(ROOT), new Change.Told(stranger, HELLO, true)).goingOn();
        assertThatThrownBy(() -> store.commit(step)).isInstanceOf(IllegalArgumentException.class);
      }
    }

    @Test
    void of_what_a_child_reports_the_last_is_news_until_it_ends() {
      begin(MODELLED, FIRST, SECOND);
      report(FIRST, "one");
      report(SECOND, "other");
      report(FIRST, "two");
      var news = store.news(ROOT, 0, 10);
      assertThat(reports(news)).containsExactly("other", "two");
      assertThat(reports(store.news(ROOT, news.progress().getLast().sequence(), 10))).isEmpty();

      finish(FIRST, succeeded(1));
      assertThat(reports(store.news(ROOT, 0, 10))).containsExactly("other");
      assertThat(store.busy()).isTrue();
    }

    @Test
    void a_message_to_a_job_that_supervises_attempts_is_for_the_last_and_those_that_follow() {
      supervise(MODELLED);
      store.signal(FIRST, HELLO);
      attempt(1);
      long place = store.signal(FIRST, Json.object("text", "again"));
      finish(FIRST.child(1), FAILED);
      store.signal(FIRST, Json.object("text", "between"));
      attempt(2);

      assertThat(texts(store.news(FIRST.child(1), 0, 10))).containsExactly("hello", "again");
      assertThat(texts(store.news(FIRST.child(2), 0, 10)))
          .containsExactly("hello", "again", "between");
      assertThat(store.history(FIRST, place - 1, 1).getFirst().kind()).isEqualTo(Entry.Kind.SIGNAL);
    }

    @Test
    void a_message_to_a_job_that_has_supervised_revives_its_last_attempt() {
      supervise(MODELLED);
      attempt(1);
      finish(FIRST.child(1), FAILED);
      finish(FIRST, FAILED);
      store.signal(FIRST, HELLO);

      assertThat(find(FIRST).status()).isEqualTo(JobStatus.DONE);
      assertThat(find(FIRST.child(1)).status()).isEqualTo(JobStatus.STARTED);
    }

    @Test
    void a_message_to_a_job_that_supervises_what_has_no_model_is_refused() {
      supervise(Jobs.DEFINITION);
      attempt(1);

      assertThatThrownBy(() -> store.signal(FIRST, HELLO))
          .isInstanceOf(SignalRefusedException.class)
          .hasMessageContaining("no model");
      assertThat(kinds(FIRST)).doesNotContain(Entry.Kind.SIGNAL);
    }

    @Test
    void what_an_attempt_reports_is_news_for_the_parent_of_who_supervises_it() {
      supervise(Jobs.DEFINITION);
      attempt(1);
      report(FIRST.child(1), "half");
      assertThat(reports(store.news(ROOT, 0, 10))).containsExactly("half");

      finish(FIRST.child(1), FAILED);
      assertThat(reports(store.news(ROOT, 0, 10))).isEmpty();
    }

    private static final Outcome FAILED =
        new Outcome.Failed(TaskError.of(TaskError.Kind.EXCEPTION, "no", ""));

    /// Begins with a child that supervises attempts at this.
    private void supervise(JobDefinition work) {
      begin(MODELLED);
      var attempts = new Attempts(Retry.attempts(2), work, null);
      var handler = Subtask.open(Json.Null.VALUE);
      create(
          ROOT,
          new NewJob(FIRST, null, JobDefinition.supervising(attempts), "asked", handler, null));
    }

    private void attempt(int number) {
      var work =
          store.definition(find(FIRST).definition()).orElseThrow().attempts().orElseThrow().work();
      var handler = Subtask.open(Subtask.attemptId(number, 2, false));
      create(FIRST, new NewJob(FIRST.child(number), null, work, "asked", handler, null));
    }

    private void create(JobId by, NewJob child) {
      store.commit(Stepping.by(hold(by), new Change.Created(child)).yielding(clock.instant()));
      held.clear();
    }

    private void beginWithModelledChild() {
      begin(MODELLED);
      create(ROOT, new NewJob(FIRST, null, MODELLED, "asked", null, null));
    }

    private void report(JobId child, String text) {
      var said = new Change.Recorded(0, Entry.Kind.PROGRESS, Json.object("text", text));
      store.commit(Stepping.by(hold(child), said).yielding(clock.instant()));
      held.clear();
    }

    private List<String> reports(Store.News news) {
      return news.progress().stream()
          .map(entry -> entry.data().text("text").orElseThrow())
          .toList();
    }
  }

  /// Jobs that are to end: cancelled, or past their deadline.
  @Nested
  class Stops {
    private static final Outcome ENOUGH = new Outcome.Cancelled("enough");
    private static final Duration GRACE = Duration.ofSeconds(5);

    @Test
    void what_nobody_holds_is_ended_by_the_next_sweep_with_all_below_it() {
      begin(Jobs.DEFINITION, FIRST, SECOND);
      suspend(new Wait(List.of(FIRST), 1));

      assertThat(store.stop(ROOT, ENOUGH, GRACE)).isEqualTo(3);
      assertThat(claimed()).isEmpty();
      assertThat(store.nextDue()).isPresent();
      assertThat(store.sweep(100, GRACE)).isEqualTo(3);

      for (var id : List.of(ROOT, FIRST, SECOND)) {
        assertThat(find(id).status()).isEqualTo(JobStatus.DONE);
        assertThat(find(id).outcome()).isEqualTo(ENOUGH);
      }
      assertThat(kinds(ROOT)).endsWith(Entry.Kind.JOB_STOPPING, Entry.Kind.JOB_ENDED);
      assertThat(kinds(FIRST)).endsWith(Entry.Kind.JOB_ENDED, Entry.Kind.SUBTASK_CANCELLED);
      assertThat(claimed()).isEmpty();
      assertThat(store.nextDue()).isEmpty();
      assertThat(store.sweep(100, GRACE)).isZero();
    }

    @Test
    void a_store_is_busy_until_what_is_to_end_has_ended() {
      begin(Jobs.DEFINITION);
      store.commit(Stepping.by(hold(ROOT), asked(FIRST, "go")).awaiting(1, FIRST));
      assertThat(store.busy()).isFalse();
      store.stop(ROOT, ENOUGH, GRACE);
      assertThat(store.busy()).isTrue();
      store.sweep(100, GRACE);

      assertThat(store.busy()).isFalse();
    }

    @Test
    void a_sweep_ends_no_more_than_it_may() {
      begin(Jobs.DEFINITION, FIRST, SECOND);
      store.stop(ROOT, ENOUGH, GRACE);

      assertThat(store.sweep(2, GRACE)).isEqualTo(2);
      assertThat(store.sweep(2, GRACE)).isEqualTo(1);
    }

    @Test
    void children_of_one_step_are_ended_in_the_order_in_which_they_were_created() {
      begin(Jobs.DEFINITION);
      store.commit(
          Stepping.by(
                  hold(ROOT),
                  new Change.Created(new NewJob(FIRST, null, MODELLED, "asked", null, null)),
                  new Change.Told(FIRST, HELLO, false),
                  delegated(SECOND, null))
              .yielding(clock.instant()));
      store.stop(ROOT, ENOUGH, GRACE);
      store.sweep(100, GRACE);

      var ended =
          store.events(ROOT, 0, 100).stream()
              .filter(entry -> entry.kind() == Entry.Kind.JOB_ENDED)
              .map(Entry::job);

      assertThat(ended).containsExactly(ROOT, FIRST, SECOND);
    }

    @Test
    void who_holds_a_job_commits_nothing_but_its_end() {
      begin(Jobs.DEFINITION);
      var holder = hold(ROOT);
      store.stop(ROOT, ENOUGH, GRACE);

      var child = Stepping.by(holder, delegated(FIRST, null)).goingOn();
      assertThatThrownBy(() -> store.commit(child))
          .isInstanceOfSatisfying(
              StoppedException.class,
              refused -> assertThat(refused.stop().outcome()).isEqualTo(ENOUGH));
      var success = Stepping.by(holder, ended(succeeded(1))).ending();
      assertThatThrownBy(() -> store.commit(success)).isInstanceOf(StoppedException.class);
      assertThat(store.find(FIRST)).isEmpty();
      assertThat(store.sweep(100, GRACE)).isZero();

      store.commit(Stepping.by(holder, ended(ENOUGH)).ending());
      assertThat(find(ROOT).outcome()).isEqualTo(ENOUGH);
      assertThat(store.stopOf(ROOT)).isEmpty();
    }

    @Test
    void who_says_nothing_loses_the_job_when_the_time_is_over() {
      begin(Jobs.DEFINITION);
      var holder = hold(ROOT);
      store.stop(ROOT, ENOUGH, GRACE);
      assertThat(store.nextDue()).contains(clock.instant().plus(GRACE));
      clock.advance(GRACE);

      assertThat(store.sweep(100, GRACE)).isEqualTo(1);
      var late = Stepping.by(holder, ended(ENOUGH)).ending();
      assertThatThrownBy(() -> store.commit(late)).isInstanceOf(StaleLeaseException.class);
    }

    @Test
    void a_stop_is_there_to_be_heard_of_once() {
      begin(Jobs.DEFINITION, FIRST);
      store.stop(FIRST, ENOUGH, GRACE);
      var first = store.stops(0).getLast();
      assertThat(first.top()).isEqualTo(FIRST);
      assertThat(store.stopOf(FIRST)).contains(first);
      assertThat(store.stopOf(ROOT)).isEmpty();
      assertThat(store.stops(first.number())).isEmpty();

      assertThat(store.stop(FIRST, ENOUGH, GRACE)).isZero();
      assertThat(store.stops(first.number())).isEmpty();
    }

    @Test
    void a_shorter_time_counts_and_a_longer_one_does_not() {
      begin(Jobs.DEFINITION);
      hold(ROOT);
      store.stop(ROOT, ENOUGH, GRACE);
      assertThat(store.stop(ROOT, ENOUGH, HOUR)).isZero();
      assertThat(store.stop(ROOT, new Outcome.Cancelled("now"), Duration.ZERO)).isEqualTo(1);

      store.sweep(100, GRACE);
      assertThat(find(ROOT).outcome()).isEqualTo(new Outcome.Cancelled("now"));
    }

    @Test
    void the_parent_of_the_job_is_told_and_those_within_are_not_revived() {
      begin(MODELLED, FIRST);
      var child = hold(FIRST);
      store.commit(
          Stepping.by(
                  child, new Change.Created(modelled(FIRST.child(1))), delegated(FIRST.child(2), 1))
              .yielding(clock.instant()));
      held.clear();
      finish(FIRST.child(1), succeeded(1));
      finish(ROOT, succeeded("waiting to hear"));
      store.stop(FIRST, ENOUGH, GRACE);
      store.sweep(100, GRACE);

      assertThat(find(FIRST).outcome()).isEqualTo(ENOUGH);
      assertThat(find(FIRST.child(1)).outcome()).isEqualTo(succeeded(1));
      assertThat(find(ROOT).status()).isEqualTo(JobStatus.STARTED);
      assertThat(store.news(ROOT, 0, 10).ended()).extracting(JobRecord::id).containsExactly(FIRST);
    }

    @Test
    void a_done_job_is_not_told_of_the_ends_below_it_that_its_own_stop_brought() {
      begin(MODELLED, FIRST);
      finish(ROOT, succeeded("waiting to hear"));
      assertThat(store.stop(ROOT, ENOUGH, GRACE)).isEqualTo(1);
      store.sweep(100, GRACE);

      assertThat(find(ROOT).status()).isEqualTo(JobStatus.DONE);
      assertThat(find(FIRST).outcome()).isEqualTo(ENOUGH);
    }

    @Test
    void what_the_model_last_said_is_kept() {
      begin(MODELLED);
      var words = new Change.Recorded(0, Entry.Kind.REPLY, Json.object("text", "half of it"));
      store.commit(Stepping.by(hold(ROOT), words).yielding(clock.instant()));
      store.stop(ROOT, ENOUGH, GRACE);
      store.sweep(100, GRACE);

      assertThat(find(ROOT).outcome())
          .isEqualTo(new Outcome.Cancelled("enough", Value.of("half of it")));
    }

    @Test
    void an_answer_is_refused_when_nobody_could_read_it_any_more() {
      begin(Jobs.DEFINITION, SECOND);
      store.commit(Stepping.by(hold(ROOT), asked(FIRST, "go")).yielding(clock.instant()));
      held.clear();
      var other = hold(SECOND);
      finish(ROOT, succeeded(1));
      store.commit(Stepping.by(other, asked(SECOND.child(1), "on")).yielding(clock.instant()));
      held.clear();
      store.complete(SECOND.child(1), result(1));
      finish(SECOND, succeeded(2));

      assertThatThrownBy(() -> store.complete(FIRST, result(1)))
          .isInstanceOf(SignalRefusedException.class)
          .hasMessageContaining("Callback go of job tree is answered too late");
    }

    @Test
    void a_callback_that_nobody_answered_ends_with_its_job() {
      begin(Jobs.DEFINITION);
      store.commit(Stepping.by(hold(ROOT), asked(FIRST, "go")).yielding(clock.instant()));
      store.stop(ROOT, ENOUGH, GRACE);
      store.sweep(100, GRACE);

      assertThat(store.callbacks(null, null, 10)).isEmpty();
      assertThatThrownBy(() -> store.complete(FIRST, result(1)))
          .isInstanceOf(SignalRefusedException.class);
    }

    @Test
    void a_job_that_is_to_end_takes_no_message_and_one_that_is_done_need_not_be_asked() {
      begin(MODELLED);
      var ask = HELLO.with(Bookkeeping.STOP, "enough");
      var holder = hold(ROOT);
      store.stop(ROOT, ENOUGH, GRACE);
      assertThatThrownBy(() -> store.signal(ROOT, HELLO)).hasMessageContaining("is to end");
      store.commit(Stepping.by(holder, ended(new Outcome.TimedOut("late"))).ending());

      assertThatThrownBy(() -> store.signal(ROOT, ask)).hasMessageContaining("is done");
      store.signal(ROOT, HELLO);
      assertThat(claimed()).containsExactly(ROOT);
    }

    @Test
    void a_step_may_stop_what_is_below_its_job_and_nothing_else() {
      begin(Jobs.DEFINITION, FIRST, SECOND);
      var holder = hold(ROOT);
      var stranger = new Change.Stopped(new JobId("stranger"), ENOUGH, GRACE);
      assertThatThrownBy(() -> store.commit(Stepping.by(holder, stranger).goingOn()))
          .isInstanceOf(IllegalArgumentException.class);
      store.commit(
          Stepping.by(holder, new Change.Stopped(FIRST, ENOUGH, GRACE)).yielding(clock.instant()));
      store.sweep(100, GRACE);

      assertThat(find(FIRST).outcome()).isEqualTo(ENOUGH);
      assertThat(claimed()).containsExactlyInAnyOrder(ROOT, SECOND);
    }

    @Test
    void nobody_is_stopped_who_is_unknown_or_with_another_outcome() {
      begin(Jobs.DEFINITION);
      assertThatThrownBy(() -> store.stop(new JobId("nobody"), ENOUGH, GRACE))
          .isInstanceOf(UnknownJobException.class);
      assertThatThrownBy(() -> store.stop(ROOT, succeeded(1), GRACE))
          .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_deadline_stops_a_job_and_all_below_it() {
      store.submit(timed(ROOT, HOUR));
      store.commit(
          Stepping.by(hold(ROOT), new Change.Created(timed(FIRST, HOUR.multipliedBy(2))))
              .awaiting(1, FIRST));
      held.clear();
      var deadline = clock.instant().plus(HOUR);
      assertThat(find(FIRST).origin().deadline()).isEqualTo(deadline);
      assertThat(store.sweep(100, GRACE)).isZero();
      clock.advance(HOUR.minusMillis(1));
      assertThat(store.nextDue()).isPresent();
      var child = hold(FIRST);
      clock.advance(Duration.ofMillis(1));

      assertThat(store.sweep(100, GRACE)).isEqualTo(1);
      assertThat(find(ROOT).outcome()).isInstanceOf(Outcome.TimedOut.class);
      assertThatThrownBy(() -> store.commit(Stepping.by(child).goingOn()))
          .isInstanceOf(StoppedException.class);
      clock.advance(GRACE);
      assertThat(store.sweep(100, GRACE)).isEqualTo(1);
      assertThat(kinds(FIRST)).endsWith(Entry.Kind.SUBTASK_TIMED_OUT);
    }

    @Test
    void a_job_that_goes_on_after_its_deadline_has_as_long_again() {
      store.submit(new NewJob(ROOT, null, MODELLED, "asked", null, null, null, HOUR));
      clock.advance(HOUR);
      store.sweep(100, GRACE);
      store.signal(ROOT, HELLO);

      assertThat(find(ROOT).origin().deadline()).isEqualTo(clock.instant().plus(HOUR));
      assertThat(store.stopOf(ROOT)).isEmpty();
      assertThat(claimed()).containsExactly(ROOT);
    }

    private NewJob modelled(JobId id) {
      return new NewJob(id, null, MODELLED, "asked", null, null);
    }

    private NewJob timed(JobId id, Duration timeout) {
      var handler = id.parent().isPresent() ? Subtask.open(Json.Null.VALUE) : null;
      return new NewJob(id, null, Jobs.DEFINITION, "asked", handler, null, null, timeout);
    }
  }

  /// A job with only so many places for its children.
  @Nested
  class Places {
    private static final JobId THIRD = ROOT.child(3);

    @Test
    void children_begin_in_their_order_as_others_end() {
      begin(limited(Limits.DEFAULT.withChildren(1)), FIRST, SECOND, THIRD);
      suspend(new Wait(List.of(FIRST, SECOND, THIRD), 3));

      assertThat(claimed()).containsExactly(FIRST);
      clock.advance(LEASE);
      finish(FIRST, succeeded(1));
      assertThat(claimed()).containsExactly(SECOND);
      clock.advance(LEASE);
      finish(SECOND, succeeded(2));
      assertThat(claimed()).containsExactly(THIRD);
    }

    @Test
    void one_that_is_cancelled_hands_its_place_on_and_one_that_had_none_does_not() {
      begin(limited(Limits.DEFAULT.withChildren(1)), FIRST, SECOND, THIRD);
      suspend(new Wait(List.of(FIRST), 1));
      var enough = new Outcome.Cancelled("enough");
      store.stop(SECOND, enough, Duration.ZERO);
      store.sweep(100, LEASE);
      assertThat(claimed()).containsExactly(FIRST);
      store.stop(FIRST, enough, Duration.ZERO);
      store.sweep(100, LEASE);

      assertThat(claimed()).containsExactlyInAnyOrder(ROOT, THIRD);
    }

    @Test
    void a_child_that_another_than_its_parent_waits_for_begins_at_once() {
      begin(limited(Limits.DEFAULT.withChildren(1)), FIRST, SECOND);
      suspend(new Wait(List.of(FIRST), 1));
      var step = Stepping.by(hold(FIRST)).awaiting(new Wait(List.of(SECOND), 1));
      store.commit(step);

      assertThat(claimed()).containsExactly(SECOND);
    }

    @Test
    void a_child_that_goes_on_does_not_wait_for_a_place() {
      begin(limited(Limits.DEFAULT.withChildren(1)));
      var parent = hold(ROOT);
      store.commit(
          Stepping.by(
                  parent,
                  new Change.Created(new NewJob(FIRST, null, MODELLED, "asked", null, null)),
                  delegated(SECOND, null))
              .awaiting(1, SECOND));
      held.clear();
      finish(FIRST, succeeded(1));
      store.signal(FIRST, HELLO);

      assertThat(claimed()).containsExactlyInAnyOrder(FIRST, SECOND);
    }

    @Test
    void one_job_too_many_in_a_tree_has_failed_before_it_begins() {
      begin(limited(Limits.DEFAULT.withDescendants(1)), FIRST, SECOND);
      suspend(new Wait(List.of(FIRST, SECOND), 2));

      assertThat(claimed()).containsExactly(FIRST);
      assertThat(find(SECOND).outcome()).isInstanceOf(Outcome.Failed.class);
      assertThat(kinds(SECOND)).endsWith(Entry.Kind.JOB_ENDED, Entry.Kind.SUBTASK_FAILED);
    }

    private JobDefinition limited(Limits limits) {
      return JobDefinition.of(Jobs.limited(limits));
    }
  }

  private static List<String> texts(Store.News news) {
    return news.messages().stream().map(entry -> entry.data().text("text").orElseThrow()).toList();
  }

  private void begin(JobDefinition definition, JobId... children) {
    store.submit(new NewJob(ROOT, null, definition, "asked", null, null));
    var changes = Arrays.stream(children).map(child -> delegated(child, null));
    store.commit(Stepping.by(hold(ROOT), changes.toArray(Change[]::new)).yielding(clock.instant()));
    held.clear();
  }

  private static Change asked(JobId id, String name) {
    var handler = Subtask.open(Subtask.callbackId(name));
    return new Change.Created(
        new NewJob(id, null, JobDefinition.callback(name), "asked", handler, null));
  }

  /// Claims that job, and lets go of the others.
  private Claim hold(JobId id) {
    var claims = store.claim("worker", 100, LEASE);
    for (var claim : claims) {
      if (claim.job().id().equals(id)) {
        held.put(id, claim);
      } else {
        letGo(claim);
      }
    }
    return Objects.requireNonNull(held.get(id));
  }

  private void letGo(Claim claim) {
    var unchanged = Stepping.by(claim).becoming(claim.job().status()).at(claim.job().progress());
    store.commit(unchanged.yielding(clock.instant()));
  }

  private List<Claim> claim() {
    return store.claim("worker", 100, LEASE);
  }

  private List<JobId> claimed() {
    return claim().stream().map(claim -> claim.job().id()).toList();
  }

  private void suspend(Wait on) {
    assertThat(store.commit(Stepping.by(hold(ROOT)).awaiting(on)).leased()).isFalse();
    held.remove(ROOT);
  }

  private void finish(JobId id, Outcome outcome) {
    var claim = held.containsKey(id) ? held.get(id) : hold(id);
    store.commit(Stepping.by(claim, ended(outcome)).ending());
  }

  private JobRecord find(JobId id) {
    return store.find(id).orElseThrow();
  }

  private List<Entry.Kind> kinds(JobId id) {
    return store.history(id, 0, 100).stream().map(Entry::kind).toList();
  }
}
