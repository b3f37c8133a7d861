package dev.errand.job;

/// One piece of work of a job definition, carried out statement by statement.
///
/// @param kind how `source` is to be read
/// @param source Python text, or the name of what is called
public record CodeBlock(Kind kind, String source) {
  /// The ways to carry out a block.
  public enum Kind {
    /// `source` is Python text.
    PYTHON,
    /// `source` names a Python callable that the job's first checkpoint holds together with its
    /// arguments; its return value completes the handler and ends the job.
    CALL,
    /// `source` names the Java program of the job's agent.
    PROGRAM,
    /// The error handlers that the job's code has registered; `source` is the JSON of the error by
    /// which the job fails, with the first turn whose handlers count as `since`.
    ON_ERROR,
    /// A callback of the name `source`: no worker carries it out, whoever answers does.
    ANSWER
  }

  /// A block of Python text.
  public static CodeBlock python(String source) {
    return new CodeBlock(Kind.PYTHON, source);
  }

  /// A block of a definition, whose marks (`#STATEK: …`) are looked at.
  ///
  /// @throws IllegalArgumentException if it has a mark that is none
  public CodeBlock marked() {
    if (kind == Kind.PYTHON) {
      WarmupMarks.check(source);
    }
    return this;
  }

  /// Whether no model is shown what comes of it: it has the mark `#STATEK: hidden = True`.
  public boolean isHidden() {
    return kind == Kind.PYTHON && WarmupMarks.isHidden(source);
  }
}
