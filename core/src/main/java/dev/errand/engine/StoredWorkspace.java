package dev.errand.engine;

import dev.errand.job.Blob;
import dev.errand.job.Checkpoint;
import dev.errand.job.CoVariable;
import dev.errand.job.Delta;
import dev.errand.job.JobId;
import dev.errand.job.UnknownTurnException;
import dev.errand.job.Variable;
import dev.errand.job.WorkspaceException;
import dev.errand.spi.Store;
import dev.errand.spi.WorkspaceRuntime.Part;
import dev.errand.spi.WorkspaceRuntime.State;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/// Reads checkpoints of one job with their pieces, and refuses what is damaged.
record StoredWorkspace(Store store, JobId job) {
  /// The checkpoint with its pieces.
  ///
  /// @throws WorkspaceException if a part of it is damaged, naming the variables, and the last turn
  ///   that left a workspace which is not
  State state(Checkpoint stored) {
    var pieces = pieces(stored);
    var damaged = damaged(stored, pieces);
    if (!damaged.isEmpty()) {
      throw new WorkspaceException(message(damaged));
    }
    return new State(
        stored.coVariables().stream()
            .map(
                part ->
                    new Part(
                        part.number(),
                        Objects.requireNonNull(part.head()),
                        part.chunks().stream()
                            .map(address -> Objects.requireNonNull(pieces.get(address)))
                            .toList()))
            .toList());
  }

  private Map<String, Blob> pieces(Checkpoint stored) {
    return store.chunks(
        stored.coVariables().stream().flatMap(part -> part.chunks().stream()).toList());
  }

  private static List<CoVariable> damaged(Checkpoint stored, Map<String, Blob> pieces) {
    return stored.coVariables().stream()
        .filter(part -> part.head() == null || !pieces.keySet().containsAll(part.chunks()))
        .toList();
  }

  private String message(List<CoVariable> damaged) {
    var names =
        damaged.stream()
            .flatMap(part -> part.variables().stream())
            .map(Variable::name)
            .collect(Collectors.joining(", "));
    var what =
        "What is stored of job %s is damaged: the content of %s is missing or changed. "
            .formatted(job, names);
    return what + advice(lastSound(damaged));
  }

  private String advice(OptionalInt sound) {
    if (sound.isEmpty()) {
      return "No earlier turn is kept that left it whole; submit the job anew.";
    }
    int turn = sound.getAsInt();
    return turn == Delta.BEFORE
        ? "What it began with is whole: errand fork %s --at %d begins again.".formatted(job, turn)
        : "The last turn that left it whole is %d: errand fork %s --at %d goes on from there."
            .formatted(turn, job, turn);
  }

  /// The last turn that left a workspace without damage; empty if none is kept.
  ///
  /// What is damaged was written by some turn, so that all from then on until it was replaced have
  /// it: they need no look.
  private OptionalInt lastSound(List<CoVariable> damaged) {
    var bad = damaged;
    while (true) {
      int turn = bad.stream().mapToInt(CoVariable::since).min().orElseThrow() - 1;
      if (turn < Delta.BEFORE) {
        return OptionalInt.empty();
      }
      try {
        bad =
            store.checkpoint(job, turn).map(then -> damaged(then, pieces(then))).orElse(List.of());
      } catch (UnknownTurnException forgotten) {
        return OptionalInt.empty();
      }
      if (bad.isEmpty()) {
        return OptionalInt.of(turn);
      }
    }
  }
}
