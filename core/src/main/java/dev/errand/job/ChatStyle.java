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

  /// Whether a reply in words alone ends the job.
  public boolean endsByWords() {
    return this == MD_DIALOG || this == DIRECT;
  }

  /// Whether the model may call tools by its reply.
  public boolean takesCalls() {
    return this != CONSOLE;
  }
}
