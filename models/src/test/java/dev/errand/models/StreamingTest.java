package dev.errand.models;

import static dev.errand.models.Asking.question;
import static dev.errand.models.Asking.with;
import static dev.errand.models.StubProvider.begin;
import static dev.errand.models.StubProvider.cut;
import static dev.errand.models.StubProvider.events;
import static dev.errand.models.StubProvider.json;
import static dev.errand.models.StubProvider.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.errand.agent.Model;
import dev.errand.job.Json;
import dev.errand.job.ModelException;
import dev.errand.job.ToolCall;
import dev.errand.job.Usage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamingTest {
  private final StubProvider stub = new StubProvider();
  private final Asking asking = new Asking(stub);
  private final List<String> said = new ArrayList<>();

  @AfterEach
  void close() {
    stub.close();
  }

  @Test
  void openai_says_its_words_as_they_come_and_the_whole_at_the_end() {
    stub.answers(
        events(
            OpenAiWire.event("{\"role\":\"assistant\",\"content\":\"\"}", "")
                + OpenAiWire.piece("Hel")
                + OpenAiWire.piece("lo.\n")
                + OpenAiWire.end("stop")));

    var reply = asking.openAi("gpt-4.1").reply(question("Hi"), said::add);

    assertThat(said).containsExactly("Hel", "lo.\n");
    assertThat(reply)
        .isEqualTo(new Model.Reply("Hello.\n", List.of(), false, new Usage(1, 1200, 10, 0)));
    assertThat(stub.asked.getFirst().body().get("stream_options"))
        .contains(Json.object("include_usage", true));
  }

  @Test
  void openai_streams_calls_in_pieces() {
    stub.answers(
        events(
            OpenAiWire.event(toolDelta(0, "a", "grep", ""), "")
                + OpenAiWire.event(toolDelta(0, "", "", "{\"pattern\":"), "")
                + OpenAiWire.event(toolDelta(0, "", "", "\"x\"}"), "")
                + OpenAiWire.event(toolDelta(1, "b", "now", ""), "")
                + OpenAiWire.event(toolDelta(1, "", "", "{}"), "")
                + OpenAiWire.end("tool_calls")));

    var reply = asking.openAi("gpt-4.1").reply(with(Asking.conversation(0)), said::add);

    assertThat(said).isEmpty();
    assertThat(reply.calls())
        .containsExactly(
            new ToolCall("a", "grep", Json.object("pattern", "x")),
            new ToolCall("b", "now", Json.Object.EMPTY));
  }

  private static String toolDelta(int index, String id, String name, String arguments) {
    var function = Json.object("arguments", arguments);
    var call = Json.object("index", index);
    if (!id.isEmpty()) {
      call = call.with("id", id).with("type", "function");
      function = function.with("name", name);
    }
    return Json.object("tool_calls", List.of(call.with("function", function))).print();
  }

  @Test
  void anthropic_streams_words_and_calls() {
    stub.answers(
        events(
            AnthropicWire.start()
                + "event: ping\ndata: {\"type\": \"ping\"}\n\n"
                + AnthropicWire.text(0, "I ", "look.")
                + AnthropicWire.call(1, "a", "grep", "", "{\"pattern\":", "\"x\"}")
                + AnthropicWire.call(2, "b", "now")
                + AnthropicWire.end("tool_use")));

    var reply =
        asking.anthropic("claude-sonnet-4-5").reply(with(Asking.conversation(0)), said::add);

    assertThat(said).containsExactly("I ", "look.");
    assertThat(reply)
        .isEqualTo(
            new Model.Reply(
                "I look.",
                List.of(
                    new ToolCall("a", "grep", Json.object("pattern", "x")),
                    new ToolCall("b", "now", Json.Object.EMPTY)),
                false,
                new Usage(1, 1300, 10, 0)));
  }

  @Test
  void a_stream_cut_off_by_length_says_so() {
    stub.answers(
        events(
            AnthropicWire.start()
                + AnthropicWire.call(0, "a", "grep", "{\"patt")
                + AnthropicWire.end("max_tokens")));

    var reply = asking.anthropic("claude-sonnet-4-5").reply(question("Hi"), said::add);

    assertThat(reply.cutOff()).isTrue();
    assertThat(reply.calls().getFirst().arguments()).isEqualTo(new Json.Text("{\"patt"));
  }

  @Test
  void words_are_said_before_the_next_ones_are_written() {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    stub.answers(
        exchange -> {
          var body = begin(exchange);
          for (var piece : List.of("one", "two", "three")) {
            write(body, OpenAiWire.piece(piece));
            assertThat(heard.poll(30, TimeUnit.SECONDS)).isEqualTo(piece);
          }
          write(body, OpenAiWire.end("stop"));
          exchange.close();
        });

    assertThat(asking.openAi("gpt-4.1").reply(question("Count"), heard::add).text())
        .isEqualTo("onetwothree");
  }

  @Test
  void a_connection_cut_in_the_middle_is_no_end_and_all_is_said_again() {
    stub.answers(
        cut(OpenAiWire.piece("Hel")), events(OpenAiWire.piece("Hello.") + OpenAiWire.end("stop")));

    var reply = asking.openAi("gpt-4.1").reply(question("Hi"), said::add);

    assertThat(reply.text()).isEqualTo("Hello.");
    assertThat(said).containsExactly("Hel", "Hello.");
  }

  @Test
  void a_stream_that_ends_early_in_good_order_is_no_end_either() {
    stub.answers(
        events(AnthropicWire.start() + AnthropicWire.text(0, "Hel")),
        events(
            AnthropicWire.start()
                + AnthropicWire.text(0, "Hello.")
                + AnthropicWire.end("end_turn")));

    assertThat(asking.anthropic("claude-sonnet-4-5").reply(question("Hi"), said::add).text())
        .isEqualTo("Hello.");
    assertThat(stub.asked).hasSize(2);
  }

  @Test
  void a_stream_that_says_why_it_ended_needs_no_further_mark() {
    stub.answers(events(OpenAiWire.piece("Hello.") + OpenAiWire.event("{}", "stop")));

    assertThat(asking.openAi("gpt-4.1").reply(question("Hi"), said::add).text())
        .isEqualTo("Hello.");
    assertThat(stub.asked).hasSize(1);
  }

  @Test
  void an_event_that_cannot_be_read_breaks_the_stream() {
    stub.answers(
        events(
            AnthropicWire.start()
                + "event: content_block_start\ndata: {\"type\": nonsense\n\n"
                + AnthropicWire.end("end_turn")),
        events(
            AnthropicWire.start()
                + AnthropicWire.text(0, "Hello.")
                + AnthropicWire.end("end_turn")));

    assertThat(asking.anthropic("claude-sonnet-4-5").reply(question("Hi"), said::add).text())
        .isEqualTo("Hello.");
    assertThat(stub.asked).hasSize(2);
  }

  @Test
  void an_error_in_the_middle_of_a_stream_is_a_failure() {
    stub.answers(
        events(
            AnthropicWire.start()
                + "event: error\ndata: "
                + AnthropicWire.error("overloaded_error", "Overloaded")
                + "\n\n"));

    assertThatThrownBy(() -> asking.anthropic("claude-sonnet-4-5").reply(question("Hi"), said::add))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("in 5 attempts: an error (overloaded_error): Overloaded");
  }

  @Test
  void an_error_that_stays_is_not_tried_again() {
    stub.answers(
        events(
            OpenAiWire.piece("Hel")
                + "data: "
                + OpenAiWire.error("insufficient_quota", "insufficient_quota", "No credit.")
                + "\n\n"));

    assertThatThrownBy(() -> asking.openAi("gpt-4.1").reply(question("Hi"), said::add))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("No credit");
    assertThat(stub.asked).hasSize(1);
  }

  @Test
  void words_about_errors_are_no_error() {
    var words = "{\"error\": {\"message\": \"so it goes\"}}";
    stub.answers(events(OpenAiWire.piece(words) + OpenAiWire.end("stop")));

    assertThat(asking.openAi("gpt-4.1").reply(question("Hi"), said::add).text()).isEqualTo(words);
  }

  @Test
  void a_stream_that_stalls_is_broken_off() {
    stub.answers(
        exchange -> {
          write(begin(exchange), OpenAiWire.piece("Hel"));
          stub.stall();
        });

    assertThatThrownBy(() -> asking.openAi("gpt-4.1?timeout=0.2").reply(question("Hi"), said::add))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("nothing came for 0.2 s")
        .hasMessageContaining("?timeout=SECONDS");
    assertThat(said).hasSize(5);
  }

  @Test
  void a_stream_that_does_not_begin_is_broken_off() {
    stub.answers(exchange -> stub.stall());

    assertThatThrownBy(() -> asking.openAi("gpt-4.1?timeout=0.2").reply(question("Hi"), said::add))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("nothing came for 0.2 s");
    assertThat(stub.asked).hasSize(5);
  }

  @Test
  void the_reply_is_there_although_the_connection_stays_open_after_its_end() {
    stub.answers(
        exchange -> {
          write(begin(exchange), OpenAiWire.piece("Hello.") + OpenAiWire.end("stop"));
          stub.stall();
        });

    assertThat(asking.openAi("gpt-4.1").reply(question("Hi"), said::add).text())
        .isEqualTo("Hello.");
  }

  @Test
  void an_answer_that_is_no_stream_is_a_failure() {
    stub.answers(json(OpenAiWire.said("Hello.")));

    assertThatThrownBy(() -> asking.openAi("gpt-4.1").reply(question("Hi"), said::add))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("application/json");
  }

  @Test
  void an_interrupt_ends_the_call_and_closes_the_connection() throws InterruptedException {
    var closed = new CountDownLatch(1);
    stub.answers(
        exchange -> {
          var body = begin(exchange);
          write(body, OpenAiWire.piece("Hel"));
          await().until(() -> isClosed(body));
          closed.countDown();
        });

    var outcome = interruptedWhen(() -> said.size() == 1);

    assertThat(outcome).contains("interrupted").endsWith("true");
    assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(stub.asked).hasSize(1);
  }

  @Test
  void an_interrupt_ends_a_call_that_waits_for_its_answer() throws InterruptedException {
    var interrupted = new CountDownLatch(1);
    var closed = new CountDownLatch(1);
    stub.answers(
        exchange -> {
          interrupted.await();
          var body = begin(exchange);
          await().until(() -> isClosed(body));
          closed.countDown();
        });

    var outcome = interruptedWhen(() -> stub.asked.size() == 1);
    interrupted.countDown();

    assertThat(outcome).contains("interrupted").endsWith("true");
    assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(stub.asked).hasSize(1);
  }

  /// What a call came to that was interrupted then, and whether the flag was still set.
  private String interruptedWhen(Callable<Boolean> then) {
    var model = asking.openAi("gpt-4.1");
    var outcome = new CompletableFuture<String>();
    var caller =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    outcome.complete(model.reply(question("Hi"), said::add).text());
                  } catch (ModelException interrupted) {
                    outcome.complete(
                        interrupted.getMessage() + Thread.currentThread().isInterrupted());
                  }
                });
    await().until(then);
    caller.interrupt();
    return outcome.orTimeout(30, TimeUnit.SECONDS).join();
  }

  /// A comment, which means nothing to the reader and shows whether there is one.
  private static boolean isClosed(OutputStream body) {
    try {
      write(body, ":\n");
      return false;
    } catch (IOException gone) {
      return true;
    }
  }

  @Test
  void what_the_listener_throws_is_thrown_and_not_tried_again() {
    stub.answers(
        events(OpenAiWire.piece("Hel") + OpenAiWire.piece("lo.") + OpenAiWire.end("stop")));
    var full = new UnsupportedOperationException("full");

    assertThatThrownBy(
            () ->
                asking
                    .openAi("gpt-4.1")
                    .reply(
                        question("Hi"),
                        piece -> {
                          said.add(piece);
                          throw full;
                        }))
        .isSameAs(full);
    assertThat(said).containsExactly("Hel");
    assertThat(stub.asked).hasSize(1);
  }
}
