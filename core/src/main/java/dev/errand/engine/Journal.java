package dev.errand.engine;

import dev.errand.job.Blob;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.JobId;
import dev.errand.job.RefusedException;
import dev.errand.job.Slot;
import dev.errand.spi.Change;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The effect journal of one block: what was recorded at each slot, here or by a worker before.
///
/// Names that begin with `errand.` are the engine's own readings; other readings are the driver's.
/// Only the job's own thread uses this object.
final class Journal {
  private static final String OWN = "errand.";

  private final JobId job;
  private final StepWriter writer;
  private final Map<Slot, Effect> effects = new HashMap<>();

  Journal(JobId job, StepWriter writer) {
    this.job = job;
    this.writer = writer;
  }

  /// Begins a block, with what was recorded of it before.
  void begin(List<Effect> before) {
    effects.clear();
    before.forEach(effect -> effects.put(effect.slot(), effect));
  }

  /// What the driver itself recorded: readings of the clock and the like.
  List<Effect> readings() {
    return effects.values().stream()
        .filter(effect -> !effect.name().startsWith(OWN))
        .filter(effect -> effect.policy() == EffectPolicy.READ_ONLY)
        .toList();
  }

  /// What is recorded at a slot; null if nothing is.
  ///
  /// @throws RefusedException if it is something else than `name` with arguments of that digest
  @Nullable Effect recorded(Slot slot, String name, String digest) {
    var known = effects.get(slot);
    if (known != null && !(known.name().equals(name) && known.digest().equals(digest))) {
      throw diverged(slot.key(job), name, known.name() + " was called there before");
    }
    return known;
  }

  void record(Effect effect) {
    effects.put(effect.slot(), effect);
    writer.add(new Change.Journalled(effect));
  }

  /// A record that has answered, and is not to answer again.
  void forget(Slot slot) {
    effects.remove(slot);
  }

  static RefusedException diverged(String where, String now, String before) {
    return new RefusedException(
        "ReplayDivergence",
        "At %s the code asks for %s, but %s, or with other arguments. Nothing was done a second time; "
                .formatted(where, now, before)
            + "the statement depends on something that changed between its two passes.");
  }

  static String digest(String text) {
    return new Blob(text.getBytes(StandardCharsets.UTF_8)).address();
  }
}
