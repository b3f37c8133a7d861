package dev.errand.job;

/// How the replies of a model are read (STATEK: chat styles).
public enum ChatStyle {
  /// All of a reply is Python, as typed at a console; what it prints is shown with `> ` before each
  /// line. The job ends by `exit`.
  CONSOLE,
  /// Fenced Python is carried out, words around it are for nobody. A reply without code is an
  /// error, of which the model is told; the job ends by `exit`.
  MARKDOWN,
  /// Words are said, fenced Python is carried out; a reply without code and calls is the last one.
  /// What code prints is shown between the tags `<console>` and `</console>`.
  MD_DIALOG,
  /// Words are said; code is carried out only where the tool `python_cli` is called with it. A
  /// reply without calls is the last one.
  DIRECT;

  /// What a model is told of the style after its agent's own instructions.
  ///
  /// @param runsCode whether it may carry out code
  public String guide(boolean runsCode) {
    return switch (this) {
      case CONSOLE -> "# How to act\n\n" + CONSOLE_GUIDE + WORKSPACE + BY_EXIT;
      case MARKDOWN -> "# How to act\n\n" + FENCE_GUIDE + WORKSPACE + BY_EXIT;
      case MD_DIALOG -> "# How to act\n\n" + FENCE_GUIDE + TAGS + WORKSPACE + BY_WORDS;
      case DIRECT -> runsCode ? "# How to act\n\n" + CALL_GUIDE + WORKSPACE + BY_LAST_WORDS : "";
    };
  }

  private static final String CONSOLE_GUIDE =
      """
      You sit at a Python console: all that you reply is carried out as Python. What it prints, and \
      the value of its last expression, comes back to you with > before each line.\
      """;
  private static final String FENCE_GUIDE =
      """
      To act, write Python in a fenced block that begins with ```python. It is carried out, and what \
      it prints, and the value of its last expression, comes back to you.\
      """;
  private static final String TAGS = " It stands between <console> and </console>.";
  private static final String CALL_GUIDE =
      "To carry out Python, call python_cli with it; code in your words is not carried out.";
  private static final String WORKSPACE =
      """
       Variables, functions and imports stay from step to step. Take one step, look at what came of \
      it, then take the next.\
      """;
  private static final String BY_EXIT = " When all is done, call exit(value) with the result.";
  private static final String BY_WORDS =
      """
       A reply without code and without calls is your answer and ends the work; exit(value) ends it \
      with a value.\
      """;
  private static final String BY_LAST_WORDS =
      " A reply without calls is your answer and ends the work.";

  /// Whether a reply in words alone ends the job.
  public boolean endsByWords() {
    return this == MD_DIALOG || this == DIRECT;
  }

  /// Whether the model may call tools by its reply.
  public boolean takesCalls() {
    return this != CONSOLE;
  }
}
