package dev.errand.verification.programs;

import java.util.List;

/// Writes a tree as Python.
///
/// Functions are ordered: `f`, `g`, `h`, then `gen` and methods, then `unit`, which calls nothing.
/// What runs at a level may call what stands behind it only, so that every program ends.
final class PythonText {
  private static final List<String> FUNCTIONS = List.of("f", "g", "h");
  private static final int INNERMOST = FUNCTIONS.size() + 1;

  private final StringBuilder text = new StringBuilder();
  private int level;
  private int numbers;

  String of(Tree tree) {
    write(tree, "");
    return text.toString();
  }

  private void write(Tree tree, String indent) {
    if (tree.symbol().equals("block")) {
      for (int i = 0; i < tree.parts().size(); i++) {
        text.append(i == 0 ? "" : "\n" + indent);
        write(tree.parts().get(i), indent);
      }
      return;
    }
    int outside = level;
    int number = numbers;
    numbers += tree.production().symbols().contains("#") ? 1 : 0;
    for (int i = 0; i < tree.production().texts().size(); i++) {
      text.append(tree.production().texts().get(i).replace("\n", "\n" + indent));
      if (i < tree.parts().size()) {
        writePart(tree.parts().get(i), number);
      }
    }
    level = outside;
  }

  private void writePart(Tree part, int number) {
    var word = part.production().texts().isEmpty() ? "" : part.production().texts().getFirst();
    switch (part.symbol()) {
      case "#" -> text.append(number);
      case "inside" -> level++;
      case "within" -> level = INNERMOST;
      case "def" -> {
        text.append(word);
        level = Math.max(level, 1 + FUNCTIONS.indexOf(word));
      }
      case "fun" -> text.append(callable(FUNCTIONS.indexOf(word)));
      case "gen" -> text.append(level < INNERMOST ? "gen" : "range");
      case "thing" -> text.append(level < INNERMOST ? word : "Box(n)");
      case "draw" ->
          text.append(level == 0 ? "random.randint(0, 50)" : "random.Random(n).randint(0, 50)");
      default -> write(part, currentIndent());
    }
  }

  private String callable(int wish) {
    return level >= FUNCTIONS.size()
        ? "unit"
        : FUNCTIONS.get(level + wish % (FUNCTIONS.size() - level));
  }

  /// The blanks at the beginning of the line being written.
  private String currentIndent() {
    int start = text.lastIndexOf("\n") + 1;
    int end = start;
    while (end < text.length() && text.charAt(end) == ' ') {
      end++;
    }
    return text.substring(start, end);
  }
}
