package dev.errand.verification.workers;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import dev.errand.job.Account;
import dev.errand.job.Budget;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.JobEffect;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.Usage;
import dev.errand.job.Value;
import dev.errand.verification.workers.Breach.Promise;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Judges what several processes did together: whether what each of them was told can all be true,
/// given what the store holds in the end.
///
/// The judge knows nothing of what failed when, and of what the jobs did nothing but what is
/// recorded. It sees a submission, a message and an end of a job that were acknowledged and are not
/// in the rows; rows and histories that contradict each other; and effects in the world outside
/// that the journal does not know, knows wrongly, or that were made twice. Which of several lawful
/// orders came about it does not ask.
final class HistoryChecker {
  private static final Set<Entry.Kind> HANDLER_ENDS =
      Set.of(
          Entry.Kind.SUBTASK_COMPLETED,
          Entry.Kind.SUBTASK_FAILED,
          Entry.Kind.SUBTASK_CANCELLED,
          Entry.Kind.SUBTASK_TIMED_OUT);
  private static final Set<Entry.Kind> BEGINNINGS =
      Set.of(Entry.Kind.JOB_CREATED, Entry.Kind.SUBTASK_SPAWNED);

  private final List<Operation> operations;
  private final Rows rows;
  private final Map<JobId, JobRecord> jobs;
  private final Map<JobId, List<Entry>> histories;
  private final List<Breach> breaches = new ArrayList<>();

  private HistoryChecker(Collection<Operation> operations, Rows rows) {
    this.operations = List.copyOf(operations);
    this.rows = rows;
    jobs = rows.jobs().stream().collect(toMap(JobRecord::id, job -> job));
    histories = rows.entries().stream().collect(groupingBy(Entry::job));
  }

  /// All that is wrong; empty if nothing is.
  static List<Breach> check(Collection<Operation> operations, Rows rows) {
    var checker = new HistoryChecker(operations, rows);
    checker.checkOperations();
    rows.jobs().forEach(checker::checkJob);
    checker.checkNumbers();
    checker.checkNotifications();
    checker.checkEffects();
    checker.checkMessages();
    rows.accounts().forEach(checker::checkAccount);
    return List.copyOf(checker.breaches);
  }

  // The annotation belongs to a library that is not used here.
  @SuppressWarnings("AnnotateFormatMethod")
  private void breach(Promise promise, String what, Object... details) {
    breaches.add(new Breach(promise, what.formatted(details)));
  }

  private List<Entry> history(JobId job) {
    return histories.getOrDefault(job, List.of());
  }

  private static boolean isDone(JobRecord job) {
    return job.status() == JobStatus.DONE;
  }

  private <T extends Operation> List<T> all(Class<T> type) {
    return operations.stream().filter(type::isInstance).map(type::cast).toList();
  }

  // What was acknowledged

  private void checkOperations() {
    for (var submitted : all(Operation.Submitted.class)) {
      checkSubmitted(submitted);
    }
    for (var ended : all(Operation.Ended.class)) {
      var job = jobs.get(ended.job());
      if (job == null) {
        breach(Promise.NO_JOB_LOST, "job %s ended and is not there", ended.job());
      } else if (count(history(job.id()), Entry.Kind.JOB_REVIVED) == 0
          && !code(job.outcome()).equals(ended.outcome())) {
        breach(
            Promise.ENDS_AS_TOLD,
            "job %s was said to have %s, and has %s",
            job.id(),
            ended.outcome(),
            code(job.outcome()));
      }
    }
  }

  private static String code(@Nullable Outcome outcome) {
    return outcome == null ? "not ended" : outcome.code();
  }

  private void checkSubmitted(Operation.Submitted submitted) {
    var job = jobs.get(submitted.job());
    if (job == null || !submitted.key().equals(job.origin().key())) {
      breach(
          Promise.NO_JOB_LOST,
          "'%s' was taken as job %s, and is not there",
          submitted.key(),
          submitted.job());
      return;
    }
    if (!isDone(job) && !rows.waiting().contains(job.id())) {
      breach(Promise.NO_JOB_LOST, "job %s is %s and nobody works on it", job.id(), job.status());
    }
    var expected = submitted.expects();
    if (expected == null || !isDone(job)) {
      return;
    }
    boolean asExpected =
        job.outcome() instanceof Outcome.Succeeded(Value.Plain(var value))
            && value.equals(expected);
    if (!asExpected) {
      breach(
          Promise.ENDS_AS_TOLD,
          "job %s was to end with %s, and ended as %s",
          job.id(),
          expected.print(),
          String.valueOf(job.outcome()));
    }
  }

