package dev.errand.jdbc;

import dev.errand.job.JobId;
import dev.errand.job.Lease;
import dev.errand.spi.Claim;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// A store in a PostgreSQL database, which any number of processes on any number of machines may
/// have open.
///
/// Whatever a method returned as done is committed. What this process writes goes over a few
/// connections of its own, each of which commits all that has gathered at a time; a tree is always
/// written over the same one.
public final class PostgresStore extends JdbcStore {
  private static final int WRITERS = 2;
  private static final Duration SELDOM = Duration.ofSeconds(2);

  private final PostgresDatabase database;
  private final Readers claims;

  private PostgresStore(PostgresDatabase database) {
    super(database, database.clock(), WRITERS);
    this.database = database;
    this.claims = new Readers(database, 2);
  }

  /// Opens the store in the database that `source` connects to, bringing its tables up to date.
  ///
  /// @param clock tells what is due; null for the database's own, which is the same for all workers
  /// @throws dev.errand.job.StoreException if the database cannot be used, saying why and what to
  ///   do
  public static PostgresStore open(DataSource source, @Nullable InstantSource clock) {
    var database = new PostgresDatabase(source, clock);
    try {
      PostgresMigrations.apply(source);
      var store = new PostgresStore(database);
      store.start();
      database.bell().start();
      return store;
    } catch (SQLException failed) {
      throw database.trouble(failed);
    }
  }

  @Override
  List<Claim> claimDue(String worker, int limit, Duration duration) {
    long process = opening();
    return claims.read(session -> claim(session, worker, process, limit, duration));
  }

  /// Several claims at a time get different jobs: each passes over the rows that another has
  /// locked. One that a step has locked is claimed after it.
  private List<Claim> claim(
      Session session, String worker, long process, int limit, Duration duration)
      throws SQLException {
    return session
        .sql(
            """
            with setting as materialized (
              select set_config('synchronous_commit', 'off', true),
                coalesce(?, (extract(epoch from clock_timestamp()) * 1000)::bigint) as now),
            chosen as materialized (
              select job.id, due, number from setting cross join job
              where due <= now and stop is null order by due, number limit ?
              for update of job skip locked),
            claimed as (
              update job set fence = fence + 1, worker = ?, process = ?, due = now + ?, needed = 0,
                heeds = 0, place = null
              from setting where job.id = any(array(select id from chosen))
              returning job.*)
            select claimed.* from claimed join chosen on chosen.id = claimed.id
            order by chosen.due, chosen.number
            """)
        .bindOrNull(given())
        .bind(limit)
        .bind(worker)
        .bind(process)
        .bind(duration.toMillis())
        .list(
            row -> {
              var job = JobRow.read(row);
              var until = Instant.ofEpochMilli(job.number(JobRow.DUE));
              return new Claim(
                  new Lease(job.id(), worker, job.number(JobRow.FENCE), until),
                  job.record(),
                  job.number(JobRow.VERSION));
            });
  }

  /// The time, where it is not the database's.
  private @Nullable Long given() {
    return database.isOwnTime() ? null : clock().instant().toEpochMilli();
  }

  @Override
  List<Lease> renewHeld(List<Lease> leases, Duration duration) {
    return claims.read(
        session -> {
          var renewed = new HashMap<JobId, Lease>();
          renew(session, leases, duration, " skip locked")
              .forEach(lease -> renewed.put(lease.job(), lease));
          var held = new ArrayList<Lease>();
          for (var lease : leases) {
            var one = renewed.get(lease.job());
            // One whose row a step has locked just now is waited for: who waits for one and holds
            // none is in nobody's way.
            held.addAll(
                isThat(one, lease) ? List.of(one) : renew(session, List.of(lease), duration, ""));
          }
          return List.copyOf(held);
        });
  }

  private static boolean isThat(@Nullable Lease renewed, Lease lease) {
    return renewed != null && renewed.fence() == lease.fence();
  }

  private List<Lease> renew(
      Session session, List<Lease> leases, Duration duration, String howLocked)
      throws SQLException {
    var fences = new Long[leases.size()];
    var ids = new ArrayList<String>();
    for (int number = 0; number < fences.length; number++) {
      fences[number] = leases.get(number).fence();
      ids.add(leases.get(number).job().text());
    }
    return session
        .sql(
            """
            with setting as materialized (
              select set_config('synchronous_commit', 'off', true),
                coalesce(?, (extract(epoch from clock_timestamp()) * 1000)::bigint) as now),
            held as materialized (
              select job.id from unnest(?, ?) as lease (id, fence), lateral
                (select id from job
                 where job.id = lease.id and job.fence = lease.fence and worker is not null
                 for update%s) as job)
            update job set due = now + ?, place = null
            from setting where job.id = any(array(select id from held))
            returning id, worker, fence, due
            """
                .formatted(howLocked))
        .bindOrNull(given())
        .bind(ids)
        .bindNative(session.connection().createArrayOf("bigint", fences))
        .bind(duration.toMillis())
        .list(
            row ->
                new Lease(
                    new JobId(row.getString(1)),
                    row.getString(2),
                    row.getLong(3),
                    Instant.ofEpochMilli(row.getLong(4))));
  }

  @Override
  public Duration pollEvery() {
    return SELDOM;
  }

  @Override
  public AutoCloseable listen(Runnable woken) {
    return database.bell().listen(woken);
  }

  @Override
  void closeWriters() throws SQLException {
    try (claims;
        var bell = database.bell()) {
      super.closeWriters();
    }
  }
}
