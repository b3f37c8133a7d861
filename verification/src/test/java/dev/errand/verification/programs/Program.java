package dev.errand.verification.programs;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// A program: a tree for each of its blocks, and the seed that decides what its tools answer.
///
/// Every program begins with the same block, which gives names to play with, and ends with one that
/// prints what has become of them.
record Program(int seed, List<Tree> trees) {
  private static final String FIRST = Grammar.resource("first_block.py");
  private static final String LAST = Grammar.resource("last_block.py");

  /// The blocks as Python.
  List<String> blocks() {
    var blocks = new ArrayList<String>();
    blocks.add(FIRST);
    trees.forEach(tree -> blocks.add(text(tree)));
    blocks.add(LAST);
    return blocks;
  }

  private static String text(Tree tree) {
    return new PythonText().of(tree) + "\n";
  }

  /// What is its own: its seed and the blocks in the middle.
  @Override
  public String toString() {
    return trees.stream()
        .map(Program::text)
        .collect(Collectors.joining("# next block\n", "# seed " + seed + "\n", ""));
  }
}