  // Rows and histories

  private void checkJob(JobRecord job) {
    var history = history(job.id());
    if (job.id().parent().filter(parent -> !jobs.containsKey(parent)).isPresent()) {
      breach(Promise.NO_JOB_LOST, "the parent of job %s is not there", job.id());
    }
    if (job.id().depth() > 0
        && !isDone(job)
        && !rows.waiting().contains(job.id())
        && (job.subtask() == null || job.subtask().callback().isEmpty())) {
      breach(Promise.NO_JOB_LOST, "job %s is %s and nobody works on it", job.id(), job.status());
    }
    long begun = history.stream().filter(entry -> BEGINNINGS.contains(entry.kind())).count();
    if ((begun != 1 && job.subtask() == null) || begun == 0 || begun > 2) {
      breach(Promise.ENDS_ONCE, "job %s was begun %d times", job.id(), begun);
    }
    checkEnds(job, history);
    checkHandler(job, history);
    checkUsage(job, history);
  }

  private void checkEnds(JobRecord job, List<Entry> history) {
    boolean ended = false;
    for (var entry : history) {
      if (entry.kind() == Entry.Kind.JOB_ENDED) {
        if (ended) {
          breach(Promise.ENDS_ONCE, "job %s ended again at %d", job.id(), entry.sequence());
        }
        ended = true;
      } else if (entry.kind() == Entry.Kind.JOB_REVIVED) {
        if (!ended) {
          breach(Promise.ENDS_ONCE, "job %s was revived alive at %d", job.id(), entry.sequence());
        }
        ended = false;
      }
    }
    if (ended != isDone(job) || isDone(job) != (job.outcome() != null)) {
      breach(
          Promise.ENDS_ONCE,
          "job %s is %s with outcome %s, and its history says %s",
          job.id(),
          job.status(),
          code(job.outcome()),
          ended ? "ended" : "not ended");
    }
  }

  private void checkHandler(JobRecord job, List<Entry> history) {
    long begun = count(history, Entry.Kind.SUBTASK_SPAWNED);
    var ends =
        history.stream()
            .filter(entry -> HANDLER_ENDS.contains(entry.kind()))
            .map(Entry::sequence)
            .toList();
    var handler = job.subtask();
    if (begun != (handler == null ? 0 : 1)) {
      breach(Promise.HANDLER_ENDS_ONCE, "the handler of %s was begun %d times", job.id(), begun);
    }
    var told =
        handler == null || handler.completion() == null ? List.of() : List.of(handler.told());
    if (!ends.equals(told)) {
      breach(
          Promise.HANDLER_ENDS_ONCE,
          "the handler of %s ended at %s by its row, and at %s by its history",
          job.id(),
          told,
          ends);
    }
    if (handler != null && isDone(job) && handler.completion() == null) {
      breach(Promise.HANDLER_ENDS_ONCE, "job %s is done and its handler is not", job.id());
    }
  }

  private static long count(List<Entry> history, Entry.Kind kind) {
    return history.stream().filter(entry -> entry.kind() == kind).count();
  }

  private void checkNumbers() {
    rows.entries().stream()
        .collect(groupingBy(entry -> entry.job().root()))
        .forEach(
            (root, entries) -> {
              long expected = 1;
              for (var entry : entries) {
                if (entry.sequence() != expected) {
                  breach(
                      Promise.NO_GAPS,
                      "tree %s has entry %d where %d was to come",
                      root,
                      entry.sequence(),
                      expected);
                  return;
                }
                expected++;
              }
            });
  }

  // Notifications

