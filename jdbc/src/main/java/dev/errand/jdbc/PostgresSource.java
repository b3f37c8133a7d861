package dev.errand.jdbc;

import dev.errand.job.StoreException;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/// Connects to the PostgreSQL that a JDBC URL names.
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
}
