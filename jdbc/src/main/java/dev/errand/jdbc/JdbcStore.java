package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import dev.errand.job.Account;
import dev.errand.job.Blob;
import dev.errand.job.Budget;
import dev.errand.job.Callback;
import dev.errand.job.Card;
import dev.errand.job.Checkpoint;
import dev.errand.job.Completion;
import dev.errand.job.DurableObject;
import dev.errand.job.Effect;
import dev.errand.job.EffectKey;
import dev.errand.job.Entry;
import dev.errand.job.Finding;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobEffect;
import dev.errand.job.JobException;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.Lease;
import dev.errand.job.MemorySummary;
import dev.errand.job.NewJob;
import dev.errand.job.Note;
import dev.errand.job.Outcome;
import dev.errand.job.Quota;
import dev.errand.job.Stop;
import dev.errand.job.Wait;
import dev.errand.spi.Claim;
import dev.errand.spi.Receipt;
import dev.errand.spi.SearchWords;
import dev.errand.spi.Step;
import dev.errand.spi.Store;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The store over a database; what the dialects do differently is their [Database]'s, and said by
/// the two stores that extend this.
///
/// Whatever a method returned as done is on disk. What units of this process write is gathered into
/// transactions; see [Writer].
abstract class JdbcStore implements Store {
  private static final int LOOKED_THROUGH = 10_000;
  private static final Duration BETWEEN_ROLL_CALLS = Duration.ofSeconds(1);

  /// Any of the jobs that are due already, and the first of those that are due by the time.
  private static final String FIRST_DUE =
      """
      select * from (
        select due, agent from job where place is not null and stop is null
        order by agent, priority desc, place, due, number limit 1) as ready
      union all
      select * from (
        select due, agent from job
        where due is not null and place is null and stop is null
        order by due, number limit ?) as later
      """;

  /// The same, of each agent.
  private static final String DUE_BY_AGENT =
      """
      select * from (
        select min(due), agent from job
        where place is not null and stop is null group by agent) as ready
      union all
      select * from (
        select due, agent from job
        where due is not null and place is null and stop is null
        order by due, number limit ?) as later
      """;

  private final Database database;
  private final InstantSource clock;
  private final Writer writer;
  private final Readers readers;
  private final ProcessIdentity process = ProcessIdentity.current();
  private final AtomicLong nextRollCall = new AtomicLong();
  private final AtomicBoolean closed = new AtomicBoolean();

  /// This opening as the database knows it; 0 while nothing was claimed through it.
  private final AtomicLong opening = new AtomicLong();

  JdbcStore(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
    this.readers = new Readers(database);
    this.writer = new Writer(database, clock);
  }

  /// Connects the writer, and goes on with the turns where the jobs in the queues stand.
  void start() throws SQLException {
    readers.read(
        session -> {
          Standing.FIRST.each(
              session, queue -> database.queues().resume(queue.name(), queue.place()));
          return true;
        });
    writer.start();
  }

  Database database() {
    return database;
  }

  Readers readers() {
    return readers;
  }

  /// Carries out a unit of work.
  <T> T write(Work<T> work) {
    return writer.write(work);
  }

  @Override
  public InstantSource clock() {
    return clock;
  }

  @Override
  public JobId submit(NewJob job) {
    return write(new Submission(job));
  }

  @Override
  public List<Claim> claim(String worker, int limit, Duration duration) {
    requirePositive(duration);
    if (limit < 0) {
      throw new IllegalArgumentException("Cannot claim " + limit + " jobs");
    }
    takeBackLeasesOfTheDead();
    return limit == 0 ? List.of() : claimDue(worker, limit, duration);
  }

  /// Hands at most so many due jobs to a worker, if there are any.
  abstract List<Claim> claimDue(String worker, int limit, Duration duration);

  @Override
  public List<Lease> renew(Collection<Lease> leases, Duration duration) {
    requirePositive(duration);
    return leases.isEmpty() ? List.of() : renewHeld(List.copyOf(leases), duration);
  }

  abstract List<Lease> renewHeld(List<Lease> leases, Duration duration);

  @Override
  public Receipt commit(Step step) {
    long process = step.taking().most() == 0 ? 0 : opening();
    return write(new StepCommit(step, process));
  }

  @Override
  public Optional<Instant> nextDue() {
    return Stream.concat(nextJob().stream(), readers.read(Stops::nextDue).stream())
        .min(Comparator.naturalOrder());
  }

  @Override
  public boolean busy() {
    return nextJob().isPresent() || readers.read(Stops::isAny);
  }

