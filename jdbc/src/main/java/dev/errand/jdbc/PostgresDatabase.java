package dev.errand.jdbc;

import dev.errand.job.Account;
import dev.errand.job.JobId;
import dev.errand.job.StoreException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/* A PostgreSQL database, shared by any number of workers.
 *
 * A transaction costs two journeys. The first begins it, locks the trees that its units name, in the order of their ids,
 * and reads what they are going to look at; the second writes all that was changed, in one statement per table, and
 * commits. While a tree is locked nobody else writes to it, so that the rules that hold where there is one writer hold
 * tree by tree: no end slips through between a look and a wait, a history has no gaps. A wait for a handler of another
 * tree locks that tree too. What belongs to no tree is kept in order by itself: definitions and chunks are written
 * once and are the same for all; objects have versions; stops take turns at a lock of their own.
 *
 * What the first journey would tell is often known: this process wrote it last. Then all is done in one, which proves that
 * what was known is so, or does nothing; see Known.
 *
 * Claims and renewals do not lock trees: they would wait for each other, and for steps. They take the lock of a job's
 * row, and never wait for one; a transaction takes it for each row of a job that it reads (`for update`), and so finds
 * what a claim has written, or keeps it away. So the locks of rows are no part of a circle, but where two transactions end
 * handlers for which jobs of each other's tree wait; PostgreSQL sees that, and the one that it ends is tried again.
 *
 * A statement sees what was committed when it began (read committed): the rows are read by statements that begin after
 * the trees are locked.
 *
 * A commit whose answer was lost may have been made or not. So each transaction begins by writing its number into a row
 * of its connection, in `writer`, which it has locked before the commit is sent; to lock that row is to wait until the
 * lost transaction has come to an end, and the number says to which.
 *
 * What a session could keep (settings, search paths) is not used: behind PgBouncer each transaction may have another
 * session (see PostgresSource). The planner is told by each transaction and with each question to go by indexes: the lists
 * that are bound are short, and a plan that was made while a table was small would go on to read all of it. */
final class PostgresDatabase extends Database {
  private static final Pattern TABLE =
      Pattern.compile(
          "(?i)\\b(from|join|into|update)(\\s+)"
              + "(job|entry|wait|tree|effect|definition|covariable|piece|chunk|candidate|object"
              + "|stop|account|quota|memory|card_word|card|process|writer)\\b");

  private static final Pattern ESCAPED = Pattern.compile("\\\\[0\\\\]");
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final String UNIQUE_VIOLATION = "23505";
  private static final String NOW = "(extract(epoch from clock_timestamp()) * 1000)::bigint";

  private static final String BY_INDEXES =
      "set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan',"
          + " 'off', true), set_config('enable_hashjoin', 'off', true),"
          + " set_config('enable_mergejoin', 'off', true)";

  private static final String SETTINGS_AND_NUMBER =
      """
      with setting as materialized (
        select set_config('synchronous_commit', ?, true), %s,
          set_config('idle_in_transaction_session_timeout', '15s', true))
      insert into writer (id, last, seen) overriding system value select ?, ?, %s from setting
      on conflict (id) do update set last = excluded.last, seen = excluded.seen\
      """
          .formatted(BY_INDEXES, NOW);

  /// The same where the last transaction that is known to be committed is the last that was.
  private static final String SETTINGS_AND_NEXT_NUMBER =
      """
      with setting as materialized (
        select set_config('synchronous_commit', 'on', true), %s,
          set_config('idle_in_transaction_session_timeout', '15s', true))
      update writer set last = ?, seen = %s from setting where id = ? and last = ?\
      """
          .formatted(BY_INDEXES, NOW);

  /// As `xmin` has it, which counts up to there.
  private static final String OWN_NUMBER = "txid_current() & 4294967295";

  private static final String TREES =
      "select root, sequence, xmin::text::bigint from tree where root = any(?) order by root for"
          + " update";
  private static final String MOMENT =
      "select %s, %s, %s".formatted(NOW, Quotas.ANY_OF_JOBS, OWN_NUMBER);
  private static final String JOBS =
      "select *, xmin::text::bigint from job where id = any(?) order by id for update";

