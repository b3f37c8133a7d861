package dev.errand.engine;

import dev.errand.job.JobDefinition;
import dev.errand.job.StoreException;
import dev.errand.spi.Store;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The definitions of jobs lately advanced; what an address stands for never changes, so they never
/// grow stale.
final class Definitions {
  private static final int KEPT = 4096;

  private final Store store;
  private final Map<String, JobDefinition> known = new ConcurrentHashMap<>();

  Definitions(Store store) {
    this.store = store;
  }

  JobDefinition at(String address) {
    var definition = known.get(address);
    if (definition == null) {
      definition = read(address);
      if (known.size() >= KEPT) {
        known.clear();
      }
      known.put(address, definition);
    }
    return definition;
  }

  private JobDefinition read(String address) {
    return store
        .definition(address)
        .orElseThrow(
            () ->
                new StoreException(
                    "The store has lost the job definition "
                        + address
                        + "; it is damaged. Restore it from a backup"));
  }
}
