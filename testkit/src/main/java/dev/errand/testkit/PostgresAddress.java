package dev.errand.testkit;

import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where a database is and as whom to go there.
///
/// @param more what else the url says, after its `?`, without user and password
record PostgresAddress(
    String host,
    int port,
    String database,
    String user,
    @Nullable String password,
    Map<String, String> more) {
  private static final String SCHEME = "jdbc:";
  private static final int USUAL_PORT = 5432;

  PostgresAddress {
    more = Map.copyOf(more);
  }

  /// Reads `jdbc:postgresql://host:port/database?user=…&password=…`.
  static PostgresAddress of(String url) {
    if (!url.startsWith(SCHEME + "postgresql://")) {
      throw new IllegalArgumentException(
          "Not the url of a PostgreSQL database: begin it with jdbc:postgresql://");
    }
    var uri = URI.create(url.substring(SCHEME.length()));
    var more = new HashMap<String, String>();
    if (uri.getRawQuery() != null) {
      for (var part : uri.getRawQuery().split("&", -1)) {
        var pair = part.split("=", 2);
        more.put(pair[0], pair.length < 2 ? "" : decoded(pair[1]));
      }
    }
    var path = uri.getPath();
    var user = more.remove("user");
    var password = more.remove("password");
    return new PostgresAddress(
        uri.getHost(),
        uri.getPort() < 0 ? USUAL_PORT : uri.getPort(),
        path == null || path.length() < 2 ? "postgres" : path.substring(1),
        user == null ? System.getProperty("user.name") : user,
        password,
        more);
  }

  PostgresAddress database(String name) {
    return new PostgresAddress(host, port, name, user, password, more);
  }

  PostgresAddress port(int other) {
    return new PostgresAddress(host, other, database, user, password, more);
  }

  /// As JDBC wants it.
  String url() {
    var url = new StringBuilder(SCHEME + "postgresql://" + host + ":" + port + "/" + database);
    url.append("?user=").append(encoded(user));
    if (password != null) {
      url.append("&password=").append(encoded(password));
    }
    more.forEach((name, value) -> url.append('&').append(name).append('=').append(encoded(value)));
    return url.toString();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
