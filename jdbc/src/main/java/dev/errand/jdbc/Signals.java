package dev.errand.jdbc;

import dev.errand.job.Callback;
import dev.errand.job.Completion;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.StoredForm;
import dev.errand.job.Subtask;
import dev.errand.job.UnknownJobException;
import dev.errand.spi.Bookkeeping;
import dev.errand.spi.Change;
import dev.errand.spi.Store;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/* What reaches a job from outside its own code: messages, answers, and the ends of its subtasks when it is done.
 *
 * Whether a job that is done must go on is decided in the transaction of the signal or the end, and in that of the job's
 * own end: one of the two comes second and sees the other. */
final class Signals {
  private Signals() {}

  /// Lets a message arrive; returns the sequence of its entry.
  static long say(Transaction transaction, JobId id, Json.Object message, boolean revives)
      throws SQLException {
    var target = target(transaction, id);
    var job = target.job();
    if (job.outcome() instanceof Outcome.Cancelled) {
      throw SignalRefusedException.cancelled(id);
    }
    if (Stops.of(transaction.session(), id).isPresent()) {
      throw SignalRefusedException.stopping(id);
    }
    if (job.status() == JobStatus.DONE && (!revives || message.get(Bookkeeping.STOP).isPresent())) {
      throw SignalRefusedException.done(id);
    }
    boolean isPassedOn = !target.hears() && isOfAttempts(transaction, job);
    if (!target.hears() && !isPassedOn) {
      throw SignalRefusedException.unheard(id);
    }
    if (isPassedOn) {
      passOn(transaction, job, message, revives);
    }
    var said = new Change.Recorded(job.progress().turn(), Entry.Kind.SIGNAL, message);
    long sequence = History.append(transaction, id, History.Line.of(said));
    transaction
        .sql(
            """
            update job set due = created, needed = 0, heeds = 0 where id = ? and heeds = 1
            """)
        .bind(id.text())
        .update();
    if (job.status() == JobStatus.DONE) {
      revive(transaction, id, null);
    }
    return sequence;
  }

  /// Whether the job supervises attempts whose model can read a message.
  private static boolean isOfAttempts(Transaction transaction, JobRecord job) throws SQLException {
    return StoredDefinition.find(transaction.session(), job.definition())
        .flatMap(JobDefinition::attempts)
        .filter(attempts -> attempts.work().agent().model() != null)
        .isPresent();
  }

  /// Has the last attempt told of a message, unless there is none or it is to be followed by
  /// another one.
  private static void passOn(
      Transaction transaction, JobRecord supervisor, Json.Object message, boolean revives)
      throws SQLException {
    var attempt =
        transaction
            .sql("select * from job where parent = ? order by ordinal desc limit 1")
            .bind(supervisor.id().text())
            .first(JobRow::job);
    if (attempt.isPresent() && Bookkeeping.isPassedOn(supervisor, attempt.get())) {
      say(transaction, attempt.get().id(), message, revives);
    }
  }

  /// Has a new attempt told of all that was said to the job which supervises it.
  static void repeat(Transaction transaction, JobId supervisor, JobId attempt) throws SQLException {
    for (var entry : messages(transaction.session(), supervisor, 0, Long.MAX_VALUE)) {
      var said = new Change.Recorded(0, Entry.Kind.SIGNAL, entry.data());
      History.append(transaction, attempt, History.Line.of(said));
    }
  }

  /// Ends a handler from outside.
  static void complete(Transaction transaction, JobId id, Completion completion)
      throws SQLException {
    var target = target(transaction, id);
    var job = target.job();
    var handler = job.subtask();
    if (handler == null) {
      throw SignalRefusedException.noHandler(id);
    }
    if (handler.completion() != null) {
      throw SignalRefusedException.ended(id, handler);
    }
    boolean isCallback = isCallback(transaction, job);
    if (isCallback && !isAnybodyToHear(transaction, id)) {
      throw SignalRefusedException.late(id, handler.callback().orElse(""));
    }
    int turn = job.progress().turn();
    var line = History.Line.of(Bookkeeping.completed(turn, handler.id(), completion));
    var form = StoredForm.write(completion).print();
    Handlers.end(transaction, target.number(), id, form, line);
    if (isCallback) {
      var outcome = completion.asOutcome();
      transaction
          .sql("update job set status = ?, outcome = ? where number = ?")
          .bind(JobStatus.DONE.name())
          .bind(StoredForm.write(outcome).print())
          .bind(target.number())
          .update();
      History.append(transaction, id, History.Line.of(Bookkeeping.ended(turn, outcome)));
    }
  }

  /// Whether the job that asked, or any other of the tree, may yet read an answer.
  private static boolean isAnybodyToHear(Transaction transaction, JobId callback)
      throws SQLException {
    var asking = target(transaction, callback.parent().orElseThrow());
    var outcome = asking.job().outcome();
    boolean goesOn = outcome == null || (asking.hears() && Bookkeeping.mayRevive(outcome, false));
    return goesOn
        || transaction
            .sql(
                """
                select 1 from job
                where (id = ? or (id > ? || '.' and id < ? || '/')) and status <> 'DONE'
                  and (subtask_id is null or subtask_id not like '{"callback":%') limit 1
                """)
            .bind(callback.root().text())
            .bind(callback.root().text())
            .bind(callback.root().text())
            .exists();
  }