  /// Writes the rows of trees that are as this process wrote them, in the order of their roots, and
  /// so locks the trees; fails if not all are, or limits on jobs are set, or
  /// [#SETTINGS_AND_NEXT_NUMBER] did not find what it is to find.
  private static final String KNOWN_TREES =
      """
      with kept as (
        update tree set sequence = known.sequence
          from unnest(?, ?, ?) as known (root, stamp, sequence)
          where tree.root = known.root and tree.xmin::text::bigint = known.stamp
        returning 1)
      select 1 / (count(*) = ? and not %s
          and exists (select 1 from writer where id = ? and last = ?))::int, %s, %s
      from kept\
      """
          .formatted(Quotas.ANY_OF_JOBS, NOW, OWN_NUMBER);

  private static final String KNOWN_JOBS =
      """
      with kept as (
        select job.id from job join unnest(?, ?) as known (id, stamp)
          on job.id = known.id and job.xmin::text::bigint = known.stamp
        order by job.id for update of job)
      select 1 / (count(*) = ?)::int from kept\
      """;

  private static final String DIVISION_BY_ZERO = "22012";
  private static final String ACCOUNTS = "select * from account where job = any(?)";
  private static final String WAITS =
      """
      select target, waiter from wait where waiter = any(?)
      union select target, waiter from wait where target = any(?)\
      """;

  private final DataSource source;
  private final ExecutorService carriers =
      Executors.newFixedThreadPool(
          Readers.MOST, Thread.ofPlatform().daemon().name("errand-store-asks-", 0).factory());
  private final DatabaseClock time;
  private final Bell bell;
  private final Known known = new Known();

  /// Jobs whose rows this process wrote past the writer.
  private final Set<JobId> claimed = ConcurrentHashMap.newKeySet();

  private final LongAdder journeys = new LongAdder();

  /// Tells what is due, where that is not this database.
  private final @Nullable InstantSource clock;

  PostgresDatabase(DataSource source, @Nullable InstantSource clock, Queues queues) {
    super(queues);
    this.source = source;
    this.clock = clock;
    this.time = new DatabaseClock();
    this.bell = new Bell(this, UUID.randomUUID().toString());
  }

  /// The clock by which it tells what is due.
  InstantSource clock() {
    return clock == null ? time : clock;
  }

  boolean isOwnTime() {
    return clock == null;
  }

  /// A connection on which each statement is a transaction.
  Session plain() throws SQLException {
    return new Session(this, PostgresSource.connect(source), "select " + BY_INDEXES + ";\n");
  }

  @Override
  Session writer() throws SQLException {
    var connection = PostgresSource.connect(source);
    try {
      connection.setAutoCommit(false);
      var session = new Session(this, connection);
      long id =
          session
              .sql("insert into writer (last, seen) values (0, " + NOW + ") returning id, seen")
              .first(
                  row -> {
                    time.set(row.getLong(2));
                    return row.getLong(1);
                  })
              .orElseThrow();
      connection.commit();
      session.writesAs(id);
      return session;
    } catch (SQLException failed) {
      connection.close();
      throw failed;
    }
  }

  @Override
  Session reader() throws SQLException {
    return plain();
  }

  @Override
  StoreException trouble(SQLException error) {
    return PostgresTrouble.with(error);
  }

  @Override
  String translated(String text) {
    return TABLE
        .matcher(text.replace("@entry_signal", "").replace("@join", "join"))
        .replaceAll("$1$2errand.$3");
  }

  @Override
  String oneOf(String column) {
    return column + " = any(?)";
  }

  @Override
  Object list(Session session, Collection<String> values) throws SQLException {
    return session.connection().createArrayOf("text", values.toArray());
  }

  @Override
  String lock() {
    return " for update";
  }

  @Override
  String skipLocked() {
    return " for update skip locked";
  }

