package dev.errand.models;

import dev.errand.agent.Model;
import dev.errand.agent.Model.Reply;
import dev.errand.job.Json;
import dev.errand.job.ToolCall;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Replies as LangChain4j has them, read into ours; what is no reply is a [CallFailed].
final class Replies {
  private final Tariff tariff;

  Replies(Tariff tariff) {
    this.tariff = tariff;
  }

  /// @throws CallFailed if the model refused, or said and called nothing
  Reply reply(Model.Request request, ChatResponse response) {
    var text = Objects.requireNonNullElse(response.aiMessage().text(), "");
    var calls = calls(response.aiMessage().toolExecutionRequests());
    var ending = Ending.of(response);
    boolean cutOff =
        response.metadata().finishReason() == FinishReason.LENGTH || ending.contextFull();
    if (ending.refused()) {
      throw refused(ending.refusal()).asException();
    }
    var tokens =
        Tokens.of(response.metadata().tokenUsage())
            .orElseGet(() -> Tokens.guess(request.characters(), length(text, calls)));
    var usage = tariff.usage(tokens);
    if (text.isBlank() && calls.isEmpty()) {
      throw new CallFailed(cutOff ? cutOffAtOnce() : silent(), usage);
    }
    return new Reply(text, calls, cutOff, usage);
  }

  static Failure refused(String words) {
    return Failure.lasting(
        "the provider's filter refused it" + (words.isBlank() ? "" : ": " + words),
        "Change what the model is asked; the same would be refused again.");
  }

  /// Said nothing, called nothing: rare, and gone with the next call more often than not.
  private static Failure silent() {
    return Failure.passing("the reply was empty");
  }

  private static Failure cutOffAtOnce() {
    return Failure.lasting(
        "it reached its limit of length before it said anything",
        "Raise ?max_tokens=N, or let it think less.");
  }

  private static long length(String text, List<ToolCall> calls) {
    return new Model.Message.Assistant(text, calls).characters();
  }

  private static List<ToolCall> calls(@Nullable List<ToolExecutionRequest> requests) {
    var calls = new ArrayList<ToolCall>();
    var ids = new HashSet<String>();
    for (var request : requests == null ? List.<ToolExecutionRequest>of() : requests) {
      var id = Objects.requireNonNullElse(request.id(), "");
      if (id.isBlank() || ids.contains(id)) {
        id = "call-" + (calls.size() + 1);
      }
      ids.add(id);
      var name = Objects.requireNonNullElse(request.name(), "");
      calls.add(new ToolCall(id, name, arguments(request.arguments())));
    }
    return calls;
  }

  private static Json arguments(@Nullable String written) {
    if (written == null || written.isBlank()) {
      return Json.Object.EMPTY;
    }
    try {
      if (Json.parse(written) instanceof Json.Object object) {
        return object;
      }
    } catch (IllegalArgumentException malformed) {
      // Handed on as what the model wrote.
    }
    return new Json.Text(written);
  }
}
