package dev.errand.python;

import dev.errand.job.Limits;
import dev.errand.job.TaskError;
import dev.errand.spi.Host;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Holds what a workspace's process sends against its limits; only the thread of its run uses it.
///
/// It keeps the sizes of the pieces that are stored, by co-variable, since a process names pieces
/// that it sent before by their place only.
final class Bounds {
  private final Limits limits;
  private final Map<Integer, Part> parts = new HashMap<>();
  private long printed;
  private long stored;

  private record Part(int head, List<Integer> pieces) {
    long size() {
      return head + pieces.stream().mapToLong(Integer::longValue).sum();
    }
  }

  Bounds(Limits limits) {
    this.limits = limits;
  }

  /// Takes what the workspace begins with.
  void holds(int number, int head, List<Integer> pieces) {
    put(number, new Part(head, pieces));
  }

  /// A block begins.
  void begin() {
    printed = 0;
  }

  /// The limit that is exceeded by what came now, if one is.
  ///
  /// @param console how many characters were printed
  /// @throws IllegalArgumentException if a snapshot has pieces that are not there
  Optional<TaskError> exceededBy(int console, Host.Mark mark) {
    printed += console;
    if (printed > limits.outputCharacters()) {
      return Optional.of(Excess.output(limits));
    }
    var snapshot = mark.snapshot();
    if (snapshot != null) {
      take(snapshot);
    }
    return stored > limits.storedBytes() ? Optional.of(Excess.stored(limits)) : Optional.empty();
  }

  private void take(Host.Snapshot snapshot) {
    var taken = new HashMap<Integer, Part>();
    snapshot.parts().forEach(part -> taken.put(part.number(), sizes(part)));
    snapshot.dropped().forEach(this::drop);
    taken.forEach(this::put);
  }

  private Part sizes(Host.Part part) {
    var before = pieces(part.number());
    requireNoMoreThanIsThere(part, before.size());
    int kept = Math.min(before.size(), part.length());
    var sizes = new ArrayList<>(before.subList(0, kept));
    sizes.addAll(Collections.nCopies(part.length() - kept, 0));
    for (var piece : part.pieces()) {
      switch (piece) {
        case Host.Piece.Fresh(var place, var content) -> sizes.set(place, content.size());
        case Host.Piece.Kept(var place, var number, var from, var count) -> {
          var others = pieces(number);
          for (int i = 0; i < count; i++) {
            sizes.set(place + i, others.get(from + i));
          }
        }
      }
    }
    return new Part(part.head().size(), sizes);
  }

  /// The length is only the process's word, and it is what memory is taken by.
  private void requireNoMoreThanIsThere(Host.Part part, int before) {
    long there = before;
    for (var piece : part.pieces()) {
      there +=
          switch (piece) {
            case Host.Piece.Fresh ignored -> 1;
            case Host.Piece.Kept(var ignored, var number, var from, var count) ->
                Math.min(count, pieces(number).size() - from);
          };
    }
    if (part.length() < 0 || part.length() > there) {
      throw new IllegalArgumentException("a part has fewer pieces than it says");
    }
  }

  private List<Integer> pieces(int number) {
    var part = parts.get(number);
    return part == null ? List.of() : part.pieces();
  }

  private void put(int number, Part part) {
    drop(number);
    parts.put(number, part);
    stored += part.size();
  }

  private void drop(int number) {
    var before = parts.remove(number);
    if (before != null) {
      stored -= before.size();
    }
  }
}
