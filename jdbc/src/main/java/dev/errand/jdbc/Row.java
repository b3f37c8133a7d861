package dev.errand.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One row of a [Table] as a transaction has it: `Long`s, `String`s and nulls.
final class Row {
  private final Table table;
  private @Nullable Object[] values;

  /// As the database has it; null where it has none.
  private @Nullable Object @Nullable [] stored;

  private Row(Table table, @Nullable Object[] values, @Nullable Object @Nullable [] stored) {
    this.table = table;
    this.values = values;
    this.stored = stored;
  }

  /// One that is not stored yet; its numbers are 0 and its texts null.
  static Row fresh(Table table) {
    var values = new @Nullable Object[table.columns().size()];
    for (int column = 0; column < values.length; column++) {
      values[column] = table.isText(column) ? null : (Object) 0L;
    }
    return new Row(table, values, null);
  }

  /// One that is stored so.
  ///
  /// @param first the position of the table's first column
  static Row read(Table table, ResultSet row, int first) throws SQLException {
    var values = new @Nullable Object[table.columns().size()];
    for (int column = 0; column < values.length; column++) {
      if (table.isText(column)) {
        values[column] = row.getString(first + column);
      } else {
        long number = row.getLong(first + column);
        values[column] = row.wasNull() ? null : (Object) number;
      }
    }
    return new Row(table, values, values.clone());
  }

  Table table() {
    return table;
  }

  @Nullable Object value(int column) {
    return values[column];
  }

  @Nullable Object[] values() {
    return values;
  }

  boolean isNull(int column) {
    return values[column] == null;
  }

  /// The number there; 0 for null.
  long number(int column) {
    return values[column] instanceof Long number ? number : 0;
  }

  boolean is(int column) {
    return number(column) != 0;
  }

  @Nullable String text(int column) {
    return (String) values[column];
  }

  Row set(int column, @Nullable Object value) {
    values[column] = value;
    return this;
  }

  Row set(int column, long number) {
    return set(column, (Object) number);
  }

  Row set(int column, boolean yes) {
    return set(column, yes ? 1L : 0L);
  }

  Row add(int column, long more) {
    return set(column, number(column) + more);
  }

  boolean isStored() {
    return stored != null;
  }

  /// Which columns are not as the database has them; all of a row that is not stored.
  BitSet changed() {
    var changed = new BitSet(values.length);
    var before = stored;
    for (int column = 0; column < values.length; column++) {
      if (before == null || !Objects.equals(values[column], before[column])) {
        changed.set(column);
      }
    }
    return changed;
  }

  boolean isChanged() {
    return stored == null || !Arrays.equals(values, stored);
  }

  /// Notes that the database has it now as it is.
  void written() {
    stored = values.clone();
  }

  /// Undoes what is done from now on.
  Runnable mark() {
    var kept = values.clone();
    return () -> values = kept;
  }
}
