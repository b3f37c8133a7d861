package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import dev.errand.job.Account;
import dev.errand.job.JobId;
import dev.errand.job.UnknownJobException;
import dev.errand.spi.Turns;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/* What the units of work of one transaction share. What it has read and written may outlive it (see Known), but nothing
 * here relies on that.
 *
 * Rows of jobs, accounts and waits are read once and changed in memory, entries and effects gathered, and all that is
 * written together at the end, in sets: a database at the other end of a wire is asked twice per transaction at most,
 * however many units there are and however many rows they change. While the transaction lasts nobody else changes what it
 * has read: SQLite has one writer; PostgreSQL locks the trees that the units name, and the rows of jobs as they are read,
 * since claims and renewals, which never wait for another row, take no lock on a tree. What was known and not read is
 * proved as the locks are taken.
 *
 * A question that is not about one key is asked of the database, after it has been told of what was changed so far (see
 * sql). What a refused unit has changed is undone in memory; where the database was told of some of it, the transaction
 * is spoiled, and its units are tried one by one. */
final class Transaction {
  private final Database database;
  private final Session session;
  private final boolean isCareful;
  private final Map<String, Optional<JobRow>> jobs = new HashMap<>();
  private final Set<JobRow> touched = new LinkedHashSet<>();
  private final Map<String, Optional<Account>> accounts = new HashMap<>();
  private final Set<String> changedAccounts = new LinkedHashSet<>();
  private final Map<String, Long> sequences = new HashMap<>();
  private final Set<String> changedSequences = new LinkedHashSet<>();

  /// The trees whose rows were read, with the number of the transaction that wrote each last.
  private final Map<String, Long> trees = new HashMap<>();

  private final Set<JobId> created = new HashSet<>();
  private final Set<String> claimed = new HashSet<>();
  private final List<@Nullable Object[]> entries = new ArrayList<>();
  private final Map<List<@Nullable Object>, @Nullable Object[]> effects = new LinkedHashMap<>();
  private final Map<String, String> definitions = new LinkedHashMap<>();
  private final Set<String> storedDefinitions;
  private final Needs needs;
  private final Set<String> seenDefinitions = new HashSet<>();
  private final WaitRows waits;

  /// Children that wait for a place, by parent; see [Places].
  private final Map<JobId, Places.Queue> queues = new HashMap<>();

  private final List<Runnable> undo = new ArrayList<>();
  private final List<Fallen> fallen = new ArrayList<>();

  /// Those of the unit that have taken their places.
  private final Set<JobId> fell = new LinkedHashSet<>();

  private boolean isTakingTurns;
  private long unit;
  private long now;
  private boolean isTold;
  private boolean hasGuessed;
  private boolean isNews;
  private @Nullable Boolean hasLimits;
  private boolean hasAsked;
  private boolean isRecalled;
  private boolean hasWritten;
  private long stamp;

  /// @param needs what its units are going to look at
  /// @param isCareful whether units are to look before they insert what is almost surely new
  /// @param storedDefinitions addresses that are surely stored
  Transaction(
      Database database,
      Session session,
      Needs needs,
      boolean isCareful,
      Set<String> storedDefinitions) {
    this.database = database;
    this.needs = needs;
    this.session = session;
    this.isCareful = isCareful;
    this.storedDefinitions = storedDefinitions;
    this.waits = new WaitRows(session, undo::add);
  }

  /// Begins the next unit of work, which happens at one moment.
  void beginUnit() {
    unit++;
    undo.clear();
    fell.clear();
    isTold = false;
    hasGuessed = false;
  }

  /// The moment of the units that follow, in milliseconds.
  void setNow(long millis) {
    now = millis;
  }

  long now() {
    return now;
  }

  boolean isCareful() {
    return isCareful;
  }

  /// Asks or tells the database something that is not about one job's row, after all that was
  /// changed so far.
  Sql sql(String text) throws SQLException, Collision {
    flush();
    isTold = true;
    hasAsked = true;
    return session.sql(text);
  }

  /// Asks or tells the database something about a table of which nothing is kept here.
  Sql direct(String text) throws SQLException {
    isTold = true;
    hasAsked = true;
    return session.sql(text);
  }

  /// For questions about tables of which nothing is kept here.
  Session session() {
    return session;
  }

  Database database() {
    return database;
  }

  WaitRows waits() {
    return waits;
  }

  Map<JobId, Places.Queue> queues() {
    return queues;
  }

