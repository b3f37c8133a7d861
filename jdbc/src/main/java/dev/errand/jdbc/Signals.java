package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import dev.errand.job.Callback;
import dev.errand.job.Completion;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.StoredForm;
import dev.errand.job.Subtask;
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
      throws SQLException, Collision {
    var job = transaction.job(id);
    if (job.outcome() instanceof Outcome.Cancelled) {
      throw SignalRefusedException.cancelled(id);
    }
    if (!job.isNull(JobRow.STOP) && !job.isDone()) {
      throw SignalRefusedException.stopping(id);
    }
    if (job.isDone() && (!revives || message.get(Bookkeeping.STOP).isPresent())) {
      throw SignalRefusedException.done(id);
    }
    boolean hears = job.is(JobRow.HEARS);
    boolean isPassedOn = !hears && isOfAttempts(transaction, job);
    if (!hears && !isPassedOn) {
      throw SignalRefusedException.unheard(id);
    }
    if (isPassedOn) {
      passOn(transaction, job, message, revives);
    }
    boolean wasDone = job.isDone();
    var said = new Change.Recorded(job.turn(), Entry.Kind.SIGNAL, message);
    long sequence = History.append(transaction, id, History.Line.of(said));
    if (job.is(JobRow.HEEDS)) {
      transaction
          .change(job)
          .set(JobRow.DUE, job.number(JobRow.CREATED))
          .set(JobRow.NEEDED, 0)
          .set(JobRow.HEEDS, false);
      transaction.fallDue(job);
    }
    if (wasDone) {
      revive(transaction, id, null);
    }
    return sequence;
  }

  /// Whether the job supervises attempts whose model can read a message.
  private static boolean isOfAttempts(Transaction transaction, JobRow job) throws SQLException {
    return StoredDefinition.of(transaction, job)
        .attempts()
        .filter(attempts -> attempts.work().agent().model() != null)
        .isPresent();
  }

  /// Has the last attempt told of a message, unless there is none or it is to be followed by
  /// another one.
  private static void passOn(
      Transaction transaction, JobRow supervisor, Json.Object message, boolean revives)
      throws SQLException, Collision {
    var attempt =
        transaction
            .sql("select id from job where parent = ? order by ordinal desc limit 1")
            .bind(supervisor.id().text())
            .first(row -> new JobId(row.getString(1)));
    if (attempt.isPresent()
        && Bookkeeping.isPassedOn(supervisor.record(), transaction.job(attempt.get()).record())) {
      say(transaction, attempt.get(), message, revives);
    }
  }

  /// Has a new attempt told of all that was said to the job which supervises it.
  static void repeat(Transaction transaction, JobRow supervisor, JobId attempt)
      throws SQLException, Collision {
    if (supervisor.number(JobRow.SAID) == 0) {
      return;
    }
    transaction.flush();
    for (var entry : messages(transaction.session(), supervisor.id(), 0, Long.MAX_VALUE)) {
      var said = new Change.Recorded(0, Entry.Kind.SIGNAL, entry.data());
      History.append(transaction, attempt, History.Line.of(said));
    }
  }

  /// Ends a handler from outside.
  static void complete(Transaction transaction, JobId id, Completion completion)
      throws SQLException, Collision {
    var job = transaction.job(id);
    var handler = job.subtask();
    if (handler == null) {
      throw SignalRefusedException.noHandler(id);
    }
    if (handler.completion() != null) {
      throw SignalRefusedException.ended(id, handler);
    }
    boolean isCallback = StoredDefinition.of(transaction, job).isCallback();
    if (isCallback && !isAnybodyToHear(transaction, id)) {
      throw SignalRefusedException.late(id, handler.callback().orElse(""));
    }
    int turn = job.turn();
    var line = History.Line.of(Bookkeeping.completed(turn, handler.id(), completion));
    Handlers.end(transaction, job, StoredForm.write(completion).print(), line);
    if (isCallback) {
      var outcome = completion.asOutcome();
      transaction
          .change(job)
          .set(JobRow.STATUS, JobStatus.DONE.name())
          .set(JobRow.OUTCOME, StoredForm.write(outcome).print());
      History.append(transaction, id, History.Line.of(Bookkeeping.ended(turn, outcome)));
    }
  }

  /// Whether the job that asked, or any other of the tree, may yet read an answer.
  private static boolean isAnybodyToHear(Transaction transaction, JobId callback)
      throws SQLException, Collision {
    var asking = transaction.job(callback.parent().orElseThrow());
    var outcome = asking.outcome();
    boolean goesOn =
        outcome == null || (asking.is(JobRow.HEARS) && Bookkeeping.mayRevive(outcome, false));
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

  /// Lets a job that is done go on before its next turn, where it may: for the end of a child, or
  /// for a message.
  static void revive(Transaction transaction, JobId id, @Nullable JobId child) throws SQLException {
    var found = transaction.find(id).filter(job -> job.isDone() && job.is(JobRow.HEARS));
    if (found.isEmpty()) {
      return;
    }
    var job = found.get();
    var outcome = job.outcome();
    if (outcome == null || !Bookkeeping.mayRevive(outcome, child == null)) {
      return;
    }
    var progress = job.record().progress().revived();
    long created = job.number(JobRow.CREATED);
    var row =
        transaction
            .change(job)
            .set(JobRow.STATUS, JobStatus.STARTED.name())
            .set(JobRow.OUTCOME, null)
            .set(JobRow.WORKER, null)
            .set(JobRow.PROCESS, null)
            .set(JobRow.DUE, created)
            .set(JobRow.PLACE, null)
            .set(JobRow.NEEDED, 0)
            .set(JobRow.HEEDS, false)
            .set(JobRow.TURN, progress.turn())
            .set(JobRow.ACTING, false)
            .set(JobRow.STATEMENT, 0)
            .set(JobRow.PRINTED, 0)
            .set(JobRow.STOP, null);
    if (!job.isNull(JobRow.DEADLINE)) {
      row.add(JobRow.DEADLINE, transaction.now() - created);
    }
    transaction.fallDue(job);
    if (id.parent().isPresent()) {
      Places.again(transaction, transaction.job(id.parent().get()));
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
  static void reviveForNews(Transaction transaction, JobRow job, long heard)
      throws SQLException, Collision {
    if (job.number(JobRow.SAID) > heard) {
      revive(transaction, job.id(), null);
      return;
    }
    if (job.number(JobRow.NEWS) > heard) {
      transaction.flush();
      for (var child : news(transaction.session(), job.id(), heard, 1).ended()) {
        revive(transaction, job.id(), child.id());
      }
    }
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
              select attempt.id from job @join job attempt on attempt.parent = job.id
              where job.parent = ? and job.status <> 'DONE' and attempt.status <> 'DONE'
                and attempt.subtask_id like '{"attempt":%')
            select sequence, time, entry.job, entry.turn, kind, data
            from child @join entry on entry.job = child.id
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
            select sequence, time, job, turn, kind, data from entry @entry_signal
            where job = ? and kind = 'signal' and sequence > ? and sequence < ? order by sequence
            """)
        .bind(id.text())
        .bind(after)
        .bind(before)
        .list(History::entry);
  }
}
