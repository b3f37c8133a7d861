package dev.errand.cli;

import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Usage;
import dev.errand.spi.Store;
import java.util.ArrayList;
import java.util.List;

/// Reads many jobs of a store.
final class Jobs {
  private static final int PAGE = 1000;

  private Jobs() {}

  /// All roots, found without reading what is below them.
  static List<JobRecord> roots(Store store) {
    var roots = new ArrayList<JobRecord>();
    var after = "";
    while (true) {
      var next = store.jobs("", after, 1);
      if (next.isEmpty()) {
        return roots;
      }
      var root = next.getFirst();
      roots.add(root);
      // Ids of a tree are its root's followed by dots; the slash is the character after the dot.
      after = root.id().text() + "/";
    }
  }

  /// The job and all below it, as ids sort.
  static List<JobRecord> tree(Store store, JobId top) {
    var tree = new ArrayList<JobRecord>();
    store.find(top).ifPresent(tree::add);
    var prefix = top.text() + ".";
    var after = "";
    while (true) {
      var page = store.jobs(prefix, after, PAGE);
      tree.addAll(page);
      if (page.size() < PAGE) {
        return tree;
      }
      after = page.getLast().id().text();
    }
  }

  /// What the model calls of a whole tree cost.
  static Usage usage(Store store, JobId top) {
    return tree(store, top).stream().map(JobRecord::usage).reduce(Usage.NONE, Usage::plus);
  }
}
