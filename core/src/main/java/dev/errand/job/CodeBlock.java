package dev.errand.job;

import java.util.List;
import java.util.Optional;

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
    /// Gives the job's event to the one external name of the agent's own code; `source` is the JSON
    /// of that code, an array of texts.
    EVENT,
    /// The error handlers that the job's code has registered; `source` is the JSON of the error by
    /// which the job fails, with the first turn whose handlers count as `since`.
    ON_ERROR,
    /// What handlers of classes of the job's own say of the ends that the run is told of, as JSON
    /// by job; `source` is empty. Their code can ask for nothing, and nothing is recorded.
    LOG_MESSAGES,
    /// A callback of the name `source`: no worker carries it out, whoever answers does.
    ANSWER,
    /// Attempts at retried work; `source` is the JSON of the [Attempts].
    ATTEMPTS
  }

  /// A block of Python text.
  public static CodeBlock python(String source) {
    return new CodeBlock(Kind.PYTHON, source);
  }

  /// The name under which a job keeps its event until a block of kind `EVENT` is carried out.
  public static final String EVENT = "__event__";

  /// What gives the job's event to the one external name of these blocks.
  public static CodeBlock event(List<CodeBlock> blocks) {
    return new CodeBlock(
        Kind.EVENT, Json.of(blocks.stream().map(CodeBlock::source).toList()).print());
  }

  /// Whether what it returns completes the handler and ends the job.
  public boolean deliversValue() {
    return switch (kind) {
      case CALL, PROGRAM, ATTEMPTS -> true;
      case PYTHON, EVENT, ON_ERROR, LOG_MESSAGES, ANSWER -> false;
    };
  }

  /// What it makes attempts at; empty for a block of another kind.
  public Optional<Attempts> attempts() {
    return kind == Kind.ATTEMPTS
        ? Optional.of(StoredForm.attempts((Json.Object) Json.parse(source)))
        : Optional.empty();
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
