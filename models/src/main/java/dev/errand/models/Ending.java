package dev.errand.models;

import dev.errand.job.Json;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.model.anthropic.AnthropicChatResponseMetadata;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.openai.OpenAiChatResponseMetadata;
import dev.langchain4j.model.output.FinishReason;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How a reply ended, as far as LangChain4j does not say: it knows no refusals of Anthropic's, and
/// none in OpenAI's streams.
///
/// @param refused whether the provider or the model would not answer
/// @param refusal in what words; may be empty
/// @param contextFull whether the conversation leaves no room for more
record Ending(boolean refused, String refusal, boolean contextFull) {
  private static final Ending USUAL = new Ending(false, "", false);

  static Ending of(ChatResponse response) {
    var reason = response.metadata().finishReason();
    if (reason == FinishReason.CONTENT_FILTER) {
      return new Ending(true, "", false);
    }
    var text = response.aiMessage().text();
    boolean silent = text == null || text.isBlank();
    return reason == FinishReason.OTHER || silent ? read(raw(response)) : USUAL;
  }

  private static Ending read(List<Json.Object> answers) {
    var stop = answers.stream().flatMap(answer -> stopReason(answer).stream()).toList();
    var refusal = new StringBuilder();
    answers.forEach(answer -> refusal(answer).ifPresent(refusal::append));
    return new Ending(
        stop.contains("refusal") || !refusal.isEmpty(),
        refusal.toString(),
        stop.contains("model_context_window_exceeded"));
  }

  private static Optional<String> stopReason(Json.Object answer) {
    return answer
        .text("stop_reason")
        .or(() -> object(answer, "delta").flatMap(delta -> delta.text("stop_reason")));
  }

  private static Optional<String> refusal(Json.Object answer) {
    return answer.get("choices").orElse(Json.Null.VALUE) instanceof Json.Array(var choices)
            && !choices.isEmpty()
            && choices.getFirst() instanceof Json.Object choice
        ? object(choice, "delta").flatMap(delta -> delta.text("refusal"))
        : Optional.empty();
  }

  private static Optional<Json.Object> object(Json.Object parent, String name) {
    return parent.get(name).filter(Json.Object.class::isInstance).map(Json.Object.class::cast);
  }

  private static List<Json.Object> raw(ChatResponse response) {
    return switch (response.metadata()) {
      case OpenAiChatResponseMetadata openAi ->
          raw(openAi.rawHttpResponse(), openAi.rawServerSentEvents());
      case AnthropicChatResponseMetadata anthropic ->
          raw(anthropic.rawHttpResponse(), anthropic.rawServerSentEvents());
      default -> List.of();
    };
  }

  private static List<Json.Object> raw(
      @Nullable SuccessfulHttpResponse whole, @Nullable List<ServerSentEvent> events) {
    var body =
        whole == null || whole.body() == null ? Stream.<String>of() : Stream.of(whole.body());
    var pieces = events == null ? Stream.<String>of() : events.stream().map(ServerSentEvent::data);
    return Stream.concat(body, pieces).flatMap(Ending::parsed).toList();
  }

  private static Stream<Json.Object> parsed(String text) {
    try {
      return Json.parse(text) instanceof Json.Object object ? Stream.of(object) : Stream.of();
    } catch (IllegalArgumentException noJson) {
      return Stream.of();
    }
  }
}
