package dev.errand.jdbc;

import dev.errand.job.Json;
import dev.errand.job.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;

/// One SQLite file of ours: opened, of the right schema, and ready for connections.
///
/// A new file gets its whole schema in one transaction before it is switched to WAL, so that at any
/// moment it is either empty or complete, and says in its own header that it is ours.
///
/// Nothing but SQLite opens the file: POSIX drops all locks that a process has on a file as soon as
/// it closes the file once, whichever part of the process does that.
final class SqliteDatabase extends Database {
  /// "ERRD": says that a file is a store of Errand, as `file` and `sqlite3` show it.
  static final int APPLICATION_ID = 0x45525244;

  /// Of a file made by this release. A step writes each page that it touches whole, and it touches
  /// few rows of many kinds.
  private static final int PAGE_BYTES = 1_024;

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int[] OLDEST_SQLITE = {3, 51, 3};

  private final Path file;

  /// The connection that opened the file, until somebody wants to write.
  private @Nullable Session first;

  /// Whether commits of the writing connection are synced now.
  private boolean isSynced = true;

  private final Checkpointer checkpointer = new Checkpointer(this);

  private SqliteDatabase(Path file) {
    super(new Queues());
    this.file = file;
  }

  /// Opens `file`, creating it or bringing its schema up to date.
  ///
  /// @throws StoreException if that cannot be done, saying why; a file that was not there is not
  ///   left behind
  static SqliteDatabase open(Path file) {
    var database = new SqliteDatabase(file.toAbsolutePath());
    boolean isNew = database.lookBefore();
    try {
      database.first = database.prepared();
      return database;
    } catch (SQLException failed) {
      throw database.trouble(failed);
    } finally {
      if (isNew) {
        database.deleteIfEmpty();
      }
    }
  }

  /// How many scripts an existing file lacks.
  static int missing(Path file) {
    var database = new SqliteDatabase(file.toAbsolutePath());
    database.lookBefore();
    try (var session = database.connect()) {
      return SqliteMigrations.missing(file, session);
    } catch (SQLException failed) {
      throw database.trouble(failed);
    }
  }

  Path file() {
    return file;
  }

  @Override
  StoreException trouble(SQLException error) {
    return SqliteTrouble.with(file, error);
  }

  /// A connection that may write, and never checkpoints by itself; for one thread at a time.
  ///
  /// Its cache is small: after a commit that split pages SQLite often looks at every page that it
  /// caches, for it moved one by way of a number far beyond the end of the file.
  @Override
  Session writer() throws SQLException {
    var session = first == null ? connect() : first;
    first = null;
    isSynced = true;
    session.script(
        """
        pragma synchronous = full;
        pragma wal_autocheckpoint = 0;
        pragma cache_size = -8192;
        pragma temp_store = memory;
        """);
    return session;
  }

  @Override
  Session reader() throws SQLException {
    var session = connect();
    session.script("pragma query_only = on; pragma cache_size = -8192;");
    return session;
  }

  /// A connection for checkpoints: it waits for readers but a moment, the next checkpoint will do.
  Session checkpointer() throws SQLException {
    var session = connect();
    session.script("pragma synchronous = full; pragma busy_timeout = 20;");
    return session;
  }

