package dev.errand.verification.calls;

import static dev.errand.verification.calls.Talk.call;
import static dev.errand.verification.calls.Talk.calls;
import static dev.errand.verification.calls.Talk.results;
import static dev.errand.verification.calls.Talk.says;
import static dev.errand.verification.calls.Talk.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.agent.Agent;
import dev.errand.agent.Description;
import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.agent.Tool;
import dev.errand.agent.ToolFunction;
import dev.errand.job.ChatStyle;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.ToolCall;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Tools that models call by their replies.
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ToolCallsTest {
  @AutoClose private final Talk talk = new Talk();
  private final List<String> called = Collections.synchronizedList(new ArrayList<>());

  private ToolFunction look() {
    return ToolFunction.of(
        "look",
        "Looks.",
        List.of("at"),
        call -> {
          called.add(call.key());
          return "seen " + call.text("at");
        });
  }

  private static ToolCall look(String at) {
    return call("look", Json.object("at", at));
  }

  @Test
  void a_model_calls_a_tool_and_is_told_what_came_of_it() {
    var job =
        talk.submit(talk.agent("a", calls(look("the sky")), says("Blue.")).tools(look()), "Look.");
    assertThat(talk.answer(job)).isEqualTo("Blue.");
    assertThat(talk.asked().getLast().messages())
        .containsExactly(
            new Message.User("Look.\n"),
            new Message.Assistant(
                "", List.of(new ToolCall("call_0", "look", look("the sky").arguments()))),
            new Message.ToolResult("call_0", "look", "seen the sky", false));
    assertThat(called).hasSize(1);
  }

  @Test
  void a_model_is_told_of_its_tools_in_the_order_they_were_given_and_of_no_others() {
    var hidden =
        ToolFunction.of("only_code", "", List.of(), call -> 1)
            .visibility(ToolFunction.Visibility.CODE);
    talk.answer(talk.agent("a", says("Hm.")).tools(look(), hidden), "?");
    assertThat(talk.asked().getFirst().tools()).containsExactly(look().spec());
  }

  @Test
  void what_a_tool_throws_is_information_without_a_stack_trace() {
    var broken =
        ToolFunction.of(
            "look",
            "",
            List.of(),
            call -> {
              throw new IllegalStateException("it is dark");
            });
    talk.answer(
        talk.agent("a", calls(call("look", Json.Object.EMPTY)), says("So be it.")).tools(broken),
        "?");
    var result = results(talk.asked().getLast()).getFirst();
    assertThat(result.failed()).isTrue();
    assertThat(result.text()).isEqualTo("look: it is dark");
  }

  @Test
  void arguments_that_do_not_fit_and_tools_that_are_not_there_are_told_and_nothing_is_called() {
    var agent =
        talk.agent(
                "a",
                calls(
                    call("look", Json.Object.EMPTY),
                    call("look", new Json.Text("{\"at\": ")),
                    call("fly", Json.Object.EMPTY)),
                says("Sorry."))
            .tools(look());
    talk.answer(agent, "?");
    assertThat(texts(talk.asked().getLast()))
        .satisfiesExactly(
            one -> assertThat(one).contains("InputValidationError").contains("at"),
            two -> assertThat(two).contains("no JSON object").contains("{\"at\": "),
            three ->
                assertThat(three).isEqualTo("Error: there is no tool fly here; there are look"));
    assertThat(called).isEmpty();
  }

  @Test
  void a_model_is_shown_all_that_a_tool_of_errand_may_return_and_of_more_both_ends() {
    var long32 = "a".repeat(31_999) + "b";
    var reading =
        ToolFunction.of(
            "read", "", List.of("more"), call -> long32 + "c".repeat(call.number("more", 0)));
    talk.answer(
        talk.agent(
                "a",
                calls(
                    call("read", Json.object("more", 0)), call("read", Json.object("more", 9_000))),
                says("Read."))
            .tools(reading),
        "?");
    assertThat(texts(talk.asked().getLast()))
        .containsExactly(
            long32, "a".repeat(24_000) + "\n[… 9000 more characters …]\n" + "c".repeat(8_000));
  }

  @Test
  void calls_of_one_reply_run_side_by_side_and_are_answered_in_their_order() {
    var all = new CyclicBarrier(3);
    var together =
        ToolFunction.of(
            "wait",
            "",
            List.of("n"),
            call -> {
              all.await(1, TimeUnit.MINUTES);
              return call.number("n", 0);
            });
    talk.answer(
        talk.agent("a", calls(waiting(2), waiting(0), waiting(1)), says("Done.")).tools(together),
        "?");
    assertThat(texts(talk.asked().getLast())).containsExactly("2", "0", "1");
  }

  private static ToolCall waiting(int n) {
    return call("wait", Json.object("n", n));
  }

  /// P50
  @Test
  void no_more_run_at_a_time_than_the_agent_allows() {
    var now = new AtomicInteger();
    var most = new AtomicInteger();
    var counting =
        ToolFunction.of(
            "wait",
            "",
            List.of("n"),
            call -> {
              most.accumulateAndGet(now.incrementAndGet(), Math::max);
              Thread.onSpinWait();
              now.decrementAndGet();
              return null;
            });
    var many =
        java.util.stream.IntStream.range(0, 40)
            .mapToObj(ToolCallsTest::waiting)
            .toArray(ToolCall[]::new);
    talk.answer(
        talk.agent("a", calls(many), says("Done.")).tools(counting).concurrentTools(2), "?");
    assertThat(most.get()).isBetween(1, 2);
    assertThat(results(talk.asked().getLast())).hasSize(40).noneMatch(Message.ToolResult::failed);
  }

  @Test
  void a_tool_that_takes_too_long_is_broken_off_and_the_job_goes_on() {
    var slow =
        ToolFunction.of(
                "wait", "", List.of("n"), call -> new CountDownLatch(1).await(1, TimeUnit.HOURS))
            .timeout(Duration.ofMillis(20));
    var agent =
        talk.agent("a", calls(waiting(1), look("x")), says("Then not.")).tools(slow, look());
    assertThat(talk.answer(agent, "?")).isEqualTo("Then not.");
    assertThat(texts(talk.asked().getLast()).getFirst()).startsWith("wait: it took longer than");
    assertThat(texts(talk.asked().getLast()).getLast()).isEqualTo("seen x");
  }

  /// What the tools of the class below are given.
  public enum Size {
    SMALL,
    LARGE
  }

  record Room(@Description("Which floor") int floor, Optional<String> name) {}

  static final class Hotel {
    private String booked = "";

    @Tool("Books a room.")
    String bookRoom(
        @Description("The first night") LocalDate firstNight,
        Room room,
        Size size,
        List<String> guests,
        Optional<Integer> nights,
        ToolFunction.Call call) {
      booked = call.key();
      return "%s %d %s %s %s %d"
          .formatted(
              firstNight.getDayOfWeek(),
              room.floor(),
              room.name().orElse("any"),
              size,
              guests,
              nights.orElse(1));
    }

    @Tool(
        value = "Says the price.",
        name = "Price",
        policy = EffectPolicy.READ_ONLY,
        timeoutSeconds = 5)
    long price() {
      return 90;
    }
  }

  @Test
  void annotated_methods_are_tools_with_a_schema_from_their_signature() {
    var hotel = new Hotel();
    var arguments =
        (Json.Object)
            Json.parse(
                """
                {"first_night": "2026-11-23", "room": {"floor": 2}, "size": "LARGE", "guests": ["Ann", "Bo"]}
                """);
    var agent =
        talk.agent(
                "a",
                calls(call("book_room", arguments), call("Price", Json.Object.EMPTY)),
                says("Ok."))
            .tools(hotel);
    var job = talk.submit(agent, "?");
    talk.answer(job);
    assertThat(texts(talk.asked().getLast()))
        .containsExactly("MONDAY 2 any LARGE [Ann, Bo] 1", "90");
    assertThat(hotel.booked).isEqualTo(job.id() + "/0/-1/1");
    var schema =
        talk.asked().getFirst().tools().stream()
            .filter(tool -> tool.name().equals("book_room"))
            .findFirst()
            .orElseThrow()
            .schema();
    assertThat(schema.print())
        .contains(
            "\"first_night\":{\"type\":\"string\",\"format\":\"date\",\"description\":\"The first"
                + " night\"}")
        .contains("\"enum\":[\"SMALL\",\"LARGE\"]")
        .contains("\"description\":\"Which floor\"")
        .contains("\"required\":[\"first_night\",\"room\",\"size\",\"guests\"]");
  }

  record Booking(
      @Description("How many") int guests, Optional<LocalDate> from, Size size, List<Room> rooms) {}

  @Test
  void a_lambda_takes_a_record_and_has_its_schema() {
    var book =
        ToolFunction.of(
            "book",
            "Books.",
            Booking.class,
            (booking, call) ->
                booking.guests() + " " + booking.from().isPresent() + " " + booking.rooms().size());
    var arguments =
        (Json.Object)
            Json.parse(
                """
                {"guests": 2, "size": "SMALL", "rooms": [{"floor": 1}, {"floor": 2, "name": "Sea"}], "more": 1}
                """);
    talk.answer(
        talk.agent(
                "a",
                calls(call("book", arguments), call("book", Json.object("guests", "many"))),
                says("Ok."))
            .tools(book),
        "?");
    assertThat(texts(talk.asked().getLast()).getFirst()).isEqualTo("2 false 2");
    assertThat(texts(talk.asked().getLast()).getLast()).contains("InputValidationError", "size");
    assertThat(book.parameters()).containsExactlyInAnyOrder("guests", "from?", "size", "rooms");
    assertThat(book.spec().schema().print())
        .contains("\"description\":\"How many\"", "\"format\":\"date\"", "\"enum\":[\"SMALL\"");
  }

  @Test
  void a_reply_cut_off_by_its_length_is_reported_and_nothing_of_it_is_done() {
    var cut =
        new Model.Reply(
            "```python\nprint('half')\n```\nand",
            List.of(new ToolCall("c", "look", look("x").arguments())),
            true,
            Talk.PRICE);
    var job = talk.submit(talk.agent("a", cut, says("Short.")).tools(look()), "?");
    assertThat(talk.answer(job)).isEqualTo("Short.");
    assertThat(called).isEmpty();
    assertThat(Talk.entries(job, Entry.Kind.CONSOLE)).isEmpty();
    assertThat(talk.asked().getLast().messages().getLast().text())
        .contains("cut off")
        .contains("Nothing of it was carried out");
  }

  @Test
  void replies_that_are_cut_off_again_and_again_end_the_job() {
    var cut = new Model.Reply("and and and", List.of(), true, Talk.PRICE);
    var outcome = talk.outcome(talk.submit(talk.agent("a", cut), "?"));
    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
    assertThat(talk.asked()).hasSizeLessThan(20);
  }

  @Test
  void the_conversation_only_grows_from_turn_to_turn() {
    talk.answer(
        talk.agent(
                "a", calls(look("1")), calls(look("2"), look("3")), says("Look, look."), says("x"))
            .tools(look()),
        "?");
    var asked = talk.asked();
    for (int turn = 1; turn < asked.size(); turn++) {
      var before = asked.get(turn - 1);
      assertThat(asked.get(turn).system()).isEqualTo(before.system());
      assertThat(asked.get(turn).tools()).isEqualTo(before.tools());
      assertThat(asked.get(turn).messages()).startsWith(before.messages().toArray(Message[]::new));
    }
  }

  @Test
  @SuppressWarnings("try")
  void words_are_heard_while_they_are_said_by_all_listeners_that_are_not_broken() throws Exception {
    var heard = Collections.synchronizedList(new ArrayList<String>());
    var all = new CountDownLatch(2);
    try (var broken =
            talk.errand()
                .listen(
                    words -> {
                      throw new IllegalStateException("broken");
                    });
        var whole =
            talk.errand()
                .listen(
                    words -> {
                      heard.add(words.job() + "/" + words.turn() + " " + words.text());
                      all.countDown();
                    })) {
      Model streaming =
          new Model() {
            @Override
            public Reply reply(Request request) {
              throw new AssertionError("it is to be streamed");
            }

            @Override
            public Reply reply(Request request, Consumer<String> said) {
              said.accept("Good ");
              said.accept("morning.");
              return says("Good morning.");
            }
          };
      var job = talk.submit(Agent.named("a").model(streaming), "?");
      assertThat(talk.answer(job)).isEqualTo("Good morning.");
      assertThat(all.await(1, TimeUnit.MINUTES)).isTrue();
      assertThat(heard).containsExactly(job.id() + "/0 Good ", job.id() + "/0 morning.");
    }
  }

  @Test
  void a_reply_in_words_beside_calls_is_not_the_last_one() {
    var both = new Model.Reply("Let me look.", calls(look("x")).calls(), false, Talk.PRICE);
    assertThat(
            talk.answer(
                talk.agent("a", both, says("There.")).tools(look()).style(ChatStyle.DIRECT), "?"))
        .isEqualTo("There.");
  }
}
