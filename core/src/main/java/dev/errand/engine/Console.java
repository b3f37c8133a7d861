package dev.errand.engine;

import dev.errand.job.ChatStyle;
import java.util.stream.Collectors;

/// What code printed and raised since its model was last told, as much of it as a model is shown.
final class Console {
  /// How much of what was printed is shown: its beginning and its end.
  private static final int FIRST_CHARACTERS = 15_000;

  private static final int LAST_CHARACTERS = 5_000;

  private final StringBuilder printed = new StringBuilder();
  private final StringBuilder shown = new StringBuilder();
  private boolean error;

  void printed(String text) {
    printed.append(text);
  }

  void raised(String trace) {
    shown.append(shortened(printed)).append(line(trace));
    printed.setLength(0);
    error = true;
  }

  /// Whether something was raised in what there is.
  boolean hasError() {
    return error;
  }

  /// All there is, which stays.
  String peek() {
    return shown + shortened(printed);
  }

  /// The same as that style shows it; nothing where there is nothing.
  String peek(ChatStyle style) {
    var text = peek();
    if (text.isEmpty()) {
      return text;
    }
    return switch (style) {
      case CONSOLE -> text.lines().map(line -> "> " + line + "\n").collect(Collectors.joining());
      case MD_DIALOG -> "<console>\n" + line(text) + "</console>\n";
      case MARKDOWN, DIRECT -> text;
    };
  }

  /// All there is, which is gone then.
  String take() {
    var text = peek();
    clear();
    return text;
  }

  /// The same as that style shows it.
  String take(ChatStyle style) {
    var text = peek(style);
    clear();
    return text;
  }

  private void clear() {
    printed.setLength(0);
    shown.setLength(0);
    error = false;
  }

  private static String shortened(CharSequence text) {
    return text.isEmpty() ? "" : shortened(text, FIRST_CHARACTERS, LAST_CHARACTERS);
  }

  /// The beginning and the end of a long text, so many characters of each.
  static String shortened(CharSequence text, int beginning, int end) {
    int left = text.length() - beginning - end;
    if (left <= 0) {
      return line(text.toString());
    }
    var last = text.subSequence(text.length() - end, text.length());
    return text.subSequence(0, beginning)
        + ("\n[… " + left + " more characters …]\n")
        + line(last.toString());
  }

  static String line(String text) {
    return text.endsWith("\n") ? text : text + "\n";
  }
}