  private static boolean isCallback(Transaction transaction, JobRecord job) throws SQLException {
    return StoredDefinition.find(transaction.session(), job.definition())
        .orElseThrow()
        .isCallback();
  }

  /// Lets a job that is done go on before its next turn, where it may: for the end of a child, or
  /// for a message.
  static void revive(Transaction transaction, JobId id, @Nullable JobId child) throws SQLException {
    var done =
        transaction
            .sql("select * from job where id = ? and status = ? and hears = 1")
            .bind(id.text())
            .bind(JobStatus.DONE.name())
            .first(JobRow::job);
    var outcome = done.map(JobRecord::outcome);
    if (outcome.isEmpty() || !Bookkeeping.mayRevive(outcome.get(), child == null)) {
      return;
    }
    var progress = done.get().progress().revived();
    transaction
        .sql(
            """
            update job set status = ?, outcome = null, worker = null, process = null, due = created,
              needed = 0, heeds = 0, turn = ?, acting = 0, statement = 0, printed = 0,
              stop = null, deadline = ? + deadline - created
            where id = ?
            """)
        .bind(JobStatus.STARTED.name())
        .bind(progress.turn())
        .bind(transaction.now())
        .bind(id.text())
        .update();
    if (id.parent().isPresent()) {
      Places.again(transaction, id.parent().get());
    }
    History.append(transaction, id, History.Line.of(Bookkeeping.revived(progress.turn(), child)));
  }

  /// The callbacks below `top`, or all, after a job, that nobody has answered.
  static List<Callback> callbacks(
      Session session, @Nullable JobId top, @Nullable JobId after, int limit) throws SQLException {
    // The id of a callback's handler begins with {"callback": and sorts before what has the next
    // character there. An id of a job has only letters, digits and dots: those of a tree end
    // before '/'.
    return session
        .sql(
            """
            select id, subtask_id, created from job
            where subtask_id >= '{"callback":' and subtask_id < '{"callback";' and told = 0
              and id > ? and id > ? and id < ?
            order by id limit ?
            """)
        .bind(after == null ? "" : after.text())
        .bind(top == null ? "" : top.text())
        .bind(top == null ? "{" : top.text() + "/")
        .bind(limit)
        .list(Signals::callback);
  }

  private static Callback callback(ResultSet row) throws SQLException {
    var handler = Subtask.open(Json.parse(row.getString(2)));
    return new Callback(
        new JobId(row.getString(1)),
        handler.callback().orElseThrow(),
        Instant.ofEpochMilli(row.getLong(3)),
        handler.isApproval());
  }

  /// Lets a job that has just ended go on, where it may, if something happened after `heard` that
  /// it was not told of.
  static void reviveForNews(Transaction transaction, JobId id, long heard) throws SQLException {
    if (isMessageFor(transaction, id, heard)) {
      revive(transaction, id, null);
      return;
    }
    for (var child : news(transaction.session(), id, heard, 1).ended()) {
      revive(transaction, id, child.id());
    }
  }

  /// Whether a message arrived after `heard`.
  static boolean isMessageFor(Transaction transaction, JobId id, long heard) throws SQLException {
    return !messages(transaction.session(), id, heard, Long.MAX_VALUE).isEmpty();
  }

  static Store.News news(Session session, JobId id, long after, int limit) throws SQLException {
    var ended =
        session
            .sql(
                """
                select * from job where parent = ? and told > 0 and told > ? and given = 0
                order by told limit ?
                """)
            .bind(id.text())
            .bind(after)
            .bind(limit)
            .list(JobRow::job);
    long last =
        ended.size() < limit
            ? Long.MAX_VALUE
            : Objects.requireNonNull(ended.getLast().subtask()).told();
    return new Store.News(
        ended, messages(session, id, after, last), progress(session, id, after, last));
  }

  private static List<Entry> progress(Session session, JobId id, long after, long before)
      throws SQLException {
    return session
        .sql(
            """
            with child (id) as (
              select id from job where parent = ? and status <> 'DONE'
              union all
              select attempt.id from job cross join job attempt on attempt.parent = job.id
              where job.parent = ? and job.status <> 'DONE' and attempt.status <> 'DONE'
                and attempt.subtask_id like '{"attempt":%')
            select sequence, time, entry.job, entry.turn, kind, data
            from child cross join entry on entry.job = child.id
            where kind = 'progress' and sequence =
              (select max(sequence) from entry last
               where last.job = child.id and last.kind = 'progress'
                 and sequence > ? and sequence < ?)
            order by sequence
            """)
        .bind(id.text())
        .bind(id.text())
        .bind(after)
        .bind(before)
        .list(History::entry);
  }

  private static List<Entry> messages(Session session, JobId id, long after, long before)
      throws SQLException {
    // Left to choose, SQLite reads all of the job's history by the primary key.
    return session
        .sql(
            """
            select sequence, time, job, turn, kind, data from entry indexed by entry_signal
            where job = ? and kind = 'signal' and sequence > ? and sequence < ? order by sequence
            """)
        .bind(id.text())
        .bind(after)
        .bind(before)
        .list(History::entry);
  }

  private static Target target(Transaction transaction, JobId id) throws SQLException {
    return transaction
        .sql("select * from job where id = ?")
        .bind(id.text())
        .first(row -> new Target(row.getLong(1), JobRow.job(row), JobRow.hears(row)))
        .orElseThrow(() -> new UnknownJobException(id.text()));
  }

  private record Target(long number, JobRecord job, boolean hears) {}
}
