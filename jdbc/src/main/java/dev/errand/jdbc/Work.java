package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import java.sql.SQLException;

/// A unit of writing: applied whole or not at all, in a transaction it may share with others.
///
/// It may be applied more than once before it counts, so it keeps nothing from one time to the
/// next. It may throw a `JobException` to refuse itself.
@FunctionalInterface
interface Work<T> {
  T apply(Transaction transaction) throws SQLException, Collision;

  /// What it is going to look at. It changes no tree that it does not name here.
  default void announce(Needs needs) {}

  /// Whether a crash of the machine may undo it; see [Writer].
  default boolean mayBeForgotten() {
    return false;
  }

  /// How many bytes it may add beside its rows.
  default long bytes() {
    return 0;
  }
}
