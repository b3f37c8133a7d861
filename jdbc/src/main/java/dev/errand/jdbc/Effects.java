package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import dev.errand.job.Effect;
import dev.errand.job.EffectKey;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Finding;
import dev.errand.job.JobEffect;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Slot;
import dev.errand.job.StoredForm;
import dev.errand.job.UnresolvableException;
import dev.errand.spi.Bookkeeping;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The effect journal: written by steps, read by replays, and looked at and settled by operators.
final class Effects {
  private static final Slot BEFORE_ALL = new Slot(-1, -1, -1);

  private Effects() {}

  /// A line of the journal of `job`, ready to be written in place of the one of the same slot.
  ///
  /// Printed here, outside the transaction.
  static Line line(JobId job, Effect effect) {
    return new Line(job, effect, StoredForm.write(effect.result()).print());
  }

  /// A line with its result as it is stored.
  record Line(JobId job, Effect effect, String result) {
    void write(Transaction transaction) {
      var slot = effect.slot();
      transaction.journal(
          job.text(),
          (long) slot.turn(),
          (long) slot.statement(),
          (long) slot.ordinal(),
          transaction.now(),
          effect.name(),
          effect.digest(),
          effect.policy().name(),
          result,
          effect.isUnknown() ? 1L : 0L);
    }
  }

  /// What a replay from that statement on is to see.
  static List<Effect> journal(Session session, JobId job, int turn, int statement)
      throws SQLException {
    return session
        .sql(
            """
            select turn, statement, ordinal, name, digest, policy, result from effect
            where job = ? and turn = ? and statement >= ? order by statement, ordinal
            """)
        .bind(job.text())
        .bind(turn)
        .bind(statement)
        .list(Effects::effect);
  }

  /// Those of `top` and below, or all, after one of them.
  static List<JobEffect> all(
      Session session, @Nullable JobId top, @Nullable EffectKey after, int limit)
      throws SQLException {
    var rows =
        session.sql(
            """
            select turn, statement, ordinal, name, digest, policy, result, job, since from effect
            where (job, turn, statement, ordinal) > (?, ?, ?, ?) and job < ?
              and policy <> 'READ_ONLY'
            order by job, turn, statement, ordinal limit ?
            """);
    return page(rows, top, after, limit);
  }

  /// The same of those whose outcome nobody knows.
  static List<JobEffect> unknown(
      Session session, @Nullable JobId top, @Nullable EffectKey after, int limit)
      throws SQLException {
    var rows =
        session.sql(
            """
            select turn, statement, ordinal, name, digest, policy, result, job, since from effect
            where (job, turn, statement, ordinal) > (?, ?, ?, ?) and job < ?
              and policy <> 'READ_ONLY' and unknown = 1
            order by job, turn, statement, ordinal limit ?
            """);
    return page(rows, top, after, limit);
  }

  private static List<JobEffect> page(
      Sql rows, @Nullable JobId top, @Nullable EffectKey after, int limit) throws SQLException {
    // An id has only letters, digits and dots: those of a tree end before '/', all before '{'.
    var from = top == null ? "" : top.text();
    var slot = after == null ? BEFORE_ALL : after.slot();
    return rows.bind(after == null ? from : after.job().text())
        .bind(slot.turn())
        .bind(slot.statement())
        .bind(slot.ordinal())
        .bind(top == null ? "{" : top.text() + "/")
        .bind(limit)
        .list(
            row ->
                new JobEffect(
                    new EffectKey(new JobId(row.getString(8)), effect(row).slot()),
                    effect(row),
                    Instant.ofEpochMilli(row.getLong(9))));
  }

  /// Settles an effect whose outcome nobody knew.
  ///
  /// Nobody claims the job and reads its journal in between: its row is locked.
  static void resolve(Transaction transaction, EffectKey key, Finding finding)
      throws SQLException, Collision {
    var effect = find(transaction, key);
    if (!effect.isUnknown()) {
      throw UnresolvableException.settled(key);
    }
    var job = transaction.job(key.job());
    boolean isHeld = !job.isNull(JobRow.WORKER) && job.number(JobRow.DUE) > transaction.now();
    if (isHeld && effect.result() instanceof Effect.Result.Intended) {
      throw UnresolvableException.underWay(key);
    }
    var left = effect.resolved(finding);
    if (left.isPresent()) {
      line(key.job(), left.get()).write(transaction);
    } else {
      remove(transaction, key);
    }
    History.append(
        transaction,
        key.job(),
        History.Line.of(Bookkeeping.resolved(job.turn(), key, effect, finding)));
  }

  private static Effect find(Transaction transaction, EffectKey key)
      throws SQLException, Collision {
    return at(
            transaction.sql(
                """
                select turn, statement, ordinal, name, digest, policy, result from effect
                where job = ? and turn = ? and statement = ? and ordinal = ?
                """),
            key)
        .first(Effects::effect)
        .filter(effect -> effect.policy() != EffectPolicy.READ_ONLY)
        .orElseThrow(() -> UnresolvableException.missing(key));
  }

  private static void remove(Transaction transaction, EffectKey key)
      throws SQLException, Collision {
    at(
            transaction.sql(
                """
                delete from effect
                where job = ? and turn = ? and statement = ? and ordinal = ?
                """),
            key)
        .update();
  }

  private static Sql at(Sql statement, EffectKey key) throws SQLException {
    return statement
        .bind(key.job().text())
        .bind(key.slot().turn())
        .bind(key.slot().statement())
        .bind(key.slot().ordinal());
  }

  private static Effect effect(ResultSet row) throws SQLException {
    return new Effect(
        new Slot(row.getInt(1), row.getInt(2), row.getInt(3)),
        row.getString(4),
        row.getString(5),
        EffectPolicy.valueOf(row.getString(6)),
        StoredForm.result(object(row.getString(7))));
  }

  private static Json.@Nullable Object object(@Nullable String form) {
    return form == null ? null : (Json.Object) Json.parse(form);
  }
}
