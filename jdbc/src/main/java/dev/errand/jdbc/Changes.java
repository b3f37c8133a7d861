package dev.errand.jdbc;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a transaction has changed and the database does not know yet.
///
/// @param created jobs that are to be new
/// @param changed jobs
/// @param entries of histories
/// @param waits rows that are to be there
/// @param waitsOver rows that are to be gone
/// @param accounts in place of those of the same jobs
/// @param effects in place of those of the same slots
/// @param definitions that may be there already
/// @param sequences the last number in the history of each tree that was written to
record Changes(
    List<Row> created,
    List<JobRow> changed,
    List<@Nullable Object[]> entries,
    List<@Nullable Object[]> waits,
    List<@Nullable Object[]> waitsOver,
    List<@Nullable Object[]> accounts,
    List<@Nullable Object[]> effects,
    List<@Nullable Object[]> definitions,
    Map<String, Long> sequences) {
  /// The same, with other numbers of histories.
  Changes with(Map<String, Long> sequences) {
    return new Changes(
        created, changed, entries, waits, waitsOver, accounts, effects, definitions, sequences);
  }

  /// Whether there is nothing to write.
  boolean isEmpty() {
    return created.isEmpty()
        && changed.isEmpty()
        && entries.isEmpty()
        && waits.isEmpty()
        && waitsOver.isEmpty()
        && accounts.isEmpty()
        && effects.isEmpty()
        && definitions.isEmpty();
  }

  static List<@Nullable Object[]> values(Collection<Row> rows) {
    var values = new ArrayList<@Nullable Object[]>();
    rows.forEach(row -> values.add(row.values()));
    return values;
  }
}
