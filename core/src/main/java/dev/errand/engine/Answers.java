package dev.errand.engine;

import dev.errand.agent.Model.Message;
import dev.errand.job.Json;
import dev.errand.job.ToolCall;
import dev.errand.spi.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What came of the calls of one reply, as its model is told: one answer for each, in the order of
/// the calls, whichever came first.
final class Answers {
  /// How much of a result is shown: all that the tools of Errand return (30,000 characters and a
  /// word on how to read on), and of more the beginning and the end.
  private static final int FIRST_CHARACTERS = 24_000;

  private static final int LAST_CHARACTERS = 8_000;

  private static final Answer NONE =
      new Answer("[Error] nothing came of this call: the turn was broken off.", true);

  private final List<ToolCall> calls;
  private final List<@Nullable Answer> known;
  private final StringBuilder printed = new StringBuilder();
  private boolean raised;

  private record Answer(String text, boolean failed) {}

  Answers(List<ToolCall> calls) {
    this.calls = calls;
    this.known = new ArrayList<>();
    calls.forEach(call -> known.add(null));
  }

  /// Takes in an entry that says what came of one of the calls; false if it is another.
  boolean hear(Change.Recorded entry) {
    var data = entry.data();
    int call = data.number("call").orElse(-1L).intValue();
    if (call < 0 || call >= calls.size()) {
      return false;
    }
    switch (entry.kind()) {
      case TOOL -> known.set(call, answer(data));
      case EFFECT_UNKNOWN -> known.set(call, unknown(data));
      default -> {
        return false;
      }
    }
    return true;
  }

  private static Answer answer(Json.Object data) {
    return data.text("error")
        .map(error -> new Answer(error, true))
        .orElseGet(() -> new Answer(data.text("result").orElse(""), false));
  }

  private static Answer unknown(Json.Object data) {
    return new Answer(
        """
        [Error] the call of %s (%s) was begun and its outcome is not known; it is not made again. \
        Find out what became of it before going on.\
        """
            .formatted(data.text("tool").orElse(""), data.text("key").orElse("")),
        true);
  }

  /// Whether one of the calls carries out code, so that what it prints is what came of it.
  boolean takesConsole() {
    return calls.stream().filter(Acts::isCode).count() == 1
        && IntStream.range(0, calls.size())
            .noneMatch(n -> Acts.isCode(calls.get(n)) && known.get(n) != null);
  }

  /// Takes in what the code printed.
  void console(String text, boolean isError) {
    printed.append(text);
    raised = raised || isError;
  }

  /// What came of each.
  List<Message> results() {
    return results(printed.toString(), raised);
  }

  /// The same, with what stands on the console yet.
  List<Message> resultsWith(Console console) {
    return results(printed + console.peek(), raised || console.hasError());
  }

  private List<Message> results(String shown, boolean isError) {
    return IntStream.range(0, calls.size())
        .<Message>mapToObj(
            n -> {
              var call = calls.get(n);
              var answer = answer(n, shown, isError);
              return new Message.ToolResult(call.id(), call.name(), answer.text(), answer.failed());
            })
        .toList();
  }

  private Answer answer(int n, String shown, boolean isError) {
    var answer = known.get(n);
    if (answer != null) {
      var both = Console.shortened(answer.text(), FIRST_CHARACTERS, LAST_CHARACTERS);
      return new Answer(both.stripTrailing(), answer.failed());
    }
    if (!Acts.isCode(calls.get(n))) {
      return NONE;
    }
    return new Answer(shown.isEmpty() ? "[the code printed nothing]" : shown, isError);
  }
}
