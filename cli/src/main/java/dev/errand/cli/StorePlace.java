package dev.errand.cli;

import dev.errand.jdbc.Schema;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Where a store is.
sealed interface StorePlace {
  /// The variable of the environment that has the place where none is named.
  String VARIABLE = "ERRAND_STORE";

  /// The variable of the environment that has the password of a database whose URL has none.
  String PASSWORD = "PGPASSWORD";

  /// What the place is where nobody says anything.
  String USUAL = "errand.db";

  /// In a file.
  ///
  /// @param name as it was given
  record File(Path path, String name) implements StorePlace {}

  /// In a database; its text has no password.
  ///
  /// @param url with all that is needed to connect
  record Database(String url) implements StorePlace {
    @Override
    public String toString() {
      return Secrets.hidden(url);
    }
  }

  /// Reads a place.
  ///
  /// @param given a file's name or a URL; null for what the environment says
  /// @throws Refusal if it is neither
  static StorePlace of(@Nullable String given, Surroundings surroundings) {
    var standard = Optional.ofNullable(surroundings.variable(VARIABLE)).orElse(USUAL);
    var name = given == null ? standard : given;
    if (!name.startsWith("jdbc:")) {
      return new File(surroundings.file(name), name);
    }
    if (!name.startsWith("jdbc:postgresql:")) {
      throw Refusal.usage(
          "a store is a file or a jdbc:postgresql:// URL, not " + Secrets.hidden(name));
    }
    var password = surroundings.variable(PASSWORD);
    if (password == null || password.isEmpty() || name.contains("password=")) {
      return new Database(name);
    }
    return new Database(name + parameter(name, password));
  }

  private static String parameter(String url, String password) {
    return (url.indexOf('?') < 0 ? "?" : "&")
        + "password="
        + URLEncoder.encode(password, StandardCharsets.UTF_8);
  }

  /// Its name for people, and for commands where it can be given again; it has no password.
  default String shown() {
    return switch (this) {
      case File(var path, var name) -> name;
      case Database(var url) -> Secrets.hidden(url);
    };
  }

  /// Its tables.
  ///
  /// @throws dev.errand.job.StoreException if the URL is none
  default Schema schema() {
    return switch (this) {
      case File(var path, var name) -> Schema.of(path);
      case Database(var url) -> Schema.of(url);
    };
  }

  /// Whether there surely is nothing yet.
  default boolean isMissing() {
    return this instanceof File(var path, var name) && !Files.exists(path);
  }
}
