package dev.errand.jdbc;

import dev.errand.job.StoreException;
import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientException;

/// Says what an error of PostgreSQL means for the user, and what to do about it.
final class PostgresTrouble {
  private PostgresTrouble() {}

  static StoreException with(SQLException error) {
    return new StoreException(explain(state(error), said(error)), error);
  }

  /// In one line, and without the place in our statement.
  private static String said(SQLException error) {
    return String.valueOf(error.getMessage())
        .replaceAll("\\R\\s*Position: [0-9]+", "")
        .replaceAll("\\s*\\R\\s*", "; ");
  }

  private static String state(SQLException error) {
    var state = error.getSQLState();
    return state == null ? "" : state;
  }

  /// Whether the same may succeed later: the connection was lost or cannot be had, the server
  /// starts or stops, or two transactions were in each other's way.
  static boolean isPassing(SQLException error) {
    var state = state(error);
    return state.startsWith("08")
        || state.startsWith("57P")
        || state.equals("40001")
        || state.equals("40P01")
        || state.equals("53300")
        || state.equals("25P03")
        || error.getCause() instanceof IOException
        || error instanceof SQLTransientException
        || error instanceof SQLRecoverableException;
  }

  static String explain(String state, String message) {
    return switch (state.isEmpty() ? "" : state.substring(0, 2)) {
      case "08" ->
          "The database cannot be reached (%s). Check its address, and whether it runs."
              .formatted(message);
      case "28" ->
          "The database refuses the user (%s). Check name and password.".formatted(message);
      case "3D" -> "There is no such database (%s). Create it.".formatted(message);
      case "42" ->
          state.equals("42501")
              ? "The user may not do that in the database (%s). Grant it the rights."
                  .formatted(message)
              : "The database does not have the tables of this release (%s). Run `errand migrate`."
                  .formatted(message);
      case "53" ->
          "The database is short of something (%s). Nothing of this was written; make room."
              .formatted(message);
      case "57" -> "The database was shut down (%s). Start it again.".formatted(message);
      default -> "The database could not be used: " + message;
    };
  }
}