  @Override
  void begin(Session session, Transaction transaction, boolean isDurable) throws SQLException {
    var needs = transaction.needs();
    var jobs = new ArrayList<JobRow>();
    var accounts = new ArrayList<Account>();
    var waits = new ArrayList<WaitRows.Pair>();
    needs.trees.forEach(root -> transaction.loadedSequence(root, 0));
    var texts = new ArrayList<>(List.of(SETTINGS_AND_NUMBER, TREES, MOMENT, JOBS));
    var looks = new ArrayList<Sql.Results>();
    looks.add(
        each(row -> transaction.loadedTree(row.getString(1), row.getLong(2), row.getLong(3))));
    looks.add(
        each(
            row -> {
              time.set(row.getLong(1));
              transaction.loadedLimits(row.getBoolean(2));
              transaction.stamp(row.getLong(3));
            }));
    looks.add(each(row -> jobs.add(JobRow.readStamped(row))));
    if (!needs.accounts.isEmpty()) {
      texts.add(ACCOUNTS);
      looks.add(each(row -> accounts.add(Accounts.read(row))));
    }
    if (!needs.waiters.isEmpty() || !needs.targets.isEmpty()) {
      texts.add(WAITS);
      looks.add(each(row -> waits.add(new WaitRows.Pair(row.getString(1), row.getString(2)))));
    }
    var sql =
        session
            .sql(texts)
            .bind(isDurable ? "on" : "off")
            .bind(session.writer())
            .bind(session.nextTransaction())
            .bind(needs.trees)
            .bind(needs.jobs);
    if (texts.contains(ACCOUNTS)) {
      sql.bind(needs.accounts);
    }
    if (texts.contains(WAITS)) {
      sql.bind(needs.waiters).bind(needs.targets);
    }
    sql.all(looks);
    journeys.increment();
    transaction.loaded(needs.jobs, jobs);
    transaction.loadedAccounts(needs.accounts, accounts);
    transaction.waits().loaded(needs.waiters, needs.targets, waits);
  }

  private static Sql.Results each(Sql.Look look) {
    return rows -> {
      while (rows.next()) {
        look.at(rows);
      }
    };
  }

  /// Whatever writes to a tree has locked it.
  @Override
  long lastSequence(Session session, String root) {
    throw new IllegalStateException("The tree " + root + " is not locked");
  }

  /// Whoever sees a stop sees all before it: the row that counts them is locked until it is
  /// committed. No job has the id of that row.
  @Override
  long nextStop(Transaction transaction) throws SQLException {
    return transaction
        .direct(
            """
            insert into tree (root, sequence) values ('', 1)
            on conflict (root) do update set sequence = tree.sequence + 1 returning sequence
            """)
        .first(row -> row.getLong(1))
        .orElseThrow();
  }

  /// The next question sees what those have done who were waited for here.
  @Override
  void keepChunks(Transaction transaction, List<String> addresses) throws SQLException {
    transaction
        .direct("select address from chunk where address = any(?) order by address for update")
        .bind(addresses)
        .exists();
  }

  @Override
  void write(Session session, Changes changes) throws SQLException, Collision {
    send(new PostgresWriting(session).of(changes));
  }

  @Override
  void commit(Session session, Transaction transaction, Changes changes)
      throws SQLException, Collision {
    var writing = new PostgresWriting(session);
    if (transaction.isRecalled()) {
      beginAsKnown(session, transaction, changes, writing);
      writing.ofKnown(changes);
    } else {
      writing.of(changes);
    }
    send(writing.add("commit"));
    journeys.increment();
    session.committed();
    known.learn(transaction, changes.sequences().keySet());
  }

  /// What [#begin] does, for a transaction that has what it needs: that it still has is asked in
  /// the journey that ends it.
  private void beginAsKnown(
      Session session, Transaction transaction, Changes changes, PostgresWriting writing)
      throws SQLException {
    var needs = transaction.needs();
    long number = session.nextTransaction();
    writing.add(SETTINGS_AND_NEXT_NUMBER, number, session.writer(), session.lastCommitted());
    var trees = needs.trees;
    writing
        .add(
            KNOWN_TREES,
            list(session, trees),
            PostgresWriting.numbers(session, known.stampsOfTrees(trees)),
            PostgresWriting.numbers(session, trees.stream().map(transaction::sequence).toList()),
            (long) trees.size(),
            session.writer(),
            number)
        .look(
            each(
                row -> {
                  time.set(row.getLong(2));
                  transaction.stamp(row.getLong(3));
                }));
    var jobs = new ArrayList<>(needs.jobs);
    changes.changed().stream()
        .filter(job -> PostgresWriting.isOfSteps(job.row()))
        .forEach(job -> jobs.remove(job.id().text()));
    if (!jobs.isEmpty()) {
      writing
          .add(
              KNOWN_JOBS,
              list(session, jobs),
              PostgresWriting.numbers(session, known.stampsOfJobs(jobs)),
              (long) jobs.size())
          .look(rows -> {});
    }
  }