  private void checkNotifications() {
    histories.forEach(
        (parent, history) -> {
          var told =
              history.stream()
                  .filter(entry -> entry.kind() == Entry.Kind.NOTIFICATION)
                  .flatMap(entry -> children(entry).stream())
                  .collect(groupingBy(child -> child, counting()));
          told.forEach(
              (child, times) -> {
                if (times > 1) {
                  breach(Promise.TOLD_ONCE, "%s was told of %s %d times", parent, child, times);
                }
              });
          if (!told.isEmpty()) {
            checkAllTold(parent, told.keySet());
          }
        });
  }

  private static List<String> children(Entry notification) {
    return notification.data().get("jobs").orElse(Json.Null.VALUE) instanceof Json.Array(var jobs)
        ? jobs.stream().map(job -> job instanceof Json.Text(var id) ? id : job.print()).toList()
        : List.of();
  }

  /// A parent that is told by notification of one of its subtasks is told so of all.
  private void checkAllTold(JobId parent, Set<String> told) {
    for (var job : rows.jobs()) {
      var handler = job.subtask();
      if (handler != null
          && handler.completion() != null
          && handler.callback().isEmpty()
          && !handler.isFuture()
          && job.id().parent().filter(parent::equals).isPresent()
          && !told.contains(job.id().text())) {
        breach(Promise.TOLD_ONCE, "%s was never told of %s", parent, job.id());
      }
    }
  }

  // Effects

  private void checkEffects() {
    var made =
        all(Operation.Made.class).stream().collect(groupingBy(Operation.Made::key, counting()));
    var journal = rows.effects().stream().collect(toMap(effect -> effect.key().text(), e -> e));
    made.forEach(
        (key, times) -> {
          var effect = journal.get(key);
          if (effect == null) {
            breach(Promise.EFFECTS_AS_RECORDED, "%s was made and is in no journal", key);
          } else if (effect.effect().policy() == EffectPolicy.AT_MOST_ONCE && times > 1) {
            breach(Promise.AT_MOST_ONCE, "%s was made %d times", key, times);
          }
        });
    var tools = all(Operation.Made.class).stream().map(Operation.Made::tool).toList();
    for (var effect : rows.effects()) {
      if (tools.contains(effect.effect().name())) {
        checkEffect(effect, made.getOrDefault(effect.key().text(), 0L));
      }
    }
  }

  private void checkEffect(JobEffect effect, long made) {
    var key = effect.key().text();
    var job = jobs.get(effect.key().job());
    long recorded = entriesOf(effect, Entry.Kind.TOOL);
    long unknown = entriesOf(effect, Entry.Kind.EFFECT_UNKNOWN);
    switch (effect.effect().result()) {
      case Effect.Result.Returned ignored -> {
        if (made == 0) {
          breach(Promise.EFFECTS_AS_RECORDED, "%s returned and was not made", key);
        }
        requireEntries(key, recorded, 1, unknown, 0);
      }
      case Effect.Result.Raised ignored -> requireEntries(key, recorded, 1, unknown, 0);
      case Effect.Result.Unknown ignored -> requireEntries(key, recorded, 0, unknown, 1);
      case Effect.Result.Intended ignored -> {
        requireEntries(key, recorded, 0, unknown, 0);
        if (job != null && job.outcome() instanceof Outcome.Succeeded) {
          breach(Promise.EFFECTS_AS_RECORDED, "%s is still under way in a job that is done", key);
        }
      }
    }
  }

  private void requireEntries(
      String key, long recorded, long wanted, long unknown, long unknownWanted) {
    if (recorded != wanted || unknown != unknownWanted) {
      breach(
          Promise.EFFECTS_AS_RECORDED,
          "%s is in the history %d times as made and %d times as unknown, not %d and %d",
          key,
          recorded,
          unknown,
          wanted,
          unknownWanted);
    }
  }

  private long entriesOf(JobEffect effect, Entry.Kind kind) {
    return history(effect.key().job()).stream()
        .filter(entry -> entry.kind() == kind)
        .filter(entry -> entry.data().text("key").orElse("").equals(effect.key().text()))
        .count();
  }

  // Messages

  private record Message(JobId job, String text) {}