  /// Refuses what can be refused without SQLite; returns whether the file is yet to be made.
  private boolean lookBefore() {
    var directory = file.getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      throw new StoreException(
          "The directory %s does not exist. Create it, or name a file elsewhere."
              .formatted(directory));
    }
    if (Files.isDirectory(file)) {
      throw new StoreException("%s is a directory. Name a file.".formatted(file));
    }
    if (!Files.exists(file)) {
      if (!Files.isWritable(directory)) {
        throw new StoreException(SqliteTrouble.explain(file, SQLiteErrorCode.SQLITE_CANTOPEN, ""));
      }
      return true;
    }
    if (!Files.isWritable(file)) {
      throw new StoreException(SqliteTrouble.explain(file, SQLiteErrorCode.SQLITE_READONLY, ""));
    }
    return false;
  }

  private Session prepared() throws SQLException {
    var session = connect();
    try {
      requireRecent(pragma(session, "select sqlite_version()"));
      if (SqliteMigrations.areMissing(file, session)) {
        migrate(session);
      }
      switchToWal(session);
      return session;
    } catch (SQLException | RuntimeException failed) {
      session.close();
      throw failed;
    }
  }

  private void migrate(Session session) throws SQLException {
    session.sql("begin immediate").update();
    try {
      SqliteMigrations.apply(file, session);
      session.sql("commit").update();
    } catch (SQLException | RuntimeException failed) {
      rollback(session);
      throw failed;
    }
  }

  /// Refuses a version of SQLite that can damage a file whose log starts anew.
  static void requireRecent(String version) {
    var parts = Stream.of(version.split("\\.", -1)).mapToInt(Integer::parseInt).toArray();
    if (Arrays.compare(parts, OLDEST_SQLITE) < 0) {
      throw new StoreException(
          """
          SQLite %s can damage a file in WAL mode. Put org.xerial:sqlite-jdbc 3.51.3.0 or later on \
          the class path.\
          """
              .formatted(version));
    }
  }

  /// Two processes that create a file together meet here, and SQLite does not wait when it changes
  /// the journal mode.
  private void switchToWal(Session session) throws SQLException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        var mode = pragma(session, "pragma journal_mode = wal");
        if (!mode.equals("wal")) {
          throw new StoreException(
              "%s cannot have a write-ahead log. Put it on a local disk, not on a network."
                  .formatted(file));
        }
        return;
      } catch (SQLException busy) {
        if (SqliteTrouble.code(busy) != SQLiteErrorCode.SQLITE_BUSY || System.nanoTime() > end) {
          throw busy;
        }
        LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
      }
    }
  }

  private Session connect() throws SQLException {
    var config = new SQLiteConfig();
    config.setBusyTimeout((int) PATIENCE.toMillis());
    config.setPageSize(PAGE_BYTES);
    // As a URI, because the driver would take a question mark in a plain name for the start of
    // options.
    var uri = "jdbc:sqlite:" + file.toUri();
    var connection = (SQLiteConnection) config.createConnection(uri);
    // Without this the driver would send BEGIN and COMMIT after each statement, and ask for keys
    // after each insert.
    connection.getConnectionConfig().setAutoCommit(false);
    connection.getConnectionConfig().setGetGeneratedKeys(false);
    return new Session(this, connection);
  }

  /// The value a PRAGMA has.
  static String pragma(Session session, String text) throws SQLException {
    try (var statement = session.connection().createStatement();
        var rows = statement.executeQuery(text)) {
      return rows.next() ? rows.getString(1) : "";
    }
  }

  @Override
  String translated(String text) {
    return text.replace("@entry_signal", "indexed by entry_signal").replace("@join", "cross join");
  }

  @Override
  String oneOf(String column) {
    return column + " in (select value from json_each(?))";
  }

  @Override
  Object list(Session session, Collection<String> values) {
    return new Json.Array(values.stream().<Json>map(Json.Text::new).toList()).print();
  }

  /// There is one writer.
  @Override
  String lock() {
    return "";
  }

  @Override
  String skipLocked() {
    return "";
  }

  /// Reads nothing beforehand: a question costs no journey.
  @Override
  void begin(Session session, Transaction transaction, boolean isDurable) throws SQLException {
    sync(session, isDurable);
    session.sql("begin immediate").update();
  }

  /// Outside a transaction, because SQLite ignores it inside; not prepared, because SQLite does it
  /// while it prepares.
  private void sync(Session session, boolean wanted) throws SQLException {
    if (wanted != isSynced) {
      session.script(wanted ? "pragma synchronous = full" : "pragma synchronous = normal");
      isSynced = wanted;
    }
  }

  @Override
  long lastSequence(Session session, String root) throws SQLException {
    return Math.max(
        last(session, "select max(sequence) from entry where job = ?", root),
        last(session, "select max(sequence) from entry where root = ? and job <> root", root));
  }

  private static long last(Session session, String question, String root) throws SQLException {
    return session.sql(question).bind(root).first(row -> row.getLong(1)).orElse(0L);
  }

  @Override
  long nextStop(Transaction transaction) throws SQLException {
    return transaction
        .session()
        .sql("select seq from sqlite_sequence where name = 'stop'")
        .first(row -> row.getLong(1))
        .map(last -> last + 1)
        .orElse(1L);
  }

  /// There is one writer.
  @Override
  void keepChunks(Transaction transaction, List<String> addresses) {}

  @Override
  void write(Session session, Changes changes) throws SQLException, Collision {
    new SqliteWriting(session).write(changes);
  }

  @Override
  void commit(Session session, Transaction transaction, Changes changes)
      throws SQLException, Collision {
    write(session, changes);
    session.sql("commit").update();
  }

  @Override
  String escaped(String text) {
    return text;
  }

  @Override
  String unescaped(String stored) {
    return stored;
  }

  @Override
  CardWords cardWords() {
    return new SqliteCardWords();
  }

  @Override
  void rollback(Session session) throws SQLException {
    session.sql("rollback").update();
  }

  @Override
  void beginReading(Session session) throws SQLException {
    session.sql("begin").update();
  }

  @Override
  void endReading(Session session) throws SQLException {
    session.sql("commit").update();
  }

  /// Whoever is in the way has been waited for.
  @Override
  boolean isPassing(SQLException error) {
    return false;
  }

  @Override
  Duration patience() {
    return Duration.ZERO;
  }

  @Override
  boolean isCommitted(Session session) {
    return false;
  }

  @Override
  ReentrantLock turn() {
    return checkpointer.turn();
  }

  @Override
  void committed(int units, long bytes, boolean isNews) {
    checkpointer.committed(units, bytes);
  }

  Checkpointer checkpoints() {
    return checkpointer;
  }

  /// Takes away the empty file that a failed creation leaves; one that is not empty is someone's
  /// work.
  private void deleteIfEmpty() {
    try {
      if (Files.exists(file) && Files.size(file) == 0) {
        Files.delete(file);
      }
    } catch (IOException stillThere) {
      throw new StoreException(
          "%s was left behind empty and could not be deleted; delete it.".formatted(file),
          stillThere);
    }
  }
}
