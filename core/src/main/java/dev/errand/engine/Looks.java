package dev.errand.engine;

import dev.errand.job.Completion;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.RefusedException;
import dev.errand.job.Slot;
import dev.errand.job.Value;
import dev.errand.job.Wait;
import dev.errand.job.WaitCycleException;
import dev.errand.spi.Host.Child;
import dev.errand.spi.Workspace;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/*
 * What code was told of children, recorded so that a replay is told the same.
 *
 * Of an end that was waited for only whose it was is recorded: how a handler ended never changes. A replay asks for one
 * such end after the other, often for very many in one statement. So they are read ahead when a block begins again, many
 * at a time, and go to the workspace with the run, which then need not ask. How much is read ahead is bounded; what
 * is beyond is asked for and read singly.
 *
 * Only the job's own thread uses this object.
 */
final class Looks {
  private static final String AWAIT = "errand.await";
  private static final String REPLIES = "errand.replies";
  private static final int AT_ONCE = 64;
  private static final long AHEAD_CHARACTERS = 4 << 20;

  private final Journal journal;
  private final Children children;
  private final Map<Slot, Workspace.Told> ahead = new TreeMap<>();

  Looks(Journal journal, Children children) {
    this.journal = journal;
    this.children = children;
  }

  /// Begins a block; the journal has begun it before.
  void begin() {
    ahead.clear();
    var lines =
        journal
            .named(AWAIT)
            .filter(line -> line.result() instanceof Effect.Result.Returned)
            .sorted(Comparator.comparing(Effect::slot))
            .toList();
    long characters = 0;
    for (int from = 0; from < lines.size() && characters < AHEAD_CHARACTERS; from += AT_ONCE) {
      characters += readAhead(lines.subList(from, Math.min(from + AT_ONCE, lines.size())));
    }
  }

  private long readAhead(List<Effect> lines) {
    var ids = lines.stream().flatMap(line -> ids(line).stream()).distinct().toList();
    var ended = new HashMap<JobId, Child>();
    children.look(ids).forEach(child -> ended.put(child.job(), child));
    for (var line : lines) {
      var told = ids(line).stream().map(ended::get).map(Objects::requireNonNull).toList();
      ahead.put(line.slot(), new Workspace.Told(line.slot(), told));
    }
    return ended.values().stream().mapToLong(Looks::characters).sum();
  }

  private static long characters(Child child) {
    return switch (child.completion()) {
      case Completion.Result(Value.Plain(var json)) -> json.print().length();
      case Completion.Result(Value.Pickled(var bytes, var text)) -> bytes.size();
      case Completion.Error(var error) -> error.message().length() + error.trace().length();
      case null -> 0;
    };
  }

  /// What was read ahead, in the order in which the code was told.
  List<Workspace.Told> ahead() {
    return List.copyOf(ahead.values());
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

  /// Those of the awaited handlers that have ended by `now`, or had at this slot before.
  ///
  /// @param recorded whether a replay must be given the same
  List<Child> await(Slot slot, Wait on, boolean recorded, Supplier<List<Child>> now) {
    var handlers = on.handlers();
    var of = handlers.size() == 1 ? handlers.toString() : Journal.digest(handlers.toString());
    var known = journal.recorded(slot, AWAIT, of);
    if (known != null) {
      requireReturned(known);
      var told = ahead.get(slot);
      return told == null ? children.look(ids(known)) : told.ended();
    }
    var ended = unlessRefused(slot, of, now);
    if (recorded) {
      var ids = ended.stream().<Json>map(child -> new Json.Text(child.job().text())).toList();
      journal.record(reading(slot, AWAIT, of, new Json.Array(ids)));
    }
    return ended;
  }

  private List<Child> unlessRefused(Slot slot, String of, Supplier<List<Child>> now) {
    try {
      return now.get();
    } catch (WaitCycleException cycle) {
      var raised = new Effect.Result.Raised("RuntimeError", String.valueOf(cycle.getMessage()));
      var refused = new Effect(slot, AWAIT, of, EffectPolicy.READ_ONLY, raised);
      journal.record(refused);
      requireReturned(refused);
      throw cycle;
    }
  }

  private static void requireReturned(Effect line) {
    if (line.result() instanceof Effect.Result.Raised(var type, var message)) {
      throw new RefusedException(type, message);
    }
  }

  /// What a job has said by `now`, or had at this slot before.
  List<String> replies(Slot slot, JobId of, Supplier<List<String>> now) {
    var known = journal.recorded(slot, REPLIES, of.text());
    if (known != null) {
      return items(known).stream().map(text -> ((Json.Text) text).value()).toList();
    }
    var said = now.get();
    journal.record(reading(slot, REPLIES, of.text(), Json.of(said)));
    return said;
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
