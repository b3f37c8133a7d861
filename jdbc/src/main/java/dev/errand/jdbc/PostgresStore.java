package dev.errand.jdbc;

import dev.errand.job.JobId;
import dev.errand.job.Lease;
import dev.errand.spi.Claim;
import dev.errand.spi.Turns;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// A store in a PostgreSQL database, which any number of processes on any number of machines may
/// have open.
///
/// Whatever a method returned as done is committed. What this process writes goes over a connection
/// of its own, which commits all that has gathered at a time.
public final class PostgresStore extends JdbcStore {
  private static final Duration SELDOM = Duration.ofSeconds(2);

  /// The queues are found one after the other by the index, and of each no more rows than may be
  /// handed out; the k-th of each comes before the next of any.
  private static final String CLAIM =
      """
      with recursive setting as materialized (
        select set_config('synchronous_commit', 'off', true),
          coalesce(?, (extract(epoch from clock_timestamp()) * 1000)::bigint) as now),
      more as materialized (
        select exists (select 1 from quota) or exists (
          select 1 from job cross join setting
          where due <= now and due is not null and place is null and stop is null) as is_more),
      queue (agent, priority) as (
        (select agent, priority from job where place is not null and stop is null
         order by agent, priority desc limit 1)
        union all
        select next.agent, next.priority from queue cross join lateral (
          (select agent, priority from job where place is not null and stop is null
             and agent = queue.agent and priority < queue.priority
           order by priority desc limit 1)
          union all
          (select agent, priority from job where place is not null and stop is null
             and agent > queue.agent
           order by agent, priority desc limit 1)
          limit 1) as next),
      line as materialized (
        select queue.agent, queue.priority, first.* from queue cross join lateral (
          select id, place, due, number from job where place is not null and stop is null
            and agent = queue.agent and priority = queue.priority
          order by place, due, number limit ? for update skip locked) as first),
      numbered as (
        select line.*, coalesce(turn, 0) as turn,
          row_number() over queue as k,
          first_value(due) over queue as first_due,
          first_value(number) over queue as first_number
        from line left join unnest(?, ?, ?) as served (agent, priority, turn)
          on served.agent = line.agent and served.priority = line.priority
        window queue as (partition by line.agent, line.priority order by place, due, number)),
      chosen as materialized (
        select id, place, row_number() over (
          order by priority desc, k, turn, first_due, first_number) as position
        from numbered where not (select is_more from more)
        order by position limit ?),
      claimed as (
        update job set fence = fence + 1, worker = ?, process = ?, due = now + ?, needed = 0,
          heeds = 0, place = null
        from setting where job.id = any(array(select id from chosen))
        returning job.*)
      select claimed.*, chosen.place, more.is_more
      from more left join (claimed join chosen on chosen.id = claimed.id) on true
      order by chosen.position
      """;

  private static final int JOB_ID = 2;
  private static final int OLD_PLACE = Table.JOB.columns().size() + 2;
  private static final int IS_MORE = OLD_PLACE + 1;

  private final PostgresDatabase database;
  private final Readers claims;

  private PostgresStore(PostgresDatabase database) {
    super(database, database.clock());
    this.database = database;
    this.claims = new Readers(database, 2);
  }

  /// Opens the store in the database that `source` connects to, bringing its tables up to date.
  ///
  /// @param clock tells what is due; null for the database's own, which is the same for all workers
  /// @throws dev.errand.job.StoreException if the database cannot be used, saying why and what to
  ///   do
  public static PostgresStore open(DataSource source, @Nullable InstantSource clock) {
    return open(source, clock, new Queues());
  }

  static PostgresStore open(DataSource source, @Nullable InstantSource clock, Queues queues) {
    var database = new PostgresDatabase(source, clock, queues);
    try {
      PostgresMigrations.apply(source);
    } catch (SQLException failed) {
      throw database.trouble(failed);
    }
    var store = new PostgresStore(database);
    try {
      store.start();
      database.bell().start();
      return store;
    } catch (SQLException failed) {
      store.close();
      throw database.trouble(failed);
    }
  }

  /// How often the writer has asked the database and waited.
  long journeys() {
    return database.journeys();
  }

  @Override
  List<Claim> claimDue(String worker, int limit, Duration duration) {
    long process = opening();
    var attempt = claims.read(session -> claim(session, worker, process, limit, duration));
    return attempt.orElseGet(() -> write(new Claiming(worker, process, limit, duration)));
  }

  /// Claims by one statement, which is what it takes as long as there are no limits, and nothing
  /// fell due by the passing of time: that must take its place first. Empty where there is more to
  /// do.
  ///
  /// Several claims at a time get different jobs: each passes over the rows that another has
  /// locked. One that a step has locked is claimed after it.
  private Optional<List<Claim>> claim(
      Session session, String worker, long process, int limit, Duration duration)
      throws SQLException {
    var served = database.queues().served();
    var agents = served.stream().map(Turns.Queue::agent).toArray(String[]::new);
    var priorities = served.stream().map(queue -> (long) queue.priority()).toArray(Long[]::new);
    var turns = served.stream().map(database.queues()::lastTurn).toArray(Long[]::new);
    var connection = session.connection();
    var claims = new ArrayList<Claim>();
    boolean isMore =
        session
            .sql(CLAIM)
            .bindOrNull(given())
            .bind(limit)
            .bindNative(connection.createArrayOf("text", agents))
            .bindNative(connection.createArrayOf("bigint", priorities))
            .bindNative(connection.createArrayOf("bigint", turns))
            .bind(limit)
            .bind(worker)
            .bind(process)
            .bind(duration.toMillis())
            .list(
                row -> {
                  if (row.getString(JOB_ID) != null) {
                    claims.add(claimed(row, worker));
                  }
                  return row.getBoolean(IS_MORE);
                })
            .contains(true);
    if (isMore) {
      return Optional.empty();
    }
    database.know(List.of());
    return Optional.of(claims);
  }

  private Claim claimed(ResultSet row, String worker) throws SQLException {
    var job = JobRow.read(row);
    database.claimed(job.id());
    database.queues().handOut(Claiming.queue(job), row.getLong(OLD_PLACE));
    var until = Instant.ofEpochMilli(job.number(JobRow.DUE));
    var lease = new Lease(job.id(), worker, job.number(JobRow.FENCE), until);
    return new Claim(lease, job.record(), job.number(JobRow.VERSION));
  }

  /// The time, where it is not the database's.
  private @Nullable Long given() {
    return database.isOwnTime() ? null : clock().instant().toEpochMilli();
  }

  @Override
  List<Lease> renewHeld(List<Lease> leases, Duration duration) {
    return claims.read(
        session -> {
          leases.forEach(lease -> database.claimed(lease.job()));
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
  public Listening listen(Runnable woken) {
    return database.bell().listen(woken);
  }

  @Override
  @SuppressWarnings("try") // both are only closed here
  void closeWriter() throws SQLException {
    try (claims;
        var bell = database.bell()) {
      super.closeWriter();
    }
  }
}
