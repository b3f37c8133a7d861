package dev.errand.verification.calls;

import static dev.errand.verification.calls.Talk.call;
import static dev.errand.verification.calls.Talk.calls;
import static dev.errand.verification.calls.Talk.entries;
import static dev.errand.verification.calls.Talk.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.UnknownTurnException;
import dev.errand.job.Usage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Conversations that grow too long, and what is kept of them.
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CompactionTest {
  private static final int TURNS = 40;

  @AutoClose private final Talk talk = new Talk();

  private static final ToolFunction READ =
      ToolFunction.of(
              "read",
              "Reads.",
              List.of("n"),
              call -> "page " + call.number("n", 0) + " " + "x".repeat(500))
          .policy(EffectPolicy.READ_ONLY);

  /// Reads a page in each turn, and says what the summaries say.
  private Agent.Builder reader(long compactAt) {
    return talk.agent("reader", CompactionTest::reply)
        .tools(READ)
        .limits(limits -> limits.withTurns(100))
        .compactAt(compactAt);
  }

  private static Model.Reply reply(Model.Request request) {
    if (request.purpose() == Model.Purpose.SUMMARY) {
      return says("Read up to page " + request.replies() + ".");
    }
    return request.replies() < TURNS
        ? calls(call("read", Json.object("n", request.replies())))
        : says("All read.");
  }

  private Job read(long compactAt) {
    var job = talk.submit(reader(compactAt), "Read it all.");
    assertThat(talk.answer(job)).isEqualTo("All read.");
    return job;
  }

  @Test
  void what_was_said_first_is_summed_up_and_the_task_and_what_was_said_last_are_kept() {
    var job = read(2_000);
    var compacted = entries(job, Entry.Kind.COMPACTED);
    assertThat(compacted).hasSizeGreaterThan(1);
    assertThat(talk.asked())
        .filteredOn(request -> request.purpose() == Model.Purpose.TURN)
        .allSatisfy(
            request -> {
              assertThat(request.characters()).isLessThanOrEqualTo(4L * 2_000);
              assertThat(Talk.first(request)).startsWith("Read it all.");
            });
    var last = talk.asked().getLast();
    assertThat(Talk.first(last)).contains(compacted.getLast().data().text("text").orElseThrow());
    assertThat(Talk.results(last).getFirst().text()).startsWith("page " + (TURNS - 1));
    // Nothing is lost of the record: each page is in the history.
    assertThat(entries(job, Entry.Kind.TOOL)).hasSize(TURNS);
  }

  @Test
  void each_call_has_its_result_beside_it_whatever_was_summed_up() {
    read(2_000);
    for (var request : talk.asked()) {
      Message before = new Message.User("");
      for (var message : request.messages()) {
        if (before instanceof Message.Assistant(var words, var called) && !called.isEmpty()) {
          assertThat(message).isInstanceOf(Message.ToolResult.class);
        }
        if (message instanceof Message.ToolResult) {
          assertThat(before).isInstanceOf(Message.Assistant.class);
        }
        before = message;
      }
    }
  }

  @Test
  void each_request_can_be_made_again_as_it_was() {
    var job = read(2_000);
    var turns =
        talk.asked().stream().filter(request -> request.purpose() == Model.Purpose.TURN).toList();
    assertThat(turns).hasSize(TURNS + 1);
    for (int turn = 0; turn <= TURNS; turn++) {
      assertThat(job.request(turn)).isEqualTo(turns.get(turn));
    }
    assertThatThrownBy(() -> job.request(TURNS + 2))
        .isInstanceOf(UnknownTurnException.class)
        .hasMessageContaining("its last reply is of turn " + TURNS);
  }

  @Test
  void between_summaries_requests_only_grow() {
    read(2_000);
    Model.Request before = null;
    int shrunk = 0;
    for (var request : talk.asked()) {
      if (request.purpose() == Model.Purpose.SUMMARY) {
        before = null;
        shrunk++;
        continue;
      }
      if (before != null) {
        assertThat(request.messages()).startsWith(before.messages().toArray(Message[]::new));
      }
      before = request;
    }
    assertThat(shrunk).isBetween(2, TURNS / 3);
  }

  @Test
  void a_summary_costs_what_it_costs_and_a_short_conversation_has_none() {
    var job = read(2_000);
    long calls = (long) entries(job, Entry.Kind.COMPACTED).size() + TURNS + 1;
    assertThat(job.record().usage())
        .isEqualTo(new Usage(calls, 6L * calls, 4L * calls, 100L * calls));
    assertThat(entries(read(100_000), Entry.Kind.COMPACTED)).isEmpty();
  }

  @Test
  @SuppressWarnings("try")
  void a_summary_is_not_heard_by_those_who_listen() throws Exception {
    var heard = Collections.synchronizedList(new ArrayList<String>());
    var last = new CountDownLatch(1);
    Model speaking =
        new Model() {
          @Override
          public Reply reply(Request request) {
            return CompactionTest.reply(request);
          }

          @Override
          public Reply reply(Request request, Consumer<String> said) {
            var reply = reply(request);
            said.accept(request.purpose() + " " + reply.text());
            return reply;
          }
        };
    var agent =
        Agent.named("reader")
            .model(speaking)
            .tools(READ)
            .limits(limits -> limits.withTurns(100))
            .compactAt(2_000);
    try (var listening =
        talk.errand()
            .listen(
                words -> {
                  heard.add(words.text());
                  if (words.text().endsWith("All read.")) {
                    last.countDown();
                  }
                })) {
      var job = talk.submit(agent, "Read it all.");
      assertThat(talk.answer(job)).isEqualTo("All read.");
      assertThat(entries(job, Entry.Kind.COMPACTED)).isNotEmpty();
      assertThat(last.await(1, TimeUnit.MINUTES)).isTrue();
    }
    assertThat(heard).hasSize(TURNS + 1).allMatch(text -> text.startsWith("TURN "));
  }

  @Test
  void what_cannot_be_summed_up_is_sent_as_it_is() {
    var agent = talk.agent("a", says("Long.")).compactAt(10);
    assertThat(talk.answer(agent, "word ".repeat(200))).isEqualTo("Long.");
    assertThat(talk.asked()).hasSize(1);
  }
}
