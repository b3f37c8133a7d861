package dev.errand.jdbc;

import java.sql.SQLException;

/// A unit of writing: applied whole or not at all, in a transaction it may share with others.
///
/// It may be applied more than once before it counts, so it keeps nothing from one time to the
/// next. It may throw a `JobException` to refuse itself.
@FunctionalInterface
interface Work<T> {
  T apply(Transaction transaction) throws SQLException;

  /// Whether a crash of the machine may undo it; see [Writer].
  default boolean mayBeForgotten() {
    return false;
  }

  /// How many bytes it may add beside its rows.
  default long bytes() {
    return 0;
  }

  /// Whether it may refuse itself after it has written something.
  default boolean mayRefuseLate() {
    return false;
  }
}
