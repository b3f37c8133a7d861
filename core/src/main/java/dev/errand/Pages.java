package dev.errand;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads what a store gives in pages, from the first to the last.
final class Pages {
  private static final int PAGE = 1000;

  private Pages() {}

  /// One page, after the last item of the one before; null for the first.
  @FunctionalInterface
  interface Page<T> {
    List<T> read(@Nullable T last, int limit);
  }

  static <T> List<T> all(Page<T> pages) {
    var all = new ArrayList<T>();
    List<T> page;
    do {
      page = pages.read(all.isEmpty() ? null : all.getLast(), PAGE);
      all.addAll(page);
    } while (page.size() == PAGE);
    return all;
  }
}
