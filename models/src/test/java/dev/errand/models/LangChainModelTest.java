package dev.errand.models;

import static dev.errand.models.Asking.question;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.errand.job.ModelException;
import dev.errand.job.Usage;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.ContentFilteredException;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Models that an application brings.
class LangChainModelTest {
  private static final ChatResponse HELLO =
      ChatResponse.builder()
          .aiMessage(AiMessage.from("Hello."))
          .tokenUsage(new TokenUsage(10, 5))
          .build();

  @Test
  void any_model_of_langchain4j_is_one_of_ours() {
    var model = LangChainModel.of("mine:m", whole(HELLO)).withPrice(Price.of("1", "2"));

    assertThat(model.reply(question("Hi")).text()).isEqualTo("Hello.");
    assertThat(model.reply(question("Hi")).usage()).isEqualTo(new Usage(1, 10, 5, 20));
    assertThat(model).hasToString("mine:m");
  }

  @Test
  void one_that_does_not_stream_says_all_at_once() {
    var said = new ArrayList<String>();

    LangChainModel.of("mine:m", whole(HELLO)).reply(question("Hi"), said::add);

    assertThat(said).containsExactly("Hello.");
  }

  @Test
  void one_that_streams_on_its_own_threads_is_waited_for() {
    var said = new ArrayList<String>();
    var streaming =
        pieces(
            handler ->
                Thread.ofVirtual()
                    .start(
                        () -> {
                          handler.onPartialResponse("Hel");
                          handler.onPartialResponse("lo.");
                          handler.onCompleteResponse(HELLO);
                        }));

    var reply =
        LangChainModel.of("mine:m", whole(HELLO), streaming).reply(question("Hi"), said::add);

    assertThat(reply.text()).isEqualTo("Hello.");
    assertThat(said).containsExactly("Hel", "lo.");
  }

  @Test
  void waiting_for_a_stream_ends_with_an_interrupt() {
    var asked = new CountDownLatch(1);
    var model = LangChainModel.of("mine:m", whole(HELLO), pieces(handler -> asked.countDown()));
    var outcome = new CompletableFuture<String>();
    var caller =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    outcome.complete(model.reply(question("Hi"), piece -> {}).text());
                  } catch (ModelException failed) {
                    outcome.complete(failed.getMessage() + Thread.currentThread().isInterrupted());
                  }
                });

    await().until(() -> asked.getCount() == 0);
    caller.interrupt();

    assertThat(outcome.orTimeout(30, TimeUnit.SECONDS).join())
        .startsWith("mine:m gave no reply: the call was interrupted")
        .endsWith("true");
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(new AuthenticationException(new HttpException(401, "no")), "HTTP 401: no"),
        Arguments.of(new ContentFilteredException("not this"), "refused it: not this"),
        Arguments.of(
            new IllegalArgumentException("no such thing"), "cannot be made: no such thing"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void what_it_throws_is_a_failed_call(RuntimeException thrown, String told) {
    var model =
        LangChainModel.of(
            "mine:m",
            new ChatModel() {
              @Override
              public ChatResponse doChat(ChatRequest request) {
                throw thrown;
              }
            });

    assertThatThrownBy(() -> model.reply(question("Hi")))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith("mine:m gave no reply: ")
        .hasMessageContaining(told);
  }

  private static ChatModel whole(ChatResponse response) {
    return new ChatModel() {
      @Override
      public ChatResponse doChat(ChatRequest request) {
        return response;
      }
    };
  }

  private static StreamingChatModel pieces(
      java.util.function.Consumer<StreamingChatResponseHandler> answer) {
    return new StreamingChatModel() {
      @Override
      public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        answer.accept(handler);
      }
    };
  }

  @Test
  void a_model_is_built_with_its_key_at_hand() {
    try (var stub = new StubProvider().answers(StubProvider.json(AnthropicWire.said("Hello.")))) {
      var model =
          ChatModels.anthropic("claude-sonnet-4-5")
              .baseUrl(stub.url())
              .apiKey("sk-1")
              .temperature(0.5)
              .maxTokens(100)
              .build();

      assertThat(model.reply(question("Hi")).text()).isEqualTo("Hello.");
      assertThat(stub.asked.getFirst().body().number("max_tokens")).contains(100L);
      assertThat(stub.asked.getFirst().header("X-api-key")).isEqualTo("sk-1");
    }
  }

  @Test
  void a_model_at_its_providers_own_address_is_not_built_without_a_key() {
    assertThatThrownBy(() -> ChatModels.openAi("gpt-4.1").build())
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("needs a key");
    assertThat(List.of(ChatModels.openAi("m").baseUrl("http://localhost:1/v1").build())).hasSize(1);
  }
}
