package dev.errand.verification.workers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Account;
import dev.errand.job.Budget;
import dev.errand.job.Completion;
import dev.errand.job.Effect;
import dev.errand.job.EffectKey;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.JobEffect;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.Slot;
import dev.errand.job.Subtask;
import dev.errand.job.Usage;
import dev.errand.job.Value;
import dev.errand.verification.workers.Breach.Promise;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// A judge is worth what it finds: each kind of breach, put into a history without one.
class HistoryCheckerTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final JobId ROOT = new JobId("root");
  private static final JobId CHILD = ROOT.child(1);
  private static final EffectKey ONCE = new EffectKey(CHILD, new Slot(0, 0, 0));
  private static final EffectKey AGAIN = new EffectKey(CHILD, new Slot(0, 0, 1));
  private static final Usage ONE_CALL = new Usage(1, 6, 4, 100);

  private final List<Operation> operations = new ArrayList<>();
  private final List<JobRecord> jobs = new ArrayList<>();
  private final List<Entry> entries = new ArrayList<>();
  private final List<JobEffect> effects = new ArrayList<>();
  private final List<Account> accounts = new ArrayList<>();
  private final Set<JobId> waiting = new HashSet<>();

  /// A root with a model was submitted, began a child that made two effects, was told of its end,
  /// ended, was revived by a message, answered it and ended again.
  HistoryCheckerTest() {
    operations.add(new Operation.Submitted("key", ROOT, Json.of("heard")));
    operations.add(new Operation.Made("once", ONCE.text(), "w1"));
    operations.add(new Operation.Made("again", AGAIN.text(), "w1"));
    operations.add(new Operation.Made("again", AGAIN.text(), "w2"));
    operations.add(new Operation.Sending(ROOT, "hello"));
    entry(ROOT, Entry.Kind.JOB_CREATED, Json.Object.EMPTY);
    entry(ROOT, Entry.Kind.REPLY, Json.Object.EMPTY);
    entry(CHILD, Entry.Kind.SUBTASK_SPAWNED, Json.Object.EMPTY);
    entry(CHILD, Entry.Kind.TOOL, Json.object("key", ONCE.text()));
    entry(CHILD, Entry.Kind.TOOL, Json.object("key", AGAIN.text()));
    entry(CHILD, Entry.Kind.SUBTASK_COMPLETED, Json.Object.EMPTY);
    long told = entries.size();
    entry(CHILD, Entry.Kind.JOB_ENDED, Json.Object.EMPTY);
    entry(ROOT, Entry.Kind.NOTIFICATION, Json.object("jobs", List.of(CHILD.text())));
    entry(ROOT, Entry.Kind.JOB_ENDED, Json.Object.EMPTY);
    entry(ROOT, Entry.Kind.SIGNAL, Json.object("text", "hello"));
    operations.add(new Operation.Sent(ROOT, "hello", entries.size()));
    entry(ROOT, Entry.Kind.JOB_REVIVED, Json.Object.EMPTY);
    entry(ROOT, Entry.Kind.MESSAGE, Json.object("text", "hello"));
    entry(ROOT, Entry.Kind.REPLY, Json.Object.EMPTY);
    entry(ROOT, Entry.Kind.JOB_ENDED, Json.Object.EMPTY);
    jobs.add(
        new JobRecord(
            ROOT,
            new JobRecord.Origin("key", "", "chat", NOW, null),
            "",
            JobStatus.DONE,
            Progress.START,
            null,
            succeeded("heard"),
            ONE_CALL.plus(ONE_CALL),
            Budget.NONE));
    jobs.add(
        new JobRecord(
            CHILD,
            new JobRecord.Origin(null, "", "square", NOW, null),
            "",
            JobStatus.DONE,
            Progress.START,
            new Subtask(Json.of("n"), new Completion.Result(Value.of(1)), told),
            succeeded(1),
            Usage.NONE,
            Budget.NONE));
    effects.add(effect(ONCE, "once", EffectPolicy.AT_MOST_ONCE, returned()));
    effects.add(effect(AGAIN, "again", EffectPolicy.IDEMPOTENT, returned()));
    accounts.add(
        new Account(
            ROOT,
            new Account.Balance(1000, 20, 0, 0, 0),
            new Account.Balance(Budget.UNBOUNDED, 0, 0, 0, 0),
            true));
  }

  private static Outcome succeeded(Object value) {
    return new Outcome.Succeeded(Value.of(value));
  }

  private static Effect.Result returned() {
    return new Effect.Result.Returned(Value.of(true));
  }

  private static JobEffect effect(
      EffectKey key, String tool, EffectPolicy policy, Effect.Result result) {
    return new JobEffect(key, new Effect(key.slot(), tool, "", policy, result), NOW);
  }

  private void entry(JobId job, Entry.Kind kind, Json.Object data) {
    entries.add(new Entry(entries.size() + 1, NOW, job, 0, kind, data));
  }

  private List<Breach> breaches() {
    return HistoryChecker.check(operations, new Rows(jobs, entries, effects, accounts, waiting));
  }

  private void finds(Promise... promises) {
    assertThat(breaches()).extracting(Breach::promise).containsOnly(promises);
  }

  /// Takes entries out and closes the gap in the numbers.
  private void without(Predicate<Entry> which) {
    var left = entries.stream().filter(which.negate()).toList();
    entries.clear();
    left.forEach(entry -> entry(entry.job(), entry.kind(), entry.data()));
  }

  private static Predicate<Entry> of(JobId job, Entry.Kind kind) {
    return entry -> entry.job().equals(job) && entry.kind() == kind;
  }

  private void job(JobId id, UnaryOperator<JobRecord> change) {
    jobs.replaceAll(job -> job.id().equals(id) ? change.apply(job) : job);
  }

  private static JobRecord with(
      JobRecord job, JobStatus status, @Nullable Subtask subtask, @Nullable Outcome outcome) {
    return new JobRecord(
        job.id(),
        job.origin(),
        job.definition(),
        status,
        job.progress(),
        subtask,
        outcome,
        job.usage(),
        job.reserved());
  }

  private void made(Consumer<List<Operation>> change) {
    change.accept(operations);
  }

  private void account(Account.Balance tokens) {
    accounts.set(0, new Account(ROOT, tokens, accounts.getFirst().microUsd(), true));
  }

  @Test
  void a_history_without_a_breach_has_none() {
    assertThat(breaches()).isEmpty();
  }

  @Test
  void a_log_is_read_as_it_was_written_but_for_half_a_line_at_its_end() {
    operations.add(new Operation.Ended(ROOT, "succeeded"));
    operations.add(new Operation.Submitted("other", CHILD, null));
    var log = new StringBuilder();
    operations.forEach(operation -> log.append(operation.line()).append('\n'));
    assertThat(Operation.parseAll(log + "{\"did\":\"su")).isEqualTo(operations);
  }

  @Test
  void an_acknowledged_job_that_is_not_there_is_found() {
    operations.add(new Operation.Submitted("other", new JobId("gone"), null));
    finds(Promise.NO_JOB_LOST);
  }

  @Test
  void a_job_that_stands_under_another_key_is_found() {
    operations.add(new Operation.Submitted("other", ROOT, null));
    finds(Promise.NO_JOB_LOST);
  }

  @Test
  void a_job_that_nobody_works_on_is_found_and_one_that_waits_is_not() {
    without(of(ROOT, Entry.Kind.JOB_ENDED));
    without(of(ROOT, Entry.Kind.JOB_REVIVED));
    operations.removeIf(operation -> operation instanceof Operation.Sent);
    job(ROOT, job -> with(job, JobStatus.SUSPENDED, null, null));
    finds(Promise.NO_JOB_LOST);
    waiting.add(ROOT);
    assertThat(breaches()).isEmpty();
  }

  @Test
  void a_child_whose_parent_is_not_there_is_found() {
    jobs.removeIf(job -> job.id().equals(ROOT));
    assertThat(breaches()).extracting(Breach::promise).contains(Promise.NO_JOB_LOST);
  }

  @Test
  void another_value_than_the_expected_one_is_found() {
    job(ROOT, job -> with(job, job.status(), null, succeeded("nothing")));
    finds(Promise.ENDS_AS_TOLD);
  }

  @Test
  void another_end_than_a_waiter_was_told_of_is_found() {
    operations.add(new Operation.Ended(CHILD, "cancelled"));
    finds(Promise.ENDS_AS_TOLD);
  }

  @Test
  void a_job_that_ended_twice_is_found() {
    entry(CHILD, Entry.Kind.JOB_ENDED, Json.Object.EMPTY);
    finds(Promise.ENDS_ONCE);
  }

  @Test
  void a_job_that_is_done_and_never_ended_is_found() {
    without(of(CHILD, Entry.Kind.JOB_ENDED));
    operations.removeIf(operation -> operation instanceof Operation.Sent);
    finds(Promise.ENDS_ONCE);
  }

  @Test
  void a_job_that_was_revived_alive_is_found() {
    entry(ROOT, Entry.Kind.JOB_REVIVED, Json.Object.EMPTY);
    entry(ROOT, Entry.Kind.JOB_REVIVED, Json.Object.EMPTY);
    entry(ROOT, Entry.Kind.JOB_ENDED, Json.Object.EMPTY);
    finds(Promise.ENDS_ONCE);
  }

  @Test
  void a_job_that_was_created_twice_is_found() {
    entry(ROOT, Entry.Kind.JOB_CREATED, Json.Object.EMPTY);
    finds(Promise.ENDS_ONCE);
  }

  @Test
  void a_handler_that_ended_twice_is_found() {
    entry(CHILD, Entry.Kind.SUBTASK_FAILED, Json.Object.EMPTY);
    finds(Promise.HANDLER_ENDS_ONCE);
  }

  @Test
  void a_handler_that_never_ended_is_found() {
    job(CHILD, job -> with(job, job.status(), Subtask.open(Json.of("n")), job.outcome()));
    finds(Promise.HANDLER_ENDS_ONCE);
  }

  @Test
  void a_handler_that_ended_elsewhere_in_the_history_is_found() {
    job(
        CHILD,
        job ->
            with(
                job,
                job.status(),
                new Subtask(Json.of("n"), new Completion.Result(Value.of(1)), 2),
                job.outcome()));
    finds(Promise.HANDLER_ENDS_ONCE);
  }

  @Test
  void a_parent_that_is_told_twice_is_found() {
    entry(ROOT, Entry.Kind.NOTIFICATION, Json.object("jobs", List.of(CHILD.text())));
    finds(Promise.TOLD_ONCE);
  }

  @Test
  void a_parent_that_is_told_of_one_child_and_not_of_another_is_found() {
    entries.replaceAll(
        entry ->
            entry.kind() == Entry.Kind.NOTIFICATION
                ? new Entry(
                    entry.sequence(),
                    NOW,
                    ROOT,
                    0,
                    entry.kind(),
                    Json.object("jobs", List.of(ROOT.child(2).text())))
                : entry);
    finds(Promise.TOLD_ONCE);
  }

  @Test
  void a_gap_in_the_numbers_is_found() {
    entries.removeLast();
    entries.add(new Entry(99, NOW, ROOT, 0, Entry.Kind.JOB_ENDED, Json.Object.EMPTY));
    finds(Promise.NO_GAPS);
  }

  @Test
  void a_number_that_was_given_twice_is_found() {
    var last = entries.removeLast();
    entries.add(
        new Entry(last.sequence() - 1, NOW, ROOT, 0, Entry.Kind.JOB_ENDED, Json.Object.EMPTY));
    finds(Promise.NO_GAPS);
  }

  @Test
  void a_tool_that_may_be_called_at_most_once_and_was_called_twice_is_found() {
    made(all -> all.add(new Operation.Made("once", ONCE.text(), "w2")));
    finds(Promise.AT_MOST_ONCE);
  }

  @Test
  void an_effect_that_no_journal_knows_is_found() {
    made(all -> all.add(new Operation.Made("again", CHILD + "/0/7/0", "w2")));
    finds(Promise.EFFECTS_AS_RECORDED);
  }

  @Test
  void an_effect_that_was_recorded_and_never_made_is_found() {
    operations.removeIf(
        operation -> operation instanceof Operation.Made made && made.key().equals(ONCE.text()));
    operations.add(new Operation.Made("once", AGAIN.text(), "w1"));
    finds(Promise.EFFECTS_AS_RECORDED);
  }

  @Test
  void an_effect_that_stands_twice_in_the_history_is_found() {
    entry(CHILD, Entry.Kind.TOOL, Json.object("key", ONCE.text()));
    finds(Promise.EFFECTS_AS_RECORDED);
  }

  @Test
  void an_unknown_effect_that_nobody_was_told_of_is_found() {
    effects.set(
        0,
        effect(
            ONCE,
            "once",
            EffectPolicy.AT_MOST_ONCE,
            new Effect.Result.Unknown(Json.Object.EMPTY, null)));
    finds(Promise.EFFECTS_AS_RECORDED);
  }

  @Test
  void an_effect_under_way_in_a_job_that_succeeded_is_found() {
    effects.set(
        0,
        effect(
            ONCE,
            "once",
            EffectPolicy.AT_MOST_ONCE,
            new Effect.Result.Intended(Json.Object.EMPTY)));
    without(entry -> entry.data().text("key").orElse("").equals(ONCE.text()));
    operations.removeIf(operation -> operation instanceof Operation.Sent);
    job(
        CHILD,
        job ->
            with(
                job,
                job.status(),
                new Subtask(Json.of("n"), new Completion.Result(Value.of(1)), 5),
                job.outcome()));
    finds(Promise.EFFECTS_AS_RECORDED);
  }

  @Test
  void an_acknowledged_message_that_is_not_there_is_found() {
    operations.add(new Operation.Sending(ROOT, "again"));
    operations.add(new Operation.Sent(ROOT, "again", 3));
    finds(Promise.MESSAGE_ONCE);
  }

  @Test
  void a_message_whose_answer_was_lost_may_have_arrived_or_not() {
    operations.removeIf(operation -> operation instanceof Operation.Sent);
    operations.add(new Operation.Sending(ROOT, "lost"));
    assertThat(breaches()).isEmpty();
  }

  @Test
  void a_message_that_arrived_twice_is_found() {
    entry(ROOT, Entry.Kind.SIGNAL, Json.object("text", "hello"));
    entry(ROOT, Entry.Kind.MESSAGE, Json.object("text", "hello"));
    finds(Promise.MESSAGE_ONCE);
  }

  @Test
  void a_message_that_nobody_sent_is_found() {
    entry(ROOT, Entry.Kind.SIGNAL, Json.object("text", "boo"));
    entry(ROOT, Entry.Kind.MESSAGE, Json.object("text", "boo"));
    finds(Promise.MESSAGE_ONCE);
  }

  @Test
  void a_message_that_the_job_was_told_of_twice_is_found() {
    entry(ROOT, Entry.Kind.MESSAGE, Json.object("text", "hello"));
    finds(Promise.MESSAGE_ONCE);
  }

  @Test
  void an_account_that_spent_more_than_calls_cost_is_found() {
    account(new Account.Balance(1000, 30, 0, 0, 0));
    finds(Promise.BUDGET_EXACT);
  }

  @Test
  void an_account_that_spent_less_than_calls_cost_is_found() {
    account(new Account.Balance(1000, 10, 0, 0, 0));
    finds(Promise.BUDGET_EXACT);
  }

  @Test
  void an_amount_that_stays_set_aside_is_found() {
    account(new Account.Balance(1000, 20, 5, 0, 0));
    finds(Promise.BUDGET_EXACT);
  }

  @Test
  void a_share_that_was_not_returned_is_found() {
    account(new Account.Balance(1000, 20, 0, 100, 0));
    accounts.add(Account.of(CHILD, Budget.tokens(100)));
    finds(Promise.BUDGET_EXACT);
  }

  @Test
  void a_call_that_was_paid_for_twice_is_found() {
    job(
        ROOT,
        job ->
            new JobRecord(
                job.id(),
                job.origin(),
                job.definition(),
                job.status(),
                job.progress(),
                job.subtask(),
                job.outcome(),
                job.usage().plus(ONE_CALL),
                job.reserved()));
    account(new Account.Balance(1000, 30, 0, 0, 0));
    finds(Promise.BUDGET_EXACT);
  }
}