  /// The row of a job; none of it is changed but by [#change].
  Optional<JobRow> find(JobId id) throws SQLException {
    var known = jobs.get(id.text());
    if (known == null) {
      load(List.of(id.text()));
      known = jobs.get(id.text());
    }
    return known == null ? Optional.empty() : known;
  }

  /// Whether the job was created in this transaction.
  boolean isNew(JobId id) {
    return created.contains(id);
  }

  /// Whether a job is known here to exist; one that is not may exist all the same.
  boolean has(JobId id) {
    var known = jobs.get(id.text());
    return known != null && known.isPresent();
  }

  /// The row of a job.
  ///
  /// @throws UnknownJobException if there is none
  JobRow job(JobId id) throws SQLException {
    return find(id).orElseThrow(() -> new UnknownJobException(id.text()));
  }

  private void load(Collection<String> ids) throws SQLException {
    loaded(ids, session.jobsToChange(ids));
  }

  /// Takes note of what the database has of these.
  void loaded(Collection<String> ids, List<JobRow> rows) {
    ids.forEach(id -> jobs.putIfAbsent(id, Optional.empty()));
    rows.forEach(row -> jobs.put(row.id().text(), Optional.of(row)));
  }

  /// Those of these jobs whose handlers have not ended, and those that do not exist.
  Waits.Awaited awaited(Collection<String> ids) throws SQLException {
    var open = new ArrayList<String>();
    var unknown = new ArrayList<String>();
    var toRead = new ArrayList<String>();
    for (var id : ids) {
      var known = jobs.get(id);
      if (known == null) {
        toRead.add(id);
      } else if (known.isEmpty()) {
        unknown.add(id);
      } else if (known.get().number(JobRow.TOLD) == 0) {
        open.add(id);
      }
    }
    if (!toRead.isEmpty()) {
      unknown.addAll(toRead);
      session
          .sql("select id, told from job where " + database.oneOf("id"))
          .bind(toRead)
          .each(
              row -> {
                unknown.remove(row.getString(1));
                if (row.getLong(2) == 0) {
                  open.add(row.getString(1));
                }
              });
    }
    return new Waits.Awaited(open, unknown);
  }

  /// The row of a job that is about to be changed.
  Row change(JobRow job) {
    if (job.isFirstChangeBy(unit)) {
      undo.add(job.row().mark());
    }
    touched.add(job);
    return job.row();
  }

  /// Has a job take a place in its queue if it is due, which it does once the unit is done; it
  /// counts as one that has begun, or not, by how it stands now.
  void fallDue(JobRow job) {
    boolean isDue = !job.isNull(JobRow.DUE) && job.number(JobRow.DUE) <= now;
    if (isDue && job.isNull(JobRow.STOP) && job.isNull(JobRow.PLACE)) {
      fallen.add(new Fallen(job, Claiming.hasBegun(job)));
      undo.add(fallen::removeLast);
      change(job).set(JobRow.PLACE, (Object) (-(long) fallen.size()));
    }
  }

  /// The place that a job takes that is due.
  long placeOf(JobRow job) {
    return take(new Fallen(job, Claiming.hasBegun(job)));
  }

  void handOut(Turns.Queue queue, long place) {
    keepTurns();
    database.queues().handOut(queue, place);
  }

  long lastTurn(Turns.Queue queue) {
    return database.queues().lastTurn(queue);
  }

  private long take(Fallen one) {
    keepTurns();
    return database.queues().take(Claiming.queue(one.job), one.job.id().root(), one.hasBegun);
  }

  private void keepTurns() {
    if (!isTakingTurns) {
      isTakingTurns = true;
      database.queues().mark();
    }
  }

  /// Those that fell due take their places. One that was handed back since, or is due no more, has
  /// lost it.
  private void takePlaces() {
    for (int number = 1; number <= fallen.size(); number++) {
      var one = fallen.get(number - 1);
      long place = take(one);
      if (one.job.number(JobRow.PLACE) == -number) {
        one.job.row().set(JobRow.PLACE, place);
        fell.remove(one.job.id());
        fell.add(one.job.id());
      }
    }
    fallen.clear();
  }

  /// Ends a unit that may take what it made due: the jobs that fell due by it and stand in their
  /// queues now, in the order in which they fell due.
  List<JobRow> endUnit() throws SQLException {
    takePlaces();
    var standing = new ArrayList<JobRow>();
    for (var id : fell) {
      var job = job(id);
      if (!job.isNull(JobRow.PLACE) && job.isNull(JobRow.STOP)) {
        standing.add(job);
      }
    }
    return standing;
  }

