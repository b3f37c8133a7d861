package dev.errand.engine;

import dev.errand.agent.ToolFunction;
import dev.errand.job.Conduct;
import dev.errand.job.Json;
import dev.errand.job.ToolCall;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What a model's reply asks for, as its chat style has it read.
///
/// @param words what it says besides code, to whoever is talked with; empty for nothing
/// @param calls the tools it calls, those that carry out code included
/// @param code the Python to carry out; empty for none
/// @param cutOff whether the reply was ended by a limit of length: nothing of it is done
/// @param asks which of the calls wait until a person allows them, by their places
record Acts(
    Optional<String> words,
    List<ToolCall> calls,
    Optional<String> code,
    boolean cutOff,
    Set<Integer> asks) {
  /// The member of a reply's entry that says so.
  static final String ASKS = "asks";

  private static final Pattern FENCE =
      Pattern.compile(
          "^```[ \\t]*(?:python|py)[ \\t]*\\R(.*?)^```[ \\t]*$",
          Pattern.DOTALL | Pattern.MULTILINE);
  private static final String PYTHON_CLI = ToolFunction.PYTHON_CLI.name();

  Acts {
    calls = List.copyOf(calls);
    asks = Set.copyOf(asks);
  }

  /// Reads the entry of a reply.
  static Acts of(Conduct conduct, Json.Object reply) {
    var text = reply.text("text").orElse("");
    var calls = calls(reply);
    if (isCutOff(reply)) {
      return new Acts(Optional.empty(), List.of(), Optional.empty(), true, Set.of());
    }
    boolean takesCode = conduct.offers().stream().anyMatch(tool -> tool.name().equals(PYTHON_CLI));
    var given = takesCode ? given(calls) : Optional.<String>empty();
    var asks = asks(reply);
    return switch (conduct.style()) {
      case CONSOLE -> new Acts(Optional.empty(), calls, typed(text), false, asks);
      case MARKDOWN -> new Acts(Optional.empty(), calls, fenced(text).or(() -> given), false, asks);
      case MD_DIALOG -> new Acts(prose(text), calls, fenced(text).or(() -> given), false, asks);
      case DIRECT -> new Acts(stripped(text), calls, given, false, asks);
    };
  }

  /// The calls of a reply.
  static List<ToolCall> calls(Json.Object reply) {
    return reply.get("calls").orElse(Json.Null.VALUE) instanceof Json.Array(var calls)
        ? calls.stream().map(call -> ToolCall.of((Json.Object) call)).toList()
        : List.of();
  }

  private static Set<Integer> asks(Json.Object reply) {
    return reply.get(ASKS).orElse(Json.Null.VALUE) instanceof Json.Array(var places)
        ? places.stream().map(place -> place.to(Integer.class)).collect(Collectors.toSet())
        : Set.of();
  }

  private static boolean isCutOff(Json.Object reply) {
    return reply.get("cutOff").isPresent();
  }

  /// Whether there is nothing to do.
  boolean isWordsAlone() {
    return calls.isEmpty() && code.isEmpty() && !cutOff;
  }

  /// How many numbers of children the calls have, those included that are refused: one for each
  /// question, and one for each subtask.
  int numbers() {
    return numbersBefore(calls.size());
  }

  /// The same of the calls before that one. The question of a call comes before its subtask.
  int numbersBefore(int place) {
    long subTasks =
        calls.stream().limit(place).filter(call -> call.name().equals(SubTasks.TOOL)).count();
    long questions = asks.stream().filter(asking -> asking < place).count();
    return (int) (subTasks + questions);
  }

  /// Whether the call is of the tool that carries out code.
  static boolean isCode(ToolCall call) {
    return call.name().equals(PYTHON_CLI);
  }

  /// Whether the code is that of the call, so that what it prints is what came of the call.
  boolean carriesOut(ToolCall call) {
    return isCode(call) && code.isPresent() && given(calls).equals(code);
  }

  /// The code of the one call that carries out code; none where there are several.
  private static Optional<String> given(List<ToolCall> calls) {
    var code = calls.stream().filter(Acts::isCode).toList();
    return code.size() == 1 ? codeOf(code.getFirst()) : Optional.empty();
  }

  private static Optional<String> codeOf(ToolCall call) {
    return call.arguments() instanceof Json.Object arguments
        ? arguments.text("code").filter(code -> !code.isBlank())
        : Optional.empty();
  }

  /// All of it, without the fence that models put around code out of habit.
  private static Optional<String> typed(String text) {
    return fenced(text).or(() -> Optional.of(text).filter(code -> !code.isBlank()));
  }

  /// The fenced Python of a reply, several fences as one block; empty if there is none that is
  /// closed.
  static Optional<String> fenced(String text) {
    var code =
        FENCE.matcher(text).results().map(fence -> fence.group(1)).reduce((one, two) -> one + two);
    return code.filter(python -> !python.isBlank());
  }

  /// What a reply says besides its code; empty if that is all it has.
  static Optional<String> prose(String text) {
    return stripped(FENCE.matcher(text).replaceAll(""));
  }

  private static Optional<String> stripped(String text) {
    return Optional.of(text.strip()).filter(words -> !words.isEmpty());
  }
}
