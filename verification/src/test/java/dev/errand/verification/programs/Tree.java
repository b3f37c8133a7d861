package dev.errand.verification.programs;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// A piece of a program: a production of the grammar with a tree in the place of each of its
/// symbols; for a block, its statements.
record Tree(Production production, List<Tree> parts) {
  Tree {
    parts = List.copyOf(parts);
  }

  String symbol() {
    return production.symbol();
  }

  int size() {
    return 1 + parts.stream().mapToInt(Tree::size).sum();
  }

  /// All trees below it, nearer ones first.
  Stream<Tree> below() {
    return Stream.concat(parts.stream(), parts.stream().flatMap(Tree::below));
  }

  /// This tree with another one in a place.
  Tree with(int place, Tree part) {
    var changed = new ArrayList<>(parts);
    changed.set(place, part);
    return new Tree(production, changed);
  }

  /// This block without one of its statements.
  Tree without(int place) {
    var fewer = new ArrayList<>(parts);
    fewer.remove(place);
    return new Tree(production, fewer);
  }
}
