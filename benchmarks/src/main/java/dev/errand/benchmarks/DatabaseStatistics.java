package dev.errand.benchmarks;

import java.sql.DriverManager;
import java.sql.SQLException;

/// What a PostgreSQL database says about itself.
///
/// @param url of the database
record DatabaseStatistics(String url) {
  private static final String TRANSACTIONS =
      "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";

  /// How many transactions there were in it so far; lags behind by up to a second, and counts the
  /// question itself.
  long transactions() {
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement();
        var answer = statement.executeQuery(TRANSACTIONS)) {
      answer.next();
      return answer.getLong(1);
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }
}
