package dev.errand.testkit;

import dev.errand.job.Checkpoint;
import dev.errand.job.CoVariable;
import dev.errand.job.Delta;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/// A workspace as each turn left it, whole: what the deltas of a store must amount to.
///
/// @param kept the first turn that is not forgotten
/// @param states the co-variables by number, by the turn that left them so
record MemoryWorkspace(int kept, SortedMap<Integer, SortedMap<Integer, CoVariable>> states) {
  static final MemoryWorkspace EMPTY = new MemoryWorkspace(Delta.BEFORE, new TreeMap<>());

  MemoryWorkspace {
    states = new TreeMap<>(states);
  }

  /// What a delta makes of it.
  MemoryWorkspace changed(Delta delta) {
    var last =
        states.isEmpty() ? new TreeMap<Integer, CoVariable>() : states.lastEntry().getValue();
    var parts = new TreeMap<>(last);
    parts.keySet().removeAll(delta.dropped());
    for (var put : delta.puts()) {
      var before = parts.get(put.number());
      var chunks = put.over(before == null ? List.of() : before.chunks());
      parts.put(
          put.number(),
          new CoVariable(put.number(), delta.turn(), put.head(), chunks, put.variables()));
    }
    var changed = new TreeMap<>(states);
    changed.put(delta.turn(), parts);
    return new MemoryWorkspace(kept, changed);
  }

  /// As it is now.
  Optional<Checkpoint> now() {
    return at(Integer.MAX_VALUE - 1);
  }

  /// What is left when the turns before `turn` are forgotten.
  MemoryWorkspace forgotten(int turn) {
    int first = Math.max(kept, turn);
    var earlier = states.headMap(first + 1);
    return new MemoryWorkspace(
        first, earlier.isEmpty() ? states : states.tailMap(earlier.lastKey()));
  }

  /// What a job that stands right after `turn` has of it.
  MemoryWorkspace forked(int turn) {
    return new MemoryWorkspace(kept, states.headMap(turn + 1)).forgotten(turn);
  }

  /// The addresses of all pieces, of now and of all turns that are kept.
  Stream<String> addresses() {
    return states.values().stream()
        .flatMap(parts -> parts.values().stream())
        .flatMap(part -> part.chunks().stream());
  }

  /// As turn `turn` or an earlier one left it.
  Optional<Checkpoint> at(int turn) {
    var earlier = states.headMap(turn + 1);
    return earlier.isEmpty() || earlier.lastEntry().getValue().isEmpty()
        ? Optional.empty()
        : Optional.of(new Checkpoint(List.copyOf(earlier.lastEntry().getValue().values())));
  }
}
