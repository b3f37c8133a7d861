package dev.errand.testkit;

import static dev.errand.testkit.Jobs.ended;
import static dev.errand.testkit.Jobs.succeeded;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.Account;
import dev.errand.job.Account.Balance;
import dev.errand.job.Budget;
import dev.errand.job.BudgetExhaustedException;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.Subtask;
import dev.errand.job.TaskError;
import dev.errand.job.UnknownJobException;
import dev.errand.job.Usage;
import dev.errand.job.Wait;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Step;
import dev.errand.spi.Store;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What every [Store] promises of budgets: who has an account, what is set aside, spent, shared and
/// given back.
public abstract class BudgetContract {
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final JobId ROOT = new JobId("tree");
  private static final JobId FIRST = ROOT.child(1);
  private static final JobId DEEP = FIRST.child(1);
  private static final Usage CALL = new Usage(1, 6, 4, 100);
  private static final Budget COST = Budget.of(CALL);

  private final ManualClock clock = ManualClock.create();
  private final Map<JobId, Claim> claims = new HashMap<>();
  private final Map<JobId, Long> versions = new HashMap<>();
  private Store store;

  /// For subclasses.
  protected BudgetContract() {}

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

  private static NewJob job(JobId id, @Nullable Budget budget) {
    var definition = JobDefinition.of(Jobs.MODELLED);
    var handler = id.parent().isPresent() ? Subtask.open(Json.Null.VALUE) : null;
    return new NewJob(
        id, null, definition, "asked", handler, null, null, Duration.ofHours(1), budget);
  }

  private void begin(Budget budget) {
    store.submit(job(ROOT, budget));
    claim();
  }

  private void claim() {
    for (var claim : store.claim("w", 10, LEASE)) {
      claims.put(claim.job().id(), claim);
      versions.put(claim.job().id(), claim.version());
    }
  }

  private void commit(JobId id, Change... changes) {
    commit(id, new Step.Next.Continue(), changes);
  }

  private void commit(JobId id, Step.Next next, Change... changes) {
    var lease = Objects.requireNonNull(claims.get(id)).lease();
    var status = next instanceof Step.Next.End ? JobStatus.DONE : JobStatus.STARTED;
    long version = Objects.requireNonNull(versions.get(id));
    store.commit(new Step(lease, version, status, Progress.START, List.of(changes), next));
    versions.put(id, version + 1);
  }

  private void delegate(JobId child, @Nullable Budget share) {
    commit(child.parent().orElseThrow(), new Change.Created(job(child, share)));
    claim();
  }

  private void end(JobId id) {
    commit(id, new Step.Next.End(), ended(succeeded(1)));
  }

  private static Change reserved() {
    return new Change.Reserved(COST, COST);
  }

  private static Change spent() {
    return new Change.Spent(CALL);
  }

  private Balance tokens(JobId id) {
    return account(id).tokens();
  }

  private Account account(JobId id) {
    return store.accounts(id, null, 1).getFirst();
  }

  private static Balance balance(long granted, long spent, long reserved, long shared) {
    return new Balance(granted, spent, reserved, shared, 0);
  }

  @Test
  void a_root_has_what_it_was_submitted_with_and_no_more_than_its_limits_say() {
    begin(Budget.usd("2.00"));
    assertThat(account(ROOT).granted())
        .isEqualTo(new Budget(Limits.DEFAULT.budget().tokens(), 2_000_000));
    store.submit(job(new JobId("other"), null));
    assertThat(account(new JobId("other")).granted()).isEqualTo(Limits.DEFAULT.budget());
  }

  @Test
  void what_is_set_aside_is_left_no_longer_and_what_a_call_cost_takes_its_place() {
    begin(Budget.tokens(100));
    commit(ROOT, reserved());
    assertThat(tokens(ROOT)).isEqualTo(balance(100, 0, 20, 0));
    assertThat(store.find(ROOT).orElseThrow().reserved()).isEqualTo(new Budget(20, 200));
    commit(ROOT, spent());
    assertThat(tokens(ROOT)).isEqualTo(balance(100, 10, 10, 0));
    end(ROOT);
    assertThat(tokens(ROOT)).isEqualTo(balance(100, 10, 0, 0));
    assertThat(store.find(ROOT).orElseThrow().reserved()).isEqualTo(Budget.NONE);
  }