  /// Takes note whether limits on jobs are set.
  void loadedLimits(boolean isAny) {
    hasLimits = isAny;
  }

  /// Whether limits on jobs are set, which only a claim minds.
  boolean hasLimits() throws SQLException {
    if (hasLimits == null) {
      hasLimits = Quotas.isAnyOfJobs(session);
    }
    return hasLimits;
  }

  /// Takes back the places that were taken, since nothing of this is committed.
  void abandon() {
    if (isTakingTurns) {
      database.queues().takeBack();
    }
  }

  /// A job that fell due, and whether it had begun then.
  private record Fallen(JobRow job, boolean hasBegun) {}

  /// Adds a job, whose id is not known to be taken.
  void insert(JobRow job) {
    var id = job.id().text();
    var before = jobs.put(id, Optional.of(job));
    hasGuessed = !isCareful;
    touched.add(job);
    created.add(job.id());
    job.isFirstChangeBy(unit);
    waits.loaded(List.of(id), List.of(id), List.of());
    accounts.putIfAbsent(id, Optional.empty());
    undo.add(
        () -> {
          touched.remove(job);
          created.remove(job.id());
          if (before == null) {
            jobs.remove(id);
          } else {
            jobs.put(id, before);
          }
        });
  }

  Optional<Account> account(JobId job) throws SQLException {
    var known = accounts.get(job.text());
    if (known == null) {
      known = Accounts.find(session, job);
      accounts.put(job.text(), known);
    }
    return known;
  }

  /// Takes note of the accounts that the database has of these.
  void loadedAccounts(Collection<String> ids, List<Account> found) {
    ids.forEach(id -> accounts.putIfAbsent(id, Optional.empty()));
    found.forEach(account -> accounts.put(account.job().text(), Optional.of(account)));
  }

  void keep(Account account) throws SQLException {
    var id = account.job().text();
    var before = account(account.job());
    boolean isNew = changedAccounts.add(id);
    accounts.put(id, Optional.of(account));
    undo.add(
        () -> {
          accounts.put(id, before);
          if (isNew) {
            changedAccounts.remove(id);
          }
        });
  }

  /// Takes note of the last number in the history of a tree whose row is not there, as far as is
  /// known.
  void loadedSequence(String root, long last) {
    sequences.put(root, last);
  }

  /// Takes note of a tree's row.
  ///
  /// @param by the number of the transaction that wrote it last
  void loadedTree(String root, long last, long by) {
    sequences.put(root, last);
    trees.put(root, by);
  }

  /// The trees whose rows were there, with the number of the transaction that wrote each last.
  Map<String, Long> trees() {
    return trees;
  }

  long sequence(String root) {
    return sequences.getOrDefault(root, 0L);
  }

  Needs needs() {
    return needs;
  }

  /// The rows of jobs that are known here, by id.
  Map<String, Optional<JobRow>> jobs() {
    return jobs;
  }

  Map<String, Optional<Account>> accounts() {
    return accounts;
  }

  /// The rows of jobs that were changed, if not all.
  Set<JobRow> touched() {
    return touched;
  }

  /// Notes that a job's row was changed in the database only.
  void claimed(JobId job) {
    claimed.add(job.text());
  }

  Set<String> claimed() {
    return claimed;
  }

  /// Notes that all it has was known before it began.
  void recalled() {
    isRecalled = true;
  }

  boolean isRecalled() {
    return isRecalled;
  }

  /// Whether some of what was changed was written before the end, and is known here no more.
  boolean hasWritten() {
    return hasWritten;
  }

  /// Takes note of this transaction's own number, as the rows have it that it writes.
  void stamp(long number) {
    stamp = number;
  }

  long stamp() {
    return stamp;
  }

  /// The next number in the history of a tree.
  ///
  /// No two entries get the same one: nobody else writes to the tree meanwhile.
  long nextSequence(String root) throws SQLException {
    var known = sequences.get(root);
    long last = known == null ? database.lastSequence(session, root) : known;
    sequences.put(root, last + 1);
    boolean isNew = changedSequences.add(root);
    undo.add(
        () -> {
          sequences.put(root, last);
          if (isNew) {
            changedSequences.remove(root);
          }
        });
    return last + 1;
  }

