package dev.errand.jdbc;

import dev.errand.job.Quota;
import dev.errand.spi.Pace;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The limits that all workers hold, in the table `quota`.
///
/// Whoever hands out jobs, or takes a call, locks their rows first: so nobody goes beyond them.
final class Quotas {
  private static final String JOBS = "jobs";
  private static final String CALLS = "calls";

  /// Whether there are limits on jobs, as part of a question.
  static final String ANY_OF_JOBS = "exists (select 1 from quota where kind = '" + JOBS + "')";

  private Quotas() {}

  static boolean isAnyOfJobs(Session session) throws SQLException {
    return session.sql("select " + ANY_OF_JOBS).first(row -> row.getBoolean(1)).orElse(false);
  }

  static List<Quota> all(Session session, String lock) throws SQLException {
    return session
        .sql("select kind, subject, most, burst from quota order by name" + lock)
        .list(Quotas::read);
  }

  private static Quota read(ResultSet row) throws SQLException {
    var subject = row.getString(2);
    return row.getString(1).equals(JOBS)
        ? new Quota.Jobs(subject.isEmpty() ? null : subject, row.getInt(3))
        : new Quota.Calls(subject, row.getInt(3), row.getInt(4));
  }

  static Quota set(Transaction transaction, Quota quota) throws SQLException {
    var known = all(transaction.session(), transaction.database().lock());
    if (known.contains(quota)) {
      return quota;
    }
    var kind = quota instanceof Quota.Jobs ? JOBS : CALLS;
    var subject =
        switch (quota) {
          case Quota.Jobs jobs -> jobs.agent() == null ? "" : jobs.agent();
          case Quota.Calls calls -> calls.model();
        };
    int most =
        switch (quota) {
          case Quota.Jobs jobs -> jobs.most();
          case Quota.Calls calls -> calls.perMinute();
        };
    transaction
        .direct(
            """
            insert into quota (name, kind, subject, most, burst, next, told)
            values (?, ?, ?, ?, ?, 0, 0)
            on conflict (name) do update set most = excluded.most, burst = excluded.burst,
              next = 0, told = 0
            """)
        .bind(quota.name())
        .bind(kind)
        .bind(subject)
        .bind(most)
        .bind(quota instanceof Quota.Calls calls ? calls.burst() : 0)
        .update();
    return quota;
  }

  static boolean lift(Transaction transaction, String name) throws SQLException {
    return transaction.direct("delete from quota where name = ?").bind(name).update() > 0;
  }

  /// Takes one call of each limit that covers the model; when to ask again if one has none left.
  static Optional<Instant> call(Transaction transaction, String model) throws SQLException {
    var paces =
        transaction
            .direct(
                "select subject, most, burst, next, told from quota where kind = 'calls' order by"
                    + " name"
                    + transaction.database().lock())
            .list(
                row ->
                    new Pace(
                        new Quota.Calls(row.getString(1), row.getInt(2), row.getInt(3)),
                        row.getLong(4),
                        row.getLong(5)))
            .stream()
            .filter(pace -> pace.quota().covers(model))
            .toList();
    var asked = Pace.ask(paces, Instant.ofEpochMilli(transaction.now()));
    for (var pace : asked.paces()) {
      transaction
          .direct("update quota set next = ?, told = ? where name = ?")
          .bind(pace.next())
          .bind(pace.told())
          .bind(pace.quota().name())
          .update();
    }
    return Optional.ofNullable(asked.again());
  }

  /// Those that let no job go on, of these.
  static List<Quota.Jobs> shut(List<Quota> quotas) {
    var shut = new ArrayList<Quota.Jobs>();
    for (var quota : quotas) {
      if (quota instanceof Quota.Jobs jobs && jobs.most() == 0) {
        shut.add(jobs);
      }
    }
    return shut;
  }

  /// How many jobs more may be live of each agent, while some are handed out.
  static final class Left {
    private final Map<Quota.Jobs, Long> left = new HashMap<>();

    Left(Transaction transaction, List<Quota> quotas) throws SQLException {
      for (var quota : quotas) {
        if (quota instanceof Quota.Jobs jobs) {
          left.put(jobs, jobs.most() - live(transaction, jobs));
        }
      }
    }

    private static long live(Transaction transaction, Quota.Jobs quota) throws SQLException {
      var agent = quota.agent();
      var held = "select count(*) from job where process is not null and due > ?";
      var sql = transaction.direct(agent == null ? held : held + " and agent = ?");
      sql.bind(transaction.now());
      if (agent != null) {
        sql.bind(agent);
      }
      return sql.first(row -> row.getLong(1)).orElseThrow();
    }

    boolean isNone(String agent) {
      return left.entrySet().stream()
          .anyMatch(quota -> quota.getKey().covers(agent) && quota.getValue() <= 0);
    }

    void take(String agent) {
      left.replaceAll((quota, many) -> quota.covers(agent) ? many - 1 : many);
    }
  }
}
