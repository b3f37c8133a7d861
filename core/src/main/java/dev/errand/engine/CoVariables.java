package dev.errand.engine;

import dev.errand.job.Blob;
import dev.errand.job.Checkpoint;
import dev.errand.job.Delta;
import dev.errand.job.Variable;
import dev.errand.spi.Host.Part;
import dev.errand.spi.Host.Piece;
import dev.errand.spi.Host.Snapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The addresses of a live workspace's pieces, by co-variable, as of its last snapshot.
///
/// A workspace names pieces that it sent before by their place only; here it is known what they
/// are. Only the job's own thread uses this object.
final class CoVariables {
  private final Map<Integer, List<String>> pieces = new HashMap<>();
  private final Set<String> lost = new HashSet<>();

  /// Begins with the state that a workspace was opened with.
  void opened(@Nullable Checkpoint state) {
    pieces.clear();
    lost.clear();
    if (state != null) {
      state.coVariables().forEach(part -> pieces.put(part.number(), part.chunks()));
      lostOf(state.variables()).forEach(variable -> lost.add(variable.name()));
    }
  }

  /// What a snapshot changes in the checkpoint before.
  Delta take(Snapshot snapshot, int turn) {
    var fresh = new HashMap<String, Blob>();
    var puts = snapshot.parts().stream().map(part -> put(part, fresh)).toList();
    snapshot.dropped().forEach(pieces::remove);
    for (var put : puts) {
      pieces.put(put.number(), put.over(pieces.getOrDefault(put.number(), List.of())));
    }
    return new Delta(turn, puts, snapshot.dropped(), fresh);
  }

  /// The variables of a snapshot that could not be kept, and could be until then.
  List<Variable> newlyLost(Snapshot snapshot) {
    snapshot.variables().stream()
        .filter(variable -> variable.lost().isEmpty())
        .forEach(kept -> lost.remove(kept.name()));
    return lostOf(snapshot.variables()).filter(variable -> lost.add(variable.name())).toList();
  }

  private static Stream<Variable> lostOf(List<Variable> variables) {
    return variables.stream().filter(variable -> !variable.lost().isEmpty());
  }

  private Delta.Put put(Part part, Map<String, Blob> fresh) {
    var chunks = new TreeMap<Integer, String>();
    for (var piece : part.pieces()) {
      switch (piece) {
        case Piece.Fresh(var place, var content) -> {
          var address = content.address();
          fresh.put(address, content);
          chunks.put(place, address);
        }
        case Piece.Kept(var place, var number, var from, var count) -> {
          var kept = pieces.getOrDefault(number, List.of());
          for (int i = 0; i < count; i++) {
            chunks.put(place + i, kept.get(from + i));
          }
        }
      }
    }
    return new Delta.Put(part.number(), part.head(), part.length(), chunks, part.variables());
  }

  /// The workspace that a child begins with.
  static Delta beginning(Snapshot given) {
    var part = given.parts().getFirst();
    var contents = new ArrayList<Blob>();
    for (var piece : part.pieces()) {
      contents.add(((Piece.Fresh) piece).content());
    }
    return Delta.beginning(part.head(), contents, part.variables());
  }
}
