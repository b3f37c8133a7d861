package dev.errand.engine;

import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Slot;
import dev.errand.job.Value;
import dev.errand.spi.Host.Child;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/// What code was told of children, recorded so that a replay is told the same.
///
/// Of an end only whose it was is recorded: how a handler ended never changes. What was waited for
/// in a block is read at once when a replay first asks for some of it, so a loop that is replayed
/// costs one look at the store and not one for each turn.
///
/// Only the job's own thread uses this object.
final class Looks {
  private static final String AWAIT = "errand.await";
  private final Journal journal;
  private final Children children;
  private final Map<JobId, Child> awaited = new HashMap<>();

  Looks(Journal journal, Children children) {
    this.journal = journal;
    this.children = children;
  }

  /// Begins a block; the journal has begun it before.
  void begin() {
    awaited.clear();
  }

  /// The children as they are `now`, or as they were at this slot before.
  List<Child> look(Slot slot, String kind, String of, Supplier<List<Child>> now) {
    var known = journal.recorded(slot, kind, of);
    if (known != null) {
      return asRecorded(known);
    }
    var seen = now.get();
    journal.record(reading(slot, kind, of, Seen.record(seen)));
    return seen;
  }

  /// Those of `handlers` that have ended by `now`, or had at this slot before.
  List<Child> await(Slot slot, List<JobId> handlers, Supplier<List<Child>> now) {
    var of = handlers.size() == 1 ? handlers.toString() : Journal.digest(handlers.toString());
    var known = journal.recorded(slot, AWAIT, of);
    if (known != null) {
      return ids(known).stream().map(this::awaited).toList();
    }
    var ended = now.get();
    var ids = ended.stream().<Json>map(child -> new Json.Text(child.job().text())).toList();
    journal.record(reading(slot, AWAIT, of, new Json.Array(ids)));
    return ended;
  }

  private Child awaited(JobId id) {
    if (!awaited.containsKey(id)) {
      var all = journal.named(AWAIT).flatMap(line -> ids(line).stream()).distinct().toList();
      children.look(all).forEach(child -> awaited.put(child.job(), child));
    }
    return Objects.requireNonNull(awaited.get(id));
  }

  private List<Child> asRecorded(Effect known) {
    var lines = items(known).stream().map(Json.Object.class::cast).toList();
    var now =
        children.look(
            lines.stream().map(line -> new JobId(line.text("job").orElseThrow())).toList());
    return IntStream.range(0, lines.size())
        .mapToObj(n -> Seen.asRecorded(lines.get(n), now.get(n)))
        .toList();
  }

  private static List<JobId> ids(Effect line) {
    return items(line).stream().map(id -> new JobId(((Json.Text) id).value())).toList();
  }

  private static List<Json> items(Effect line) {
    var result = (Effect.Result.Returned) line.result();
    return ((Json.Array) ((Value.Plain) result.value()).json()).items();
  }

  private static Effect reading(Slot slot, String kind, String of, Json seen) {
    var result = new Effect.Result.Returned(new Value.Plain(seen));
    return new Effect(slot, kind, of, EffectPolicy.READ_ONLY, result);
  }
}
