package dev.errand.jdbc;

import dev.errand.job.Lease;
import dev.errand.spi.Claim;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/// A store in one SQLite file, which several processes of a machine may have open.
///
/// Whatever a method returned as done is on disk. All writing of this process is done by one
/// thread, which syncs once for all that has gathered.
public final class SqliteStore extends JdbcStore {
  private final SqliteDatabase file;

  private SqliteStore(SqliteDatabase file, InstantSource clock) {
    super(file, clock);
    this.file = file;
  }

  /// Opens the store in `file`, creating it if there is none.
  ///
  /// @throws dev.errand.job.StoreException if the file cannot be used, saying why and what to do; a
  ///   file that was not there is not left behind
  public static SqliteStore open(Path file, InstantSource clock) {
    var database = SqliteDatabase.open(file);
    try {
      var store = new SqliteStore(database, clock);
      database.checkpoints().start();
      store.start();
      return store;
    } catch (SQLException failed) {
      throw database.trouble(failed);
    }
  }

  @Override
  List<Claim> claimDue(String worker, int limit, Duration duration) {
    // A look costs less than a place in the writer's queue, and mostly there is nothing.
    return isAnyDue() ? write(new Claiming(worker, opening(), limit, duration)) : List.of();
  }

  private boolean isAnyDue() {
    long now = clock().instant().toEpochMilli();
    return readers()
        .read(
            session ->
                session
                    .sql(
                        """
                        select 1 where
                          exists (select 1 from job where place is not null and stop is null)
                          or exists (select 1 from job where due <= ? and due is not null
                            and place is null and stop is null)
                        """)
                    .bind(now)
                    .exists());
  }

  @Override
  List<Lease> renewHeld(List<Lease> leases, Duration duration) {
    return write(new Renewal(leases, duration));
  }

  @Override
  @SuppressWarnings("try") // it is only closed here
  void closeWriter() throws SQLException {
    try (var checkpointer = file.checkpoints()) {
      super.closeWriter();
    }
  }
}
