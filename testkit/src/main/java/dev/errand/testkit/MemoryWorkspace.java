package dev.errand.testkit;

import dev.errand.job.Checkpoint;
import dev.errand.job.CoVariable;
import dev.errand.job.Delta;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// A workspace as each turn left it, whole: what the deltas of a store must amount to.
///
/// @param states the co-variables by number, by the turn that left them so
record MemoryWorkspace(SortedMap<Integer, SortedMap<Integer, CoVariable>> states) {
  static final MemoryWorkspace EMPTY = new MemoryWorkspace(new TreeMap<>());

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
    return new MemoryWorkspace(changed);
  }

  /// As it is now.
  Optional<Checkpoint> now() {
    return at(Integer.MAX_VALUE - 1);
  }

  /// As turn `turn` or an earlier one left it.
  Optional<Checkpoint> at(int turn) {
    var earlier = states.headMap(turn + 1);
    return earlier.isEmpty() || earlier.lastEntry().getValue().isEmpty()
        ? Optional.empty()
        : Optional.of(new Checkpoint(List.copyOf(earlier.lastEntry().getValue().values())));
  }
}