  @Override
  boolean recall(Transaction transaction) {
    claimed.removeIf(
        job -> {
          known.drop(job.text());
          return true;
        });
    return known.recall(transaction);
  }

  /// Notes that the row of a job was claimed or renewed. Who uses what was known of it before this
  /// is noted is refused.
  void claimed(JobId job) {
    claimed.add(job);
  }

  @Override
  boolean isOutdated(SQLException error) {
    return DIVISION_BY_ZERO.equals(error.getSQLState());
  }

  @Override
  void forget(Needs needs) {
    known.forget(needs);
  }

  private static void send(PostgresWriting writing) throws SQLException, Collision {
    try {
      writing.send();
    } catch (SQLException failed) {
      if (UNIQUE_VIOLATION.equals(failed.getSQLState())) {
        throw new Collision();
      }
      throw failed;
    }
  }

  /// There is no place for U+0000 in a text.
  @Override
  String escaped(String text) {
    return text.replace("\\", "\\\\").replace("\0", "\\0");
  }

  @Override
  String unescaped(String stored) {
    return ESCAPED.matcher(stored).replaceAll(found -> found.group().equals("\\0") ? "\0" : "\\\\");
  }

  @Override
  CardWords cardWords() {
    return new PostgresCardWords();
  }

  @Override
  void rollback(Session session) throws SQLException {
    session.connection().rollback();
  }

  @Override
  void beginReading(Session session) throws SQLException {
    session.connection().setAutoCommit(false);
    session.script("set transaction isolation level repeatable read, read only");
  }

  @Override
  void endReading(Session session) throws SQLException {
    session.connection().rollback();
    session.connection().setAutoCommit(true);
  }

  @Override
  boolean isPassing(SQLException error) {
    return PostgresTrouble.isPassing(error);
  }

  @Override
  Duration patience() {
    return PATIENCE;
  }

  @Override
  boolean isCommitted(Session session) throws SQLException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try (var other = plain()) {
        return other
            .sql(
                """
                update writer set last = case when last < ? then ? else last end where id = ?
                returning last\
                """)
            .bind(session.lastTransaction())
            .bind(session.lastTransaction() + 1)
            .bind(session.writer())
            .first(row -> row.getLong(1) == session.lastTransaction())
            .orElse(false);
      } catch (SQLException failed) {
        if (!isPassing(failed) || System.nanoTime() > end) {
          throw failed;
        }
        LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
      }
    }
  }

  /// An interrupt closes the socket that a virtual thread reads from, and jobs' threads are virtual
  /// and are interrupted: they have others ask.
  @Override
  <T> T carries(Supplier<T> work) {
    if (!Thread.currentThread().isVirtual()) {
      return work.get();
    }
    try {
      return CompletableFuture.supplyAsync(work, carriers).join();
    } catch (RejectedExecutionException ended) {
      throw new StoreException("The store is closed; open it again.", ended);
    } catch (CompletionException failed) {
      throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
    }
  }

  @Override
  boolean isCarriedByCallers() {
    return !Thread.currentThread().isVirtual();
  }

  @Override
  void close() {
    carriers.shutdown();
  }

  @Override
  ReentrantLock turn() {
    return new ReentrantLock();
  }

  @Override
  void committed(int units, long bytes, boolean isNews) {
    if (isNews) {
      bell.changed();
    }
  }

  /// How often the database was asked to begin or to end a transaction of the writer.
  long journeys() {
    return journeys.sum();
  }

  Bell bell() {
    return bell;
  }
}
