package dev.errand;

import dev.errand.job.EffectKey;
import dev.errand.job.JobEffect;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the books of effects from the first page to the last.
final class EffectPages {
  private static final int PAGE = 1000;

  private EffectPages() {}

  /// One page of them, after an effect.
  @FunctionalInterface
  interface Page {
    List<JobEffect> read(@Nullable EffectKey after, int limit);
  }

  static List<JobEffect> all(Page pages) {
    var all = new ArrayList<JobEffect>();
    List<JobEffect> page;
    do {
      page = pages.read(all.isEmpty() ? null : all.getLast().key(), PAGE);
      all.addAll(page);
    } while (page.size() == PAGE);
    return all;
  }
}