  /// When the next job may be claimed. What a limit that lets none go on holds back is not due.
  private Optional<Instant> nextJob() {
    long now = clock.instant().toEpochMilli();
    return readers.read(
        session -> {
          var shut = Quotas.shut(database.knownQuotas().orElse(List.of()));
          var moments = new ArrayList<Long>();
          session
              .sql(shut.isEmpty() ? FIRST_DUE : DUE_BY_AGENT)
              .bind(shut.isEmpty() ? 1 : LOOKED_THROUGH)
              .each(row -> addUnlessShut(moments, row, shut, now));
          return moments.stream().min(Comparator.naturalOrder()).map(Instant::ofEpochMilli);
        });
  }

  private static void addUnlessShut(
      List<Long> moments, ResultSet row, List<Quota.Jobs> shut, long now) throws SQLException {
    long due = row.getLong(1);
    var agent = row.getString(2);
    if (due > now || shut.stream().noneMatch(quota -> quota.covers(agent))) {
      moments.add(due);
    }
  }

  @Override
  public Optional<JobRecord> find(JobId id) {
    return readers.read(
        session ->
            session.sql("select * from job where id = ?").bind(id.text()).first(JobRow::job));
  }

  @Override
  public List<JobRecord> find(Collection<JobId> ids) {
    var texts = ids.stream().map(JobId::text).distinct().toList();
    return readers.read(
        session ->
            session
                .sql("select * from job where " + database.oneOf("id"))
                .bind(texts)
                .list(JobRow::job));
  }

  @Override
  public Optional<JobRecord> findByKey(String key) {
    return readers.read(
        session ->
            session
                .sql("select * from job where key = ? and parent is null")
                .bind(key)
                .first(JobRow::job));
  }

  @Override
  public List<JobRecord> jobs(String prefix, String after, int limit) {
    return readers.read(
        session ->
            // An id has only letters, digits and dots, which all come before '{'.
            session
                .sql(
                    """
                    select * from job
                    where id >= ? and id > ? and id < ? || '{' order by id limit ?
                    """)
                .bind(prefix)
                .bind(after)
                .bind(prefix)
                .bind(limit)
                .list(JobRow::job));
  }

  @Override
  public List<JobRecord> children(JobId parent, int after, int limit) {
    return readers.read(
        session ->
            session
                .sql(
                    """
                    select * from job where parent = ? and ordinal > ? order by ordinal limit ?
                    """)
                .bind(parent.text())
                .bind(after)
                .bind(limit)
                .list(JobRow::job));
  }

  @Override
  public Optional<JobRecord> childBySubtaskId(JobId parent, Json subtaskId) {
    return readers.read(
        session ->
            session
                .sql(
                    """
                    select * from job
                    where parent = ? and subtask_id = ? and subtask_id <> 'null'
                    """)
                .bind(parent.text())
                .bind(subtaskId.print())
                .first(JobRow::job));
  }

  @Override
  public List<JobRecord> ended(JobId parent, long after, int limit) {
    return readers.read(
        session ->
            session
                .sql(
                    """
                    select * from job where parent = ? and told > 0 and told > ?
                    order by told limit ?
                    """)
                .bind(parent.text())
                .bind(after)
                .bind(limit)
                .list(JobRow::job));
  }

  @Override
  public News news(JobId job, long after, int limit) {
    return readers.read(
        session -> session.atOneMoment(moment -> Signals.news(moment, job, after, limit)));
  }

  @Override
  public Optional<Wait> waiting(JobId job) {
    return readers.read(session -> session.atOneMoment(moment -> Waits.of(moment, job)));
  }

  @Override
  public List<Callback> callbacks(@Nullable JobId top, @Nullable JobId after, int limit) {
    return readers.read(session -> Signals.callbacks(session, top, after, limit));
  }

  @Override
  public long signal(JobId job, Json.Object message) {
    return write(on(job, transaction -> Signals.say(transaction, job, message, true)));
  }

  @Override
  public void complete(JobId job, Completion completion) {
    write(
        on(
            job,
            transaction -> {
              Signals.complete(transaction, job, completion);
              return job;
            }));
  }

  @Override
  public int stop(JobId top, Outcome outcome, Duration grace) {
    return write(on(top, transaction -> Stops.stop(transaction, top, outcome, grace)));
  }

  @Override
  public List<Stop> stops(long after) {
    return readers.read(session -> Stops.after(session, after));
  }

  @Override
  public Optional<Stop> stopOf(JobId job) {
    return readers.read(session -> Stops.of(session, job));
  }

