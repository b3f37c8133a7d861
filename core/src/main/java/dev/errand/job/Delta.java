package dev.errand.job;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a checkpoint changes in a workspace: all that is not named stays as it was.
///
/// @param turn the turn that the checkpoint belongs to
/// @param puts the co-variables that are new or changed
/// @param dropped the numbers of those that are gone
/// @param fresh the pieces that may not be stored yet, by address
public record Delta(int turn, List<Put> puts, List<Integer> dropped, Map<String, Blob> fresh) {
  /// The turn of what a job begins with.
  public static final int BEFORE = -1;

  public Delta {
    puts = List.copyOf(puts);
    dropped = List.copyOf(dropped);
    fresh = Map.copyOf(fresh);
  }

  /// Whether it changes nothing.
  public boolean isEmpty() {
    return puts.isEmpty() && dropped.isEmpty();
  }

  /// The workspace that a new job begins with: a single co-variable, number 0.
  public static Delta beginning(Blob head, List<Blob> pieces, List<Variable> variables) {
    var fresh = new HashMap<String, Blob>();
    var chunks = new TreeMap<Integer, String>();
    for (var piece : pieces) {
      var address = piece.address();
      fresh.put(address, piece);
      chunks.put(chunks.size(), address);
    }
    return new Delta(
        BEFORE, List.of(new Put(0, head, chunks.size(), chunks, variables)), List.of(), fresh);
  }

  /// The workspace of a new job that begins as a stored one is, whose pieces are there.
  ///
  /// @throws NullPointerException if what is stored is damaged
  public static Delta beginning(Checkpoint stored) {
    var puts = stored.coVariables().stream().map(Delta::whole).toList();
    return new Delta(BEFORE, puts, List.of(), Map.of());
  }

  private static Put whole(CoVariable stored) {
    var chunks = new TreeMap<Integer, String>();
    stored.chunks().forEach(address -> chunks.put(chunks.size(), address));
    var head = Objects.requireNonNull(stored.head(), "a damaged co-variable has no head");
    return new Put(stored.number(), head, chunks.size(), chunks, stored.variables());
  }

  /// A co-variable that is new or changed.
  ///
  /// @param number its number
  /// @param head how its pieces make up the variables
  /// @param length how many pieces it has
  /// @param chunks the addresses of pieces by their place, from 0; a place below `length` that is
  ///   absent keeps the piece that the co-variable of this number had there
  /// @param variables what people see of it
  public record Put(
      int number,
      Blob head,
      int length,
      SortedMap<Integer, String> chunks,
      List<Variable> variables) {
    public Put {
      variables = List.copyOf(variables);
    }

    /// The addresses of all pieces, where `before` are those that the co-variable had.
    ///
    /// @throws IllegalArgumentException if a place is neither given nor was there before
    public List<String> over(List<String> before) {
      var all = new ArrayList<String>(length);
      for (int place = 0; place < length; place++) {
        var given = chunks.get(place);
        if (given == null && place >= before.size()) {
          throw new IllegalArgumentException(
              "Co-variable %d has no piece at place %d".formatted(number, place));
        }
        all.add(given == null ? before.get(place) : given);
      }
      return all;
    }
  }
}
