package dev.errand.models;

import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.job.Json;
import dev.errand.job.ToolCall;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ToolChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Requests as LangChain4j has them.
///
/// A message becomes the same words whatever comes after it, so that what a provider cached of one
/// turn serves the next. The last one is marked as the end of what to cache, for providers that
/// want it marked.
final class ChatRequests {
  private static final Map<String, Object> CACHED = Map.of("cache_control", "ephemeral");

  /// Providers refuse a message that says nothing.
  private static final String NOTHING = "(empty)";

  private ChatRequests() {}

  static ChatRequest of(Model.Request request) {
    var builder = ChatRequest.builder().messages(messages(request));
    if (!request.tools().isEmpty()) {
      builder.toolSpecifications(ToolSchemas.of(request.tools()));
      if (request.purpose() == Model.Purpose.SUMMARY) {
        builder.toolChoice(ToolChoice.NONE);
      }
    }
    return builder.build();
  }

  private static List<ChatMessage> messages(Model.Request request) {
    var messages = new ArrayList<ChatMessage>();
    if (!request.system().isBlank()) {
      messages.add(SystemMessage.from(request.system()));
    }
    int last = request.messages().size() - 1;
    for (int i = 0; i <= last; i++) {
      messages.add(message(request.messages().get(i), i == last ? CACHED : Map.of()));
    }
    return messages;
  }

  private static ChatMessage message(Message message, Map<String, Object> attributes) {
    return switch (message) {
      case Message.User(var text) ->
          UserMessage.builder()
              .contents(List.of(TextContent.from(orNothing(text))))
              .attributes(attributes)
              .build();
      case Message.Assistant(var text, var calls) when calls.isEmpty() ->
          AiMessage.from(orNothing(text));
      case Message.Assistant(var text, var calls) ->
          AiMessage.builder()
              .text(text.isBlank() ? null : text)
              .toolExecutionRequests(calls.stream().map(ChatRequests::call).toList())
              .build();
      case Message.ToolResult(var call, var tool, var text, var failed) ->
          ToolExecutionResultMessage.builder()
              .id(call)
              .toolName(tool)
              .text(orNothing(text))
              .isError(failed)
              .attributes(attributes)
              .build();
    };
  }

  /// Providers refuse arguments that are no object, the model's own too; so it is shown them in
  /// one.
  private static ToolExecutionRequest call(ToolCall call) {
    var arguments =
        call.arguments() instanceof Json.Object object
            ? object
            : Json.object("malformed", call.arguments());
    return ToolExecutionRequest.builder()
        .id(call.id())
        .name(call.name())
        .arguments(arguments.print())
        .build();
  }

  private static String orNothing(String text) {
    return text.isBlank() ? NOTHING : text;
  }
}