  @Override
  public int sweep(int limit, Duration grace) {
    long now = clock.instant().toEpochMilli();
    // A look costs less than a transaction, and mostly there is nothing.
    var due = readers.read(session -> Stops.due(session, now, limit));
    return due.isEmpty() ? 0 : write(new Stops.Sweep(due, limit, grace));
  }

  @Override
  public List<Account> accounts(JobId top, @Nullable JobId after, int limit) {
    return readers.read(session -> Accounts.within(session, top, after, limit));
  }

  @Override
  public void grant(JobId job, Budget more) {
    write(
        on(
            job,
            transaction -> {
              Accounts.grant(transaction, job, more);
              return job;
            }));
  }

  @Override
  public void limit(Quota quota) {
    write(transaction -> Quotas.set(transaction, quota));
    database.know(quotas());
  }

  @Override
  public boolean lift(String name) {
    boolean isLifted = write(transaction -> Quotas.lift(transaction, name));
    database.know(quotas());
    return isLifted;
  }

  @Override
  public List<Quota> quotas() {
    return readers.read(session -> Quotas.all(session, ""));
  }

  @Override
  public Optional<Instant> call(String model) {
    var known = database.knownQuotas().orElseGet(this::quotas);
    database.know(known);
    boolean isLimited =
        known.stream().anyMatch(quota -> quota instanceof Quota.Calls calls && calls.covers(model));
    return isLimited ? write(transaction -> Quotas.call(transaction, model)) : Optional.empty();
  }

  @Override
  public Count count(JobId root) {
    return readers.read(
        session ->
            // The ids of a tree are neighbours: '/' is what comes after '.'.
            session
                .sql(
                    """
                    select count(*), count(*) filter (where status = 'DONE') from job
                    where id > ? || '.' and id < ? || '/'
                    """)
                .bind(root.text())
                .bind(root.text())
                .first(row -> new Count(row.getInt(1), row.getInt(2)))
                .orElseThrow());
  }

  @Override
  public Optional<JobDefinition> definition(String address) {
    return readers.read(session -> StoredDefinition.find(session, address));
  }

  @Override
  public Optional<Checkpoint> checkpoint(JobId job) {
    return readers.read(
        session ->
            Workspaces.exists(session, job)
                ? session.atOneMoment(moment -> Workspaces.at(moment, job, Workspaces.STILL - 1))
                : Optional.empty());
  }

  @Override
  public Optional<Checkpoint> checkpoint(JobId job, int turn) {
    return readers.read(
        session -> session.atOneMoment(moment -> Workspaces.kept(moment, job, turn)));
  }

  @Override
  public Map<String, Blob> chunks(Collection<String> addresses) {
    return readers.read(session -> Workspaces.chunks(session, addresses));
  }

  @Override
  public void fork(JobId job, int turn, JobId fork) {
    write(new Forking(job, turn, fork));
  }

  @Override
  public void forget(JobId job, int turn) {
    write(new Forgetting(job, turn));
  }

  @Override
  public Freed collect(int limit) {
    // A look costs less than a transaction, and mostly there is nothing.
    boolean isAny =
        readers.read(session -> session.sql("select 1 from candidate limit 1").exists());
    return isAny ? write(new Collecting(limit)) : new Freed(0, 0, false);
  }

  @Override
  public List<Effect> journal(JobId job, int turn, int statement) {
    return readers.read(session -> Effects.journal(session, job, turn, statement));
  }

  @Override
  public List<JobEffect> effects(@Nullable JobId top, @Nullable EffectKey after, int limit) {
    return readers.read(session -> Effects.all(session, top, after, limit));
  }

  @Override
  public List<JobEffect> unknownEffects(@Nullable JobId top, @Nullable EffectKey after, int limit) {
    return readers.read(session -> Effects.unknown(session, top, after, limit));
  }

  @Override
  public void resolve(EffectKey key, Finding finding) {
    write(
        on(
            key.job(),
            transaction -> {
              Effects.resolve(transaction, key, finding);
              return key;
            }));
  }

  @Override
  public Optional<DurableObject> object(String id) {
    return readers.read(session -> DurableObjects.find(session, id));
  }

  @Override
  public Optional<DurableObject> objectByKey(String key) {
    return readers.read(session -> DurableObjects.findByKey(session, key));
  }

  @Override
  public List<DurableObject> objects(String after, int limit) {
    return readers.read(session -> DurableObjects.after(session, after, limit));
  }