  /// Appends an entry; the values are those of [Table#ENTRY].
  void append(@Nullable Object... entry) {
    entries.add(entry);
    undo.add(entries::removeLast);
  }

  /// Writes a line of the journal, in place of one of the same slot; the values are those of
  /// [Table#EFFECT].
  void journal(@Nullable Object... effect) {
    var key = new ArrayList<@Nullable Object>();
    for (int column = 0; column < Table.EFFECT.keys(); column++) {
      key.add(effect[column]);
    }
    var before = effects.put(key, effect);
    if (before != null) {
      effect[Table.EFFECT.keys()] = before[Table.EFFECT.keys()];
    }
    undo.add(
        () -> {
          if (before == null) {
            effects.remove(key);
          } else {
            effects.put(key, before);
          }
        });
  }

  /// Stores a definition, if it is not stored.
  void define(StoredDefinition definition) {
    var address = definition.address();
    if (!storedDefinitions.contains(address) && seenDefinitions.add(address)) {
      definitions.put(address, definition.form());
      undo.add(
          () -> {
            definitions.remove(address);
            seenDefinitions.remove(address);
          });
    }
  }

  /// A definition that is stored here or was before.
  @Nullable String defined(String address) {
    return definitions.get(address);
  }

  /// The addresses that are stored once this is committed.
  Set<String> seenDefinitions() {
    return seenDefinitions;
  }

  /// Undoes what the unit has changed; false if the database was told of some of it.
  boolean undo() {
    if (isTold) {
      return false;
    }
    undo.reversed().forEach(Runnable::run);
    undo.clear();
    queues.clear();
    return true;
  }

  /// Whether the unit has added a job without a look whether it is new.
  boolean hasGuessed() {
    return hasGuessed;
  }

  /// Tells the database what it does not know yet.
  void flush() throws SQLException, Collision {
    var changes = changes();
    if (!changes.isEmpty()) {
      isTold = true;
      hasWritten = true;
      database.write(session, changes);
      written();
    }
  }

  /// Notes that another process may have something to do for this.
  void news() {
    isNews = true;
  }

  /// Whether another process may have something to do for what was changed.
  boolean isNews() {
    return isNews;
  }

  /// Ends the transaction; all that was changed is written.
  void commit() throws SQLException, Collision {
    var changes = changes();
    boolean isEmpty = changes.isEmpty() && !hasAsked && !hasWritten;
    database.commit(session, this, isEmpty ? changes : changes.with(stamped()));
  }

  /// Whoever has read anything of a tree is to see that it was changed: by its row.
  private Map<String, Long> stamped() {
    var all = new LinkedHashMap<String, Long>();
    trees.keySet().forEach(root -> all.put(root, sequence(root)));
    changedSequences.forEach(root -> all.put(root, sequence(root)));
    return all;
  }

  /// Forgets the rows of jobs that were read, after statements that changed them in the database.
  void forgetJobs() throws SQLException, Collision {
    flush();
    jobs.clear();
    queues.clear();
  }

  private Changes changes() {
    takePlaces();
    var created = new ArrayList<Row>();
    var changed = new ArrayList<JobRow>();
    for (var job : touched) {
      if (!job.row().isStored()) {
        created.add(job.row());
        isNews |= isUnclaimed(job);
      } else if (job.row().isChanged()) {
        changed.add(job);
        isNews |= isUnclaimed(job);
      }
    }
    var kept = new ArrayList<@Nullable Object[]>();
    for (var id : changedAccounts) {
      accounts.getOrDefault(id, Optional.empty()).map(Accounts::values).ifPresent(kept::add);
    }
    var defined = new ArrayList<@Nullable Object[]>();
    definitions.forEach((address, form) -> defined.add(new @Nullable Object[] {address, form}));
    var last = new LinkedHashMap<String, Long>();
    changedSequences.forEach(root -> last.put(root, sequence(root)));
    return new Changes(
        created,
        changed,
        entries,
        waits.toWrite(true),
        waits.toWrite(false),
        kept,
        List.copyOf(effects.values()),
        defined,
        last);
  }

  private static boolean isUnclaimed(JobRow job) {
    return job.isNull(JobRow.WORKER) && !job.isNull(JobRow.DUE);
  }

  private void written() {
    touched.forEach(job -> job.row().written());
    touched.clear();
    entries.clear();
    waits.written();
    changedAccounts.clear();
    effects.clear();
    definitions.clear();
    changedSequences.clear();
  }
}
