package dev.errand.cli;

import dev.errand.job.Checkpoint;
import dev.errand.job.CoVariable;
import dev.errand.job.JobId;
import dev.errand.job.Variable;
import dev.errand.spi.Store;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The variables of one job, as they are and as they were.
record StoredVariables(Store store, JobId job) {
  private static final int SHORT_ADDRESS = 8;

  State now() {
    return State.of(store.checkpoint(job));
  }

  /// As a turn left them.
  ///
  /// @throws dev.errand.job.UnknownTurnException if that was forgotten
  State at(int turn) {
    return State.of(store.checkpoint(job, turn));
  }

  /// The variables at one moment, by name.
  record State(Map<String, Stored> byName) {
    private static State of(Optional<Checkpoint> checkpoint) {
      var byName = new LinkedHashMap<String, Stored>();
      for (var part : checkpoint.map(Checkpoint::coVariables).orElse(List.of())) {
        part.variables()
            .forEach(variable -> byName.put(variable.name(), new Stored(variable, part)));
      }
      return new State(byName);
    }

    List<Stored> variables() {
      return List.copyOf(byName.values());
    }
  }

  /// A variable and the co-variable it is kept in.
  record Stored(Variable variable, CoVariable part) {
    String name() {
      return variable.name();
    }

    String type() {
      return variable.type();
    }

    int since() {
      return part.since();
    }

    /// The beginning of its first chunk's address; empty where it has none of its own.
    Optional<String> chunk() {
      return part.chunks().stream().findFirst().map(address -> address.substring(0, SHORT_ADDRESS));
    }

    /// Whether nothing was written between the two, which says that nothing changed.
    private boolean isSameVersion(Stored other) {
      return part.number() == other.part.number() && part.since() == other.part.since();
    }
  }

  /// What became of a variable.
  sealed interface Difference {}

  /// It was not there before.
  record Added(Stored after) implements Difference {}

  /// It is not there any more.
  record Removed(Stored before) implements Difference {}

  /// It, or what shares an object with it, was written in between.
  record Changed(Stored before, Stored after) implements Difference {}

  /// What became of each variable, as far as anything did; those that are gone come last.
  static List<Difference> differences(State before, State after) {
    var differences = new ArrayList<Difference>();
    for (var variable : after.variables()) {
      var old = before.byName().get(variable.name());
      if (old == null) {
        differences.add(new Added(variable));
      } else if (!old.isSameVersion(variable)) {
        differences.add(new Changed(old, variable));
      }
    }
    before.variables().stream()
        .filter(old -> !after.byName().containsKey(old.name()))
        .forEach(old -> differences.add(new Removed(old)));
    return List.copyOf(differences);
  }
}