  @Test
  void to_set_aside_again_is_to_do_so_once() {
    begin(Budget.tokens(100));
    commit(ROOT, reserved());
    commit(ROOT, reserved());
    commit(ROOT, new Change.Reserved(new Budget(30, 0), COST));
    assertThat(tokens(ROOT)).isEqualTo(balance(100, 0, 40, 0));
  }

  @Test
  void a_step_that_sets_too_much_aside_is_refused_as_a_whole() {
    begin(Budget.tokens(19));
    assertThatThrownBy(() -> commit(ROOT, Jobs.said("hello"), reserved()))
        .isInstanceOf(BudgetExhaustedException.class)
        .hasMessageContaining("the budget of job tree has 19 tokens left of 19 tokens")
        .hasMessageContaining("20 tokens are needed");
    assertThat(tokens(ROOT)).isEqualTo(balance(19, 0, 0, 0));
    assertThat(store.history(ROOT, 0, 10))
        .extracting(Entry::kind)
        .containsExactly(Entry.Kind.JOB_CREATED);
    commit(ROOT, new Change.Reserved(COST, Budget.NONE));
  }

  @Test
  void nothing_is_set_aside_of_nothing() {
    begin(Budget.tokens(0));
    assertThatThrownBy(() -> commit(ROOT, new Change.Reserved(Budget.NONE, Budget.NONE)))
        .isInstanceOf(BudgetExhaustedException.class);
  }

  @Test
  void a_last_call_has_what_was_set_aside_for_it_once() {
    begin(Budget.tokens(20));
    assertThatThrownBy(() -> commit(ROOT, new Change.LastCall()))
        .isInstanceOf(BudgetExhaustedException.class);
    commit(ROOT, reserved());
    commit(ROOT, spent());
    assertThatThrownBy(() -> commit(ROOT, reserved())).isInstanceOf(BudgetExhaustedException.class);
    commit(ROOT, new Change.LastCall());
    commit(ROOT, spent());
    assertThat(tokens(ROOT)).isEqualTo(balance(20, 20, 0, 0));
    assertThatThrownBy(() -> commit(ROOT, new Change.LastCall()))
        .isInstanceOf(BudgetExhaustedException.class);
  }

  @Test
  void a_call_that_costs_more_than_was_thought_is_spent_all_the_same() {
    begin(Budget.tokens(20));
    commit(ROOT, reserved());
    commit(ROOT, new Change.Spent(new Usage(1, 40, 0, 0)));
    assertThat(tokens(ROOT)).isEqualTo(balance(20, 40, 10, 0));
    assertThat(tokens(ROOT).left()).isNegative();
    assertThatThrownBy(() -> commit(ROOT, new Change.LastCall()))
        .isInstanceOf(BudgetExhaustedException.class)
        .hasMessageContaining("the budget of job tree is overdrawn by 30 tokens");
  }

  @Test
  void a_child_without_a_share_draws_on_the_account_above() {
    begin(Budget.tokens(100));
    delegate(FIRST, null);
    delegate(DEEP, null);
    commit(DEEP, reserved());
    commit(FIRST, reserved());
    commit(DEEP, spent());
    assertThat(store.accounts(ROOT, null, 10)).hasSize(1);
    assertThat(tokens(ROOT)).isEqualTo(balance(100, 10, 30, 0));
    assertThatThrownBy(() -> commit(ROOT, new Change.Reserved(new Budget(61, 0), Budget.NONE)))
        .isInstanceOf(BudgetExhaustedException.class);
    end(DEEP);
    end(FIRST);
    assertThat(tokens(ROOT)).isEqualTo(balance(100, 10, 0, 0));
  }

  @Test
  void a_share_is_taken_out_and_what_is_left_of_it_goes_back() {
    begin(new Budget(100, 10_000));
    delegate(FIRST, new Budget(40, 4_000));
    delegate(DEEP, null);
    assertThat(tokens(ROOT)).isEqualTo(balance(100, 0, 0, 40));
    commit(DEEP, reserved());
    commit(DEEP, spent());
    assertThat(tokens(FIRST)).isEqualTo(balance(40, 10, 10, 0));
    end(DEEP);
    end(FIRST);
    assertThat(account(FIRST).isOpen()).isFalse();
    assertThat(tokens(FIRST)).isEqualTo(new Balance(40, 10, 0, 0, 30));
    assertThat(account(FIRST).microUsd()).isEqualTo(new Balance(4_000, 100, 0, 0, 3_900));
    assertThat(tokens(ROOT)).isEqualTo(balance(100, 10, 0, 0));
  }

