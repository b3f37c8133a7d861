package dev.errand.engine;

import dev.errand.job.Blob;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.JobId;
import dev.errand.job.RefusedException;
import dev.errand.job.Slot;
import dev.errand.job.Value;
import dev.errand.spi.Change;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * The effect journal of one block: what was recorded at each slot, here or by a worker before.
 *
 * Names that begin with `errand.` are the engine's own readings; other readings are the driver's.
 *
 * In step. Code does one thing after the other, so a replay meets every recorded effect before it comes to a new one. If it
 * asks for something new while a recorded effect was not asked for, or for something else at a slot that is taken, it has
 * left the path of the first pass. From then on whatever is new might be a recorded effect in another place, and is refused.
 *
 * Only the job's own thread uses this object.
 */
final class Journal {
  private static final String OWN = "errand.";
  private static final String MOMENT = "errand.later";

  private final JobId job;
  private final StepWriter writer;
  private final Map<Slot, Effect> effects = new HashMap<>();
  private final NavigableMap<Slot, Effect> unasked = new TreeMap<>();
  private @Nullable RefusedException divergence;

  Journal(JobId job, StepWriter writer) {
    this.job = job;
    this.writer = writer;
  }

  /// Begins a block, with what was recorded of it before.
  void begin(List<Effect> before) {
    effects.clear();
    unasked.clear();
    divergence = null;
    for (var effect : before) {
      effects.put(effect.slot(), effect);
      if (effect.policy() != EffectPolicy.READ_ONLY) {
        unasked.put(effect.slot(), effect);
      }
    }
  }

  /// What the driver itself recorded: readings of the clock and the like.
  List<Effect> readings() {
    return effects.values().stream()
        .filter(effect -> !effect.name().startsWith(OWN))
        .filter(effect -> effect.policy() == EffectPolicy.READ_ONLY)
        .toList();
  }

  /// All that is recorded under that name.
  Stream<Effect> named(String name) {
    return effects.values().stream().filter(effect -> effect.name().equals(name));
  }

  /// The moment that is recorded at a slot, or else the one that `now` gives, which is recorded.
  Instant moment(Slot slot, Supplier<Instant> now) {
    var known = recorded(slot, MOMENT, "");
    if (known != null) {
      var result = (Effect.Result.Returned) known.result();
      return Instant.ofEpochMilli(((Value.Plain) result.value()).json().to(Long.class));
    }
    var moment = now.get();
    var result = new Effect.Result.Returned(Value.of(moment.toEpochMilli()));
    record(new Effect(slot, MOMENT, "", EffectPolicy.READ_ONLY, result));
    return moment.truncatedTo(ChronoUnit.MILLIS);
  }

  /// What is recorded at a slot, whatever was asked there; null if nothing is.
  @Nullable Effect at(Slot slot) {
    return effects.get(slot);
  }

  /// What is recorded at a slot; null if nothing is.
  ///
  /// @throws RefusedException if it is something else than `name` with arguments of that digest
  @Nullable Effect recorded(Slot slot, String name, String digest) {
    var known = effects.get(slot);
    if (known != null && !known.name().equals(name)) {
      throw diverged(slot.key(job), name, known.name() + " was called there before");
    }
    if (known != null && !known.digest().equals(digest)) {
      throw diverged(slot.key(job), name, "it was called there with other arguments before");
    }
    unasked.remove(slot);
    return known;
  }

  /// Refuses the call of `name`, which is new, if a replay has not yet asked for all that was
  /// called before.
  void requireAllAsked(Slot slot, String name) {
    if (divergence != null) {
      throw divergence;
    }
    if (!unasked.isEmpty()) {
      var missed = unasked.firstEntry().getValue();
      throw diverged(
          slot.key(job),
          name,
          missed.name() + " was called at " + missed.slot().key(job) + " and is not asked for");
    }
  }

  /// Records an effect, committed together with the entry that tells of it.
  void record(Effect effect, Change.Recorded... entry) {
    effects.put(effect.slot(), effect);
    writer.add(
        Stream.concat(Stream.of(new Change.Journalled(effect)), Stream.of(entry))
            .toArray(Change[]::new));
  }

  /// Takes over what the driver read; false if something else is recorded at its slot, which stays.
  /// The code has diverged then, and hears of it when it next asks for something new.
  boolean read(Effect reading) {
    var known = effects.putIfAbsent(reading.slot(), reading);
    if (known == null || known.name().equals(reading.name())) {
      return true;
    }
    divergence =
        diverged(
            reading.slot().key(job), reading.name(), known.name() + " was called there before");
    return false;
  }

  /// A record that has answered, and is not to answer again.
  void forget(Slot slot) {
    effects.remove(slot);
  }

  static RefusedException diverged(String where, String now, String before) {
    return new RefusedException(
        "ReplayDivergence",
        """
        At %s the code asks for %s, but %s. Nothing was done a second time; the statement depends on \
        something that changed between its two passes.\
        """
            .formatted(where, now, before));
  }

  static String digest(String text) {
    return new Blob(text.getBytes(StandardCharsets.UTF_8)).address();
  }
}