  @Override
  public void change(DurableObject object) {
    var written = DurableObjects.Written.of(object);
    write(
        transaction -> {
          written.apply(transaction);
          return object;
        });
  }

  @Override
  public Card remember(String memory, String id, Note note, @Nullable JobId by) {
    var written = Memories.Written.of(memory, id, note, by);
    return write(written::insert);
  }

  @Override
  public Optional<Card> rewrite(String memory, String id, Note note, @Nullable JobId by) {
    var written = Memories.Written.of(memory, id, note, by);
    return write(written::update);
  }

  @Override
  public boolean forgetCard(String memory, String id) {
    return write(transaction -> Memories.forget(transaction, memory, id));
  }

  @Override
  public void retrieved(String memory, Collection<String> ids) {
    if (!ids.isEmpty()) {
      write(new Memories.Retrieval(memory, List.copyOf(ids)));
    }
  }

  @Override
  public Optional<Card> card(String memory, String id) {
    return readers.read(session -> Memories.find(session, memory, id));
  }

  @Override
  public List<Card> cards(String memory, String after, int limit) {
    return readers.read(session -> Memories.after(session, memory, after, limit));
  }

  @Override
  public long countCards(String memory) {
    return readers.read(session -> Memories.count(session, memory));
  }

  @Override
  public List<Match> search(String memory, SearchWords words, int limit) {
    return readers.read(
        session -> session.atOneMoment(moment -> Memories.search(moment, memory, words, limit)));
  }

  @Override
  public List<MemorySummary> memories() {
    return readers.read(Memories::all);
  }

  @Override
  public List<Entry> history(JobId job, long after, int limit) {
    return readers.read(
        session ->
            session
                .sql(
                    """
                    select sequence, time, job, turn, kind, data from entry
                    where job = ? and sequence > ? order by sequence limit ?
                    """)
                .bind(job.text())
                .bind(after)
                .bind(limit)
                .list(History::entry));
  }

  @Override
  public List<Entry> events(JobId root, long after, int limit) {
    return readers.read(
        session ->
            session
                .sql(
                    """
                    select sequence, time, job, turn, kind, data from entry
                    where job = ? and sequence > ?
                    union all
                    select sequence, time, job, turn, kind, data from entry
                    where root = ? and job <> root and sequence > ?
                    order by sequence limit ?
                    """)
                .bind(root.text())
                .bind(after)
                .bind(root.text())
                .bind(after)
                .bind(limit)
                .list(History::entry));
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      handBackLeases();
      try (readers) {
        closeWriter();
      } catch (SQLException failed) {
        throw database.trouble(failed);
      } finally {
        database.close();
      }
    }
  }

  /// Ends all that writes.
  void closeWriter() throws SQLException {
    writer.close();
  }

  private void handBackLeases() {
    try {
      if (opening.get() != 0) {
        endOpening(opening.get());
      }
    } catch (JobException leftToOthers) {
      // Whoever claims next finds that this process is dead, or the leases run out.
    }
  }

  /// This opening's number; two who ask first register it twice, and one of the two is dropped.
  long opening() {
    long known = opening.get();
    if (known != 0) {
      return known;
    }
    long fresh = write(transaction -> Processes.register(transaction, process));
    if (opening.compareAndSet(0, fresh)) {
      return fresh;
    }
    endOpening(fresh);
    return opening.get();
  }

  /// Looks at the first claim, and then now and then, who of those that had the store open is gone.
  private void takeBackLeasesOfTheDead() {
    long now = clock.instant().toEpochMilli();
    long due = nextRollCall.get();
    if (now >= due && nextRollCall.compareAndSet(due, now + BETWEEN_ROLL_CALLS.toMillis())) {
      readers.read(session -> Processes.dead(session, process)).forEach(this::endOpening);
    }
  }

  private void endOpening(long gone) {
    write(transaction -> Processes.end(transaction, gone));
  }

  /// For tests: does something on the writing connection.
  <T> T onWriter(Work<T> work) {
    return write(work);
  }

  /// For tests: does something on a reading connection.
  <T> T onReader(Readers.Question<T> question) {
    return readers.read(question);
  }

  private static <T> Work<T> on(JobId job, Work<T> work) {
    return new Work<>() {
      @Override
      public T apply(Transaction transaction) throws SQLException, Collision {
        return work.apply(transaction);
      }

      @Override
      public void announce(Needs needs) {
        needs.job(job);
      }
    };
  }

  private static void requirePositive(Duration duration) {
    if (duration.toMillis() <= 0) {
      throw new IllegalArgumentException("A lease needs a positive duration, not " + duration);
    }
  }
}
