package dev.errand.jdbc;

import dev.errand.job.StoreException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// Says what an error of SQLite means for the user, and what to do about it.
final class SqliteTrouble {
  private SqliteTrouble() {}

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
    var advice =
        switch (code) {
          case SQLITE_FULL ->
              "cannot grow, the disk is full. Nothing of this was written; free some space.";
          case SQLITE_IOERR ->
              "could not be read or written (%s). Check the disk and its quota.".formatted(message);
          case SQLITE_READONLY, SQLITE_PERM ->
              "may only be read. Give this user the right to write it and its directory.";
          case SQLITE_CANTOPEN ->
              "cannot be opened or created. Give this user the right to write in its directory.";
          case SQLITE_BUSY, SQLITE_LOCKED ->
              "stayed locked by another process. Nothing was written; end that process.";
          case SQLITE_NOTADB ->
              "is not an SQLite file. Name another file; this one was not touched.";
          case SQLITE_CORRUPT ->
              "is damaged (%s). Restore a copy, or save what `sqlite3 FILE .recover` can read."
                  .formatted(message);
          default -> "could not be used: " + message;
        };
    return file + " " + advice;
  }
}
