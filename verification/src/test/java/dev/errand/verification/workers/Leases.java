package dev.errand.verification.workers;

import dev.errand.job.JobId;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Predicate;

/// Who has which job, as the rows say; read by connections of its own, which nobody disturbs.
///
/// @param store a file, or the JDBC url of a database
record Leases(String store) {
  /// A lease that runs.
  ///
  /// @param pid the process of the worker that has it
  /// @param fence which claim of the job it came of
  record Held(long pid, long fence) {}

  /// The lease of that job; empty if nobody has one that still runs.
  Optional<Held> of(JobId job) throws SQLException {
    try (var connection = connect()) {
      return read(connection, job);
    }
  }

  /// The lease of that job, if it passes a test that is made while no other process can change the
  /// job, and none is in the middle of what would keep all others from a file.
  Optional<Held> whileKept(JobId job, Predicate<Held> test) throws SQLException {
    try (var connection = connect()) {
      connection.setAutoCommit(false);
      keep(connection, job);
      var lease = read(connection, job).filter(test);
      connection.rollback();
      return lease;
    }
  }

  private Connection connect() throws SQLException {
    boolean isFile = !store.startsWith("jdbc:");
    var connection = DriverManager.getConnection(isFile ? "jdbc:sqlite:" + store : store);
    try (var statement = connection.createStatement()) {
      statement.execute(isFile ? "pragma busy_timeout = 60000" : "set search_path = errand");
    }
    return connection;
  }

  /// Changes nothing, and locks the row of a database, and all of a file, for writing.
  private static void keep(Connection connection, JobId job) throws SQLException {
    try (var statement = connection.prepareStatement("update job set id = id where id = ?")) {
      statement.setString(1, job.text());
      statement.executeUpdate();
    }
  }

  private static Optional<Held> read(Connection connection, JobId job) throws SQLException {
    var question =
        """
        select process.pid, job.fence from job join process on process.id = job.process
        where job.id = ? and job.due > ?
        """;
    try (var statement = connection.prepareStatement(question)) {
      statement.setString(1, job.text());
      statement.setLong(2, InstantSource.system().millis());
      try (var rows = statement.executeQuery()) {
        return rows.next()
            ? Optional.of(new Held(rows.getLong(1), rows.getLong(2)))
            : Optional.empty();
      }
    }
  }
}
