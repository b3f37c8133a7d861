package dev.errand.jdbc;

import dev.errand.job.StoreException;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/* Connects to a PostgreSQL.
 *
 * Behind a pooler in transaction mode, such as PgBouncer, each transaction may have another session. What was prepared in
 * one is missing in another, or is what another connection has given the same number: that would be carried out in place
 * of what was meant. So nothing is prepared on the server where something stands before it. That shows by the number of
 * the server's process: the one that the connection was greeted with is not the one that answers. */
final class PostgresSource {
  private static final String SCHEME = "jdbc:postgresql:";
  private static final int CONNECT_SECONDS = 10;

  private PostgresSource() {}

  static DataSource of(String url) {
    if (!url.startsWith(SCHEME)) {
      throw new StoreException(
          "A store in a database is named jdbc:postgresql://HOST/DATABASE, not "
              + url.replaceFirst("[?].*", ""));
    }
    var source = new PGSimpleDataSource();
    try {
      source.setURL(url);
    } catch (IllegalArgumentException unreadable) {
      throw new StoreException(
          "%s is no address of a database; name one as jdbc:postgresql://HOST/DATABASE"
              .formatted(url.replaceFirst("[?].*", "")));
    }
    source.setConnectTimeout(CONNECT_SECONDS);
    source.setTcpKeepAlive(true);
    source.setApplicationName("errand");
    return source;
  }

  /// A new connection, on which each statement is a transaction.
  static Connection connect(DataSource source) throws SQLException {
    var connection = source.getConnection();
    try {
      connection.setAutoCommit(true);
      if (isPooled(connection)) {
        connection.unwrap(PGConnection.class).setPrepareThreshold(0);
      }
      return connection;
    } catch (SQLException failed) {
      connection.close();
      throw failed;
    }
  }

  /// Whether something stands before the server that may give each transaction another session.
  static boolean isPooled(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        var answering = statement.executeQuery("select pg_backend_pid()")) {
      answering.next();
      return answering.getInt(1) != connection.unwrap(PGConnection.class).getBackendPID();
    }
  }
}