  @Test
  void a_share_of_one_kind_leaves_the_other_to_the_account_above() {
    begin(new Budget(100, 10_000));
    delegate(FIRST, Budget.usd("0.001"));
    commit(FIRST, reserved());
    assertThat(tokens(ROOT)).isEqualTo(balance(100, 0, 20, 0));
    assertThat(account(ROOT).microUsd()).isEqualTo(balance(10_000, 0, 0, 1_000));
    assertThat(account(FIRST).microUsd()).isEqualTo(balance(1_000, 0, 200, 0));
    assertThat(tokens(FIRST).isBounded()).isFalse();
    commit(FIRST, spent());
    end(FIRST);
    assertThat(tokens(ROOT)).isEqualTo(balance(100, 10, 0, 0));
    assertThat(account(ROOT).microUsd()).isEqualTo(balance(10_000, 100, 0, 0));
  }

  @Test
  void a_child_whose_share_is_more_than_is_left_ends_before_it_begins() {
    begin(Budget.tokens(100));
    delegate(FIRST, Budget.tokens(101));
    var child = store.find(FIRST).orElseThrow();
    assertThat(child.outcome())
        .isInstanceOfSatisfying(
            Outcome.BudgetExhausted.class,
            exhausted -> assertThat(exhausted.reason()).contains("was to have 101 tokens of it"));
    assertThat(Objects.requireNonNull(child.subtask()).completion()).isNotNull();
    assertThat(store.accounts(FIRST, null, 10)).isEmpty();
    assertThat(tokens(ROOT)).isEqualTo(balance(100, 0, 0, 0));
    delegate(ROOT.child(2), Budget.tokens(100));
    assertThat(tokens(ROOT).left()).isZero();
  }

  @Test
  void what_is_at_work_below_a_share_that_is_closed_draws_on_the_account_above() {
    begin(Budget.tokens(1000));
    delegate(FIRST, Budget.tokens(100));
    delegate(DEEP, Budget.tokens(50));
    delegate(FIRST.child(2), null);
    commit(DEEP, reserved());
    commit(FIRST.child(2), reserved());
    end(FIRST);
    assertThat(tokens(ROOT)).isEqualTo(balance(1000, 0, 20, 50));
    commit(FIRST.child(2), spent());
    commit(DEEP, spent());
    assertThat(tokens(ROOT)).isEqualTo(balance(1000, 10, 10, 50));
    end(DEEP);
    end(FIRST.child(2));
    assertThat(tokens(ROOT)).isEqualTo(balance(1000, 20, 0, 0));
  }

  @Test
  void a_job_that_is_ended_from_outside_gives_back_what_it_had() {
    begin(Budget.tokens(1000));
    delegate(FIRST, Budget.tokens(100));
    commit(FIRST, reserved());
    commit(FIRST, spent());
    store.stop(FIRST, new Outcome.Cancelled("enough"), Duration.ZERO);
    clock.advance(Duration.ofMillis(1));
    assertThat(store.sweep(10, Duration.ZERO)).isEqualTo(1);
    assertThat(tokens(ROOT)).isEqualTo(balance(1000, 10, 0, 0));
    assertThat(store.find(FIRST).orElseThrow().reserved()).isEqualTo(Budget.NONE);
  }

  @Test
  void a_job_that_goes_on_after_its_share_was_closed_draws_on_the_account_above() {
    begin(Budget.tokens(1000));
    delegate(FIRST, Budget.tokens(100));
    end(FIRST);
    store.signal(FIRST, Json.object("text", "go on"));
    claim();
    commit(FIRST, reserved());
    assertThat(tokens(ROOT)).isEqualTo(balance(1000, 0, 20, 0));
    assertThat(account(FIRST).isOpen()).isFalse();
  }

