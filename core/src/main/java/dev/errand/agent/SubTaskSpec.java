package dev.errand.agent;

import dev.errand.job.Budget;
import dev.errand.job.CodeBlock;
import dev.errand.job.Given;
import dev.errand.job.Json;
import dev.errand.job.Retry;
import dev.errand.job.StoredForm;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a subtask is to be: whose work it is, what they are given, and what they are told.
///
/// Immutable: each method gives another one. Nothing begins before it is [started][JobScope#start],
/// or returned by a [factory][SubTask].
public final class SubTaskSpec {
  private final Json.Object form;

  private SubTaskSpec(Json.Object form) {
    this.form = form;
  }

  /// Work for that agent.
  public static SubTaskSpec of(String agent) {
    if (agent.isBlank()) {
      throw new IllegalArgumentException("A subtask needs the name of an agent");
    }
    return new SubTaskSpec(Json.object("agent", agent));
  }

  private SubTaskSpec with(String name, @Nullable Object value) {
    return new SubTaskSpec(form.with(name, value));
  }

  private Json.Object object(String name) {
    return (Json.Object) form.get(name).orElse(Json.Object.EMPTY);
  }

  /// The handler's id, unique among the subtasks of the job that starts it; default none, or what
  /// the code that calls a factory gives.
  public SubTaskSpec id(String id) {
    return with("id", id);
  }

  /// Gives the child a variable: a [dev.errand.job.Shared] by reference, or a copy of anything
  /// [Json#of] takes.
  ///
  /// @throws IllegalArgumentException if it is no name for a variable, or no value for one
  public SubTaskSpec var(String name, @Nullable Object value) {
    return with("vars", new Given(object("vars")).with(name, value).variables());
  }

  /// Fills the placeholder `{name}` of the agent's instructions.
  public SubTaskSpec param(String name, @Nullable Object value) {
    return with("params", object("params").with(name, value));
  }

  /// Adds a block of Python, carried out before the first turn of the child's model, if it has one;
  /// default none. A Java program carries out none.
  ///
  /// @throws IllegalArgumentException if it has a mark `#STATEK: …` which is none
  public SubTaskSpec code(String python) {
    var block = new Json.Text(CodeBlock.python(python).marked().source());
    var before = form.get("code").orElse(new Json.Array(List.of()));
    return with(
        "code", Stream.concat(((Json.Array) before).items().stream(), Stream.of(block)).toList());
  }

  /// What the child's model reads first; default nothing. An agent without a model is refused with
  /// one.
  public SubTaskSpec message(String text) {
    return with("message", text);
  }

  /// The child's locale as a language tag; default that of the job that starts it.
  public SubTaskSpec locale(String tag) {
    return with("locale", tag);
  }

  /// The JSON schema that the child's result must fit; default any result will do.
  ///
  /// A child that would deliver another is told what is wrong with it and may deliver again; one
  /// that returns another fails.
  public SubTaskSpec resultSchema(Json.Object schema) {
    return with("schema", schema);
  }

  /// The same, for a record or another class as which the result is to be read: all of its members
  /// must be there, and no others.
  public SubTaskSpec resultType(Class<?> type) {
    return resultSchema(TypeSchema.of(type));
  }

  /// How long the child may take until it ends with [dev.errand.job.Outcome.TimedOut]; default as
  /// long as the limits of its agent, and the deadline of the job that starts it, allow.
  ///
  /// @throws IllegalArgumentException if it is not positive
  public SubTaskSpec timeout(Duration time) {
    if (!time.isPositive()) {
      throw new IllegalArgumentException("A timeout must be positive, not " + time);
    }
    return with("millis", Math.max(1, time.toMillis()));
  }

  /// What the child and all below it may spend on model calls: a share of what the job that starts
  /// it may, which has what is left of it back when the child has ended; default no share of its
  /// own.
  ///
  /// A child that is to have more than there is ends with [dev.errand.job.Outcome.BudgetExhausted]
  /// before it begins.
  public SubTaskSpec budget(Budget share) {
    return with("budget", StoredForm.write(share));
  }

  /// Of jobs that are due, those of a higher priority go on first; default that of the job that
  /// starts it.
  public SubTaskSpec priority(int priority) {
    return with("priority", priority);
  }

  /// Attempts the work anew when it fails; default once. A timeout, or a budget, is that of all
  /// attempts together.
  ///
  /// Each attempt is a job of its own that begins as the first did. The handler is that of the job
  /// which supervises them: it has the result of the attempt that succeeds, or the error of the
  /// last one, which says how many there were.
  public SubTaskSpec retry(Retry policy) {
    return with("retry", StoredForm.write(policy));
  }

  /// The same as plain data, which is what is recorded: `agent`, and of `id`, `vars`, `params`,
  /// `code`, `message`, `locale`, `schema`, `millis`, `budget`, `priority` and `retry` those that
  /// were given.
  public Json.Object form() {
    return form;
  }

  @Override
  public String toString() {
    return form.print();
  }
}
