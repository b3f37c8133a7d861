package dev.errand.jdbc;

import dev.errand.job.StoreException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// Says what an error of SQLite means for the user, and what to do about it.
final class Trouble {
  private Trouble() {}

  static StoreException with(Path file, SQLException error) {
    return new StoreException(
        explain(file, code(error), String.valueOf(error.getMessage())), error);
  }

  /// The primary code, without the details that extended codes add.
  static SQLiteErrorCode code(SQLException error) {
    return error instanceof SQLiteException known
        ? SQLiteErrorCode.getErrorCode(known.getResultCode().code & 0xff)
        : SQLiteErrorCode.UNKNOWN_ERROR;
  }

  static String explain(Path file, SQLiteErrorCode code, String message) {
    return switch (code) {
      case SQLITE_FULL ->
          "The disk of %s is full; nothing of this was written. Free some space and try again."
              .formatted(file);
      case SQLITE_IOERR ->
          "%s could not be read or written (%s). Check the disk, its quota and the rights to the directory."
              .formatted(file, message);
      case SQLITE_READONLY, SQLITE_PERM ->
          "%s may only be read. Give this user the right to write the file and its directory."
              .formatted(file);
      case SQLITE_CANTOPEN ->
          "%s cannot be opened or created. Check that its directory exists and that this user may write there."
              .formatted(file);
      case SQLITE_BUSY, SQLITE_LOCKED ->
          "%s stayed locked by another process. Nothing was written; end the process that holds it, or try again."
              .formatted(file);
      case SQLITE_NOTADB ->
          "%s is not an SQLite file. Name another file; this one was not touched.".formatted(file);
      case SQLITE_CORRUPT ->
          "%s is damaged (%s). Restore a copy of it, or save what `sqlite3 FILE .recover` can read."
              .formatted(file, message);
      default -> "%s could not be used: %s".formatted(file, message);
    };
  }
}