  @Test
  void more_is_granted_to_a_root_and_out_of_what_is_left_to_a_share() {
    begin(new Budget(100, 1_000));
    delegate(FIRST, Budget.tokens(40));
    store.grant(ROOT, new Budget(10, 500));
    store.grant(FIRST, Budget.tokens(60));
    assertThat(tokens(ROOT)).isEqualTo(balance(110, 0, 0, 100));
    assertThat(account(ROOT).microUsd().granted()).isEqualTo(1_500);
    assertThat(tokens(FIRST)).isEqualTo(balance(100, 0, 0, 0));

    assertThatThrownBy(() -> store.grant(FIRST, Budget.tokens(11)))
        .isInstanceOf(BudgetExhaustedException.class);
    assertThatThrownBy(() -> store.grant(FIRST, Budget.usd("0.0001")))
        .hasMessageContaining("job tree.1 has no budget of its own to grant $0.0001 to");
    assertThatThrownBy(() -> store.grant(new JobId("none"), Budget.tokens(11)))
        .isInstanceOf(UnknownJobException.class);
    assertThat(tokens(ROOT)).isEqualTo(balance(110, 0, 0, 100));
  }

  @Test
  void a_fork_has_what_was_granted_and_has_spent_nothing() {
    begin(Budget.tokens(100));
    commit(ROOT, reserved());
    commit(ROOT, spent());
    finishTurn(ROOT);
    store.fork(ROOT, 0, new JobId("fork"));
    assertThat(tokens(new JobId("fork"))).isEqualTo(balance(100, 0, 0, 0));
  }

  @Test
  void a_fork_of_a_child_whose_share_is_of_one_kind_has_of_the_other_what_is_granted_above() {
    begin(Budget.tokens(100));
    delegate(FIRST, Budget.usd("0.001"));
    finishTurn(FIRST);
    store.fork(FIRST, 0, new JobId("fork"));
    assertThat(account(new JobId("fork")).granted()).isEqualTo(new Budget(100, 1_000));
  }

  private void finishTurn(JobId id) {
    var progress = Progress.START.finished(0);
    var lease = Objects.requireNonNull(claims.get(id)).lease();
    store.commit(
        new Step(
            lease,
            Objects.requireNonNull(versions.get(id)),
            JobStatus.STARTED,
            progress,
            List.of(),
            new Step.Next.Continue()));
  }

  @Test
  void accounts_come_in_pages_in_the_order_of_ids() {
    begin(Budget.tokens(100));
    delegate(FIRST, Budget.tokens(10));
    delegate(DEEP, Budget.tokens(5));
    delegate(ROOT.child(2), Budget.tokens(10));
    store.submit(job(new JobId("tree2"), null));
    assertThat(store.accounts(ROOT, null, 2)).extracting(Account::job).containsExactly(ROOT, FIRST);
    assertThat(store.accounts(ROOT, FIRST, 10))
        .extracting(Account::job)
        .containsExactly(DEEP, ROOT.child(2));
    assertThat(store.accounts(FIRST, null, 10))
        .extracting(Account::job)
        .containsExactly(FIRST, DEEP);
  }

  @Test
  void a_job_that_waits_keeps_what_is_for_its_last_call() {
    begin(Budget.tokens(100));
    delegate(FIRST, null);
    commit(ROOT, reserved());
    commit(ROOT, new Step.Next.Await(new Wait(List.of(FIRST), 1, null, false)));
    assertThat(tokens(ROOT)).isEqualTo(balance(100, 0, 10, 0));
    assertThat(store.find(ROOT).orElseThrow().reserved()).isEqualTo(COST);
    end(FIRST);
    claim();
    commit(ROOT, new Change.LastCall());
    commit(ROOT, spent());
    assertThat(tokens(ROOT)).isEqualTo(balance(100, 10, 0, 0));
  }

  @Test
  void a_failure_gives_back_what_was_set_aside() {
    begin(Budget.tokens(100));
    commit(ROOT, reserved());
    var failed = new Outcome.Failed(TaskError.of(TaskError.Kind.MODEL, "no answer", ""));
    commit(ROOT, new Step.Next.End(), ended(failed));
    assertThat(tokens(ROOT)).isEqualTo(balance(100, 0, 0, 0));
  }
}
