package dev.errand.verification.calls;

import static dev.errand.verification.calls.Talk.entries;
import static dev.errand.verification.calls.Talk.nth;
import static dev.errand.verification.calls.Talk.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agents.Dispatcher;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.StoreException;
import dev.errand.job.Usage;
import dev.errand.python.CPythonRuntime;
import dev.errand.spi.Store;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Dispatchers, which pass each message on to a thread of theirs, and the threads that answer.
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DispatcherTest {
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();

  @AutoClose
  private final Talk talk = new Talk(builder -> builder.runtime(Waiting.KEPT.over(PYTHON)));

  @AfterAll
  static void closePython() {
    PYTHON.close();
  }

  private static Model.Reply code(String python) {
    return says("```python\n" + python + "\n```");
  }

  private static Agent.Builder desk(Model model) {
    return Dispatcher.named("desk", "You are the front desk.", "billing", "travel").model(model);
  }

  private static Agent.Builder desk(Model.Reply... replies) {
    return desk((Model) request -> nth(request, replies));
  }

  /// Answers each message by its number and its words.
  private Agent.Builder specialist(String name) {
    return talk.agent(
            name,
            request ->
                says(
                    "%s %d: %s"
                        .formatted(
                            name, request.replies(), request.messages().getLast().text().strip())))
        .instructions("You hold the thread {thread}.")
        .guide(false);
  }

  private Job begin(Agent.Builder desk, String message) {
    talk.errand().register(specialist("billing").build());
    talk.errand().register(specialist("travel").build());
    var job = talk.submit(desk, message);
    talk.outcome(job);
    return job;
  }

  /// The words of a thread, once it has said so many.
  private static List<String> words(Job thread, int count) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> entries(thread, Entry.Kind.REPLY).size() >= count);
    return entries(thread, Entry.Kind.REPLY).stream()
        .map(entry -> entry.data().text("text").orElse(""))
        .toList();
  }

  @Test
  void each_message_goes_to_its_thread_and_the_specialist_goes_on_where_it_was() {
    var job =
        begin(
            desk(
                code("start_new_thread('billing', 'invoice-7', 'It is wrong.')\nexit()"),
                code("start_new_thread('travel', 'gdansk', 'To the sea.')\nexit()"),
                code("dispatch_to('invoice-7', 'It is 40.'); exit()"),
                code("exit()")),
            "It is wrong.");
    var billing = talk.errand().job(job.id() + ".1");
    assertThat(words(billing, 1)).containsExactly("billing 0: It is wrong.");

    job.say("To the sea.");
    talk.outcome(job);
    var travel = talk.errand().job(job.id() + ".2");
    assertThat(words(travel, 1)).containsExactly("travel 0: To the sea.");
    job.say("It is 40.");
    talk.outcome(job);

    assertThat(words(billing, 2))
        .containsExactly("billing 0: It is wrong.", "billing 1: It is 40.");
    assertThat(words(travel, 1)).hasSize(1);
    assertThat(billing.request(0).system()).isEqualTo("You hold the thread invoice-7.");
    // The ends of threads are no news to the dispatcher.
    assertThat(entries(job, Entry.Kind.NOTIFICATION)).isEmpty();
    assertThat(entries(job, Entry.Kind.REPLY)).hasSize(3);
  }

  @Test
  void what_cannot_be_passed_on_is_told_to_the_dispatcher_and_it_may_ask_the_person() {
    var job =
        begin(
            desk(
                code("dispatch_to('invoice-7', 'x')"),
                code("start_new_thread('legal', 'a', 'x')"),
                code("start_new_thread('billing', 'a', 'x')\nstart_new_thread('travel', 'a', 'y')"),
                says("Which of them do you mean?")),
            "Hello.");

    assertThat(job.outcome().orElseThrow().value(String.class))
        .isEqualTo("Which of them do you mean?");
    assertThat(entries(job, Entry.Kind.EXCEPTION))
        .extracting(entry -> entry.data().text("message").orElse(""))
        .satisfiesExactly(
            one -> assertThat(one).contains("There is no thread 'invoice-7'; there are none yet"),
            two -> assertThat(two).contains("no specialist 'legal'; there are billing, travel"),
            three ->
                assertThat(three)
                    .contains("There is a thread 'a' already; dispatch_to('a', message)"));
    assertThat(job.children()).hasSize(1);
  }

  @Test
  void a_dispatcher_reaches_no_threads_but_its_own() {
    var first = begin(desk(code("start_new_thread('billing', 'a', 'mine')\nexit()")), "mine");
    var thread = talk.errand().job(first.id() + ".1");
    words(thread, 1);

    var second =
        begin(
            desk(
                code("dispatch_to('a', 'not yours')"),
                code("start_new_thread('billing', 'b', 'x')\nthreads['a'] = threads['b']\nexit()")),
            "theirs");

    assertThat(entries(second, Entry.Kind.EXCEPTION)).hasSize(1);
    assertThat(words(thread, 1)).containsExactly("billing 0: mine");
    assertThat(entries(thread, Entry.Kind.SIGNAL))
        .noneMatch(entry -> entry.data().text("text").orElse("").contains("not yours"));
  }

  @Test
  void a_dispatcher_needs_specialists() {
    assertThatThrownBy(() -> Dispatcher.named("desk", ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Name the agents");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void crashed_at_any_commit_each_message_is_passed_on_once(boolean after) throws Exception {
    boolean crashed = true;
    int at = 0;
    while (crashed) {
      at++;
      var clock = ManualClock.create();
      var store = new MemoryStore(clock);
      var first = CrashInjector.failing(store, at, after);
      dispatch(first, clock);
      first.awaitSilence();
      clock.advance(Duration.ofMinutes(2));
      dispatch(CrashInjector.failing(store, 0, false), clock);

      var root = store.findByKey("the one").orElseThrow().id();
      var round = "crash %s write %d".formatted(after ? "after" : "before", at);
      assertThat(store.children(root, 0, 10)).as(round).hasSize(2);
      assertThat(heard(store, root, 1)).as(round).containsExactly("one", "two", "four");
      assertThat(heard(store, root, 2)).as(round).containsExactly("three");
      crashed = first.crashed();
    }
    assertThat(at).isGreaterThan(10);
  }

  private static List<String> heard(Store store, JobId root, int child) {
    return store.history(new JobId(root + "." + child), 0, 1_000).stream()
        .filter(entry -> entry.kind() == Entry.Kind.SIGNAL)
        .map(entry -> entry.data().text("text").orElse("").strip())
        .toList();
  }

  private static void dispatch(CrashInjector injector, ManualClock clock)
      throws InterruptedException {
    Model quiet = request -> new Model.Reply("Heard.", Usage.NONE);
    var desk =
        desk(
                code("start_new_thread('billing', 'a', 'one')\ndispatch_to('a', 'two')"),
                code(
                    "start_new_thread('travel', 'b', 'three'); dispatch_to('a', 'four')\n"
                        + "exit('routed')"))
            .build();
    try (var errand =
        Errand.builder()
            .store(injector.store())
            .clock(clock)
            .runtime(Waiting.KEPT.over(PYTHON))
            .open()) {
      errand.register(Agent.named("billing").model(quiet).build());
      errand.register(Agent.named("travel").model(quiet).build());
      var job = errand.submit(desk, spec -> spec.key("the one").message("all of it"));
      errand.worker().lease(Duration.ofMinutes(1)).poll(Duration.ofMillis(5)).start();
      while (job.outcome().isEmpty()) {
        errand.awaitChange(Duration.ofMillis(100));
      }
      assertThat(job.outcome().orElseThrow().value(String.class)).isEqualTo("routed");
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
    }
  }
}
