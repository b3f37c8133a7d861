package dev.errand.cli;

import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.job.Json;
import dev.errand.job.ToolCall;
import dev.errand.job.ToolSpec;

/// What a model was shown, in words and as JSON.
final class RequestText {
  private RequestText() {}

  static String of(Model.Request request) {
    var text = new StringBuilder();
    section(text, "system", request.system());
    if (!request.tools().isEmpty()) {
      var names = request.tools().stream().map(ToolSpec::name).toList();
      section(text, "tools", String.join(", ", names));
    }
    for (var message : request.messages()) {
      switch (message) {
        case Message.User(var words) -> section(text, "user", words);
        case Message.Assistant(var words, var calls) -> {
          section(text, "assistant", words);
          calls.forEach(call -> section(text, "call " + call.name(), call.arguments().print()));
        }
        case Message.ToolResult(var call, var tool, var words, var failed) ->
            section(text, (failed ? "failed " : "result ") + tool, words);
      }
    }
    return text.toString();
  }

  private static void section(StringBuilder text, String title, String words) {
    if (!words.isBlank()) {
      text.append("── ").append(title).append('\n').append(words.stripTrailing()).append("\n\n");
    }
  }

  static Json.Object json(Model.Request request) {
    return Json.object("agent", request.agent())
        .with("system", request.system())
        .with("messages", request.messages().stream().map(RequestText::json).toList())
        .with("tools", request.tools().stream().map(RequestText::json).toList())
        .with("replies", request.replies());
  }

  private static Json.Object json(Message message) {
    return switch (message) {
      case Message.User(var words) -> Json.object("role", "user").with("text", words);
      case Message.Assistant(var words, var calls) ->
          Json.object("role", "assistant")
              .with("text", words)
              .with("calls", calls.stream().map(ToolCall::form).toList());
      case Message.ToolResult(var call, var tool, var words, var failed) ->
          Json.object("role", "tool")
              .with("call", call)
              .with("tool", tool)
              .with("text", words)
              .with("failed", failed);
    };
  }

  private static Json.Object json(ToolSpec tool) {
    return Json.object("name", tool.name())
        .with("description", tool.description())
        .with("schema", tool.schema());
  }
}
