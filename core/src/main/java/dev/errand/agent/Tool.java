package dev.errand.agent;

import dev.errand.job.EffectPolicy;
import dev.errand.job.Finding;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A controlled capability that code and models may call by name.
///
/// One whose name begins with `_` is for the library only: code does not see it.
///
/// @param name what it is called by; a Python identifier
/// @param description what it does, for the model
/// @param parameters the names of its parameters, in order; a trailing `?` marks an optional one
/// @param policy what may be done when the outcome of a call is unknown
/// @param action what it does
/// @param reconciler asked before the policy decides; null if nothing but the policy does
/// @param exit the value with which calling code ends its job once the call has returned; null
///   where it goes on
/// @param errorHandler called if a job fails whose code has called this tool; null for none
public record Tool(
    String name,
    String description,
    List<String> parameters,
    EffectPolicy policy,
    Action action,
    @Nullable Reconciler reconciler,
    @Nullable Json exit,
    @Nullable Tool errorHandler) {
  public Tool {
    if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
      throw new IllegalArgumentException(
          "'" + name + "' is no name for a tool; use letters, digits and _");
    }
    parameters = List.copyOf(parameters);
  }

  /// A tool whose calls are repeated with the same key when their outcome is unknown.
  public static Tool of(String name, String description, List<String> parameters, Action action) {
    return new Tool(
        name, description, parameters, EffectPolicy.IDEMPOTENT, action, null, null, null);
  }

  /// The same tool under another policy.
  public Tool policy(EffectPolicy other) {
    return new Tool(name, description, parameters, other, action, reconciler, exit, errorHandler);
  }

  /// The same tool, able to find out what came of a call whose outcome is unknown.
  public Tool reconcile(Reconciler how) {
    return new Tool(name, description, parameters, policy, action, how, exit, errorHandler);
  }

  /// The same tool, by which calling Python ends its job with that value, anything [Json#of] takes;
  /// default the job goes on, as it does for a tool that fails and for a Java program.
  public Tool exits(@Nullable Object value) {
    return new Tool(
        name, description, parameters, policy, action, reconciler, Json.of(value), errorHandler);
  }

  /// The same tool, for each call of which a job that fails calls `handler`: a tool of a name that
  /// begins with `_`, such as `_release(context, error?)`.
  ///
  /// It is registered with the job once the call has returned, and called once, in the order of
  /// registration with the handlers of the job's code: with what the call returned, and with the
  /// error as an object of `kind`, `message` and `advice`. Calls of a Java program, and those by
  /// which a dialog is held, register none.
  ///
  /// @throws IllegalArgumentException if `handler` has another name, other than two parameters, of
  ///   which the second is optional, or ends jobs itself
  public Tool onError(Tool handler) {
    var given = handler.parameters();
    boolean takesBoth =
        given.size() == 2 && !given.getFirst().endsWith("?") && given.getLast().endsWith("?");
    if (!handler.isInternal() || !takesBoth || handler.exit() != null) {
      throw new IllegalArgumentException(
          "An error handler has a name that begins with _ and takes a context and an optional"
              + " error, as in _release(context, error?); tool "
              + handler.name()
              + " takes "
              + given);
    }
    return new Tool(name, description, parameters, policy, action, reconciler, exit, handler);
  }

  /// This tool, and its error handler if it has one.
  public Stream<Tool> withErrorHandler() {
    return Stream.concat(Stream.of(this), Stream.ofNullable(errorHandler));
  }

  /// The same tool under another name.
  Tool named(String other) {
    return new Tool(other, description, parameters, policy, action, reconciler, exit, errorHandler);
  }

  /// Whether only the library calls it, not the code of jobs: its name begins with `_`.
  public boolean isInternal() {
    return name.startsWith("_");
  }

  /// What a tool does; called by any thread, several at a time, and heeding interruption.
  @FunctionalInterface
  public interface Action {
    /// Does it.
    ///
    /// @return anything [Json#of] takes
    /// @throws Exception if it fails; the calling code sees the message as an error of the tool
    @Nullable Object call(Call call) throws Exception;
  }

  /// Finds out what came of a call whose worker died before the outcome was recorded; called by any
  /// thread, several at a time, and heeding interruption.
  @FunctionalInterface
  public interface Reconciler {
    /// Looks for the call under its key.
    ///
    /// A call that was not made is made then. It is asked again if the worker dies before the
    /// finding is recorded.
    ///
    /// @return what came of the call; empty if that cannot be said, and the policy decides
    /// @throws Exception which counts as empty; the history has the message
    Optional<Finding> find(Call call) throws Exception;
  }

  /// One call of a tool.
  ///
  /// @param job on whose behalf
  /// @param key stable over replays: the same call has the same key, another call another one
  /// @param arguments by parameter name
  public record Call(JobId job, String key, Json.Object arguments) {
    /// The text of an argument.
    ///
    /// @throws IllegalArgumentException if it is absent or no string
    public String text(String name) {
      return arguments
          .text(name)
          .orElseThrow(
              () -> new IllegalArgumentException(name + " is required and must be a string"));
    }
  }
}
