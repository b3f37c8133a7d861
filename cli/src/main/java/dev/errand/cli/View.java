package dev.errand.cli;

import dev.errand.job.Entry;

/// Shows how a tree of jobs comes along; used by one thread, but closed by any.
interface View extends AutoCloseable {
  /// Something happened that the family knows by now.
  void happened(Entry entry, Family family);

  /// The root printed.
  void console(String text);

  /// Time went by.
  void look(Family family);

  /// Nothing more will be shown.
  @Override
  void close();
}