  private void checkMessages() {
    var arrived =
        rows.entries().stream()
            .filter(entry -> entry.kind() == Entry.Kind.SIGNAL)
            .collect(
                groupingBy(
                    entry -> new Message(entry.job(), entry.data().text("text").orElse("")),
                    counting()));
    arrived.forEach(
        (message, times) -> {
          if (times > 1) {
            breach(Promise.MESSAGE_ONCE, "%s arrived %d times", message, times);
          }
        });
    var sending =
        all(Operation.Sending.class).stream()
            .map(sent -> new Message(sent.job(), sent.text()))
            .toList();
    for (var message : arrived.keySet()) {
      if (!sending.isEmpty() && !sending.contains(message)) {
        breach(Promise.MESSAGE_ONCE, "%s arrived and was never sent", message);
      }
    }
    for (var sent : all(Operation.Sent.class)) {
      boolean there =
          history(sent.job()).stream()
              .filter(entry -> entry.kind() == Entry.Kind.SIGNAL)
              .filter(entry -> entry.sequence() == sent.sequence())
              .anyMatch(entry -> entry.data().text("text").orElse("").equals(sent.text()));
      if (!there) {
        breach(
            Promise.MESSAGE_ONCE,
            "'%s' was taken by job %s as entry %d, and is not there",
            sent.text(),
            sent.job(),
            sent.sequence());
      }
    }
    for (var job : rows.jobs()) {
      checkHeard(job);
    }
  }

  /// A job that is done was told of every message, each once.
  private void checkHeard(JobRecord job) {
    var history = history(job.id());
    long arrived = count(history, Entry.Kind.SIGNAL);
    long told = count(history, Entry.Kind.MESSAGE) - first(history);
    if (arrived > 0 && isDone(job) && told != arrived) {
      breach(
          Promise.MESSAGE_ONCE,
          "job %s got %d messages and was told of %d",
          job.id(),
          arrived,
          told);
    }
  }

  /// A message that a job began with stands in its history without having arrived.
  private static long first(List<Entry> history) {
    long before = 0;
    for (var entry : history) {
      if (entry.kind() == Entry.Kind.SIGNAL) {
        return before;
      }
      before += entry.kind() == Entry.Kind.MESSAGE ? 1 : 0;
    }
    return before;
  }

  // Budgets

  private void checkUsage(JobRecord job, List<Entry> history) {
    if (isDone(job) && !job.reserved().equals(Budget.NONE)) {
      breach(Promise.BUDGET_EXACT, "%s is still set aside for job %s", job.reserved(), job.id());
    }
    long replies = count(history, Entry.Kind.REPLY) + count(history, Entry.Kind.COMPACTED);
    if (job.usage().calls() != replies) {
      breach(
          Promise.BUDGET_EXACT,
          "job %s has %d replies, and paid for %d",
          job.id(),
          replies,
          job.usage().calls());
    }
  }

  private void checkAccount(Account account) {
    var below = rows.jobs().stream().filter(job -> job.id().isWithin(account.job())).toList();
    if (!below.stream().allMatch(HistoryChecker::isDone)) {
      return;
    }
    var cost = Budget.of(below.stream().map(JobRecord::usage).reduce(Usage.NONE, Usage::plus));
    boolean root = account.job().depth() == 0;
    checkBalance(account.job(), "tokens", root, account.tokens(), cost.tokens());
    checkBalance(account.job(), "micro-dollars", root, account.microUsd(), cost.microUsd());
    if (account.isOpen() != root) {
      breach(Promise.BUDGET_EXACT, "the account of %s is %s", account.job(), account);
    }
  }

  private void checkBalance(
      JobId job, String unit, boolean root, Account.Balance balance, long cost) {
    if (!balance.isBounded()) {
      return;
    }
    long returned = root ? 0 : balance.granted() - balance.spent();
    // What was still at work below a share when that was returned draws on the account above.
    boolean exact = root ? balance.spent() == cost : balance.spent() <= cost;
    if (!exact
        || balance.reserved() != 0
        || balance.shared() != 0
        || balance.returned() != returned) {
      breach(
          Promise.BUDGET_EXACT,
          "calls below %s cost %d %s, and its account says %s",
          job,
          cost,
          unit,
          balance);
    }
  }
}
