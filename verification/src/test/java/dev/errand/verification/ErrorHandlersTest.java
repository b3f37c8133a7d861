package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import dev.errand.job.Outcome;
import dev.errand.job.StoreException;
import dev.errand.job.TaskError;
import dev.errand.job.Usage;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is called when a job fails: each handler once, by the job that registered it.
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ErrorHandlersTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();

  /// What was noted, by the key of the call.
  private final Map<String, String> noted = new ConcurrentHashMap<>();

  private final ManualClock clock = ManualClock.create();
  private final MemoryStore store = new MemoryStore(clock);

  private static final String REGISTER =
      """
      def _clean(context, error=None):
          note("clean %s %s" % (context, error.kind))

      def _fail(context, error=None):
          raise ValueError("cannot " + context)

      job = current_job()
      job.add_error_handler(_clean, "first")
      job.add_error_handler(_fail, "second")
      job.add_error_handler(_clean, "third")
      """;

  @AfterAll
  static void close() {
    PYTHON.close();
  }

  private ToolFunction note() {
    return ToolFunction.of(
        "note",
        "",
        List.of("text"),
        call -> {
          noted.merge(call.key(), call.text("text"), (one, other) -> one + " and " + other);
          return null;
        });
  }

  private Errand open(CrashInjector injector) {
    return Errand.builder()
        .store(injector.store())
        .clock(clock)
        .runtime(Waiting.KEPT.over(PYTHON))
        .open();
  }

  private Outcome done(String... warmup) throws InterruptedException {
    return done(Agent.named("parent").tools(note()).build(), warmup);
  }

  private Outcome done(Agent agent, String... warmup) throws InterruptedException {
    try (var errand = open(CrashInjector.failing(store, 0, false))) {
      errand.worker().start();
      return submit(errand, agent, warmup).await(LONG);
    }
  }

  private static Job submit(Errand errand, Agent agent, String... warmup) {
    return errand.submit(
        agent,
        spec -> {
          var with = spec.key("the one");
          for (var block : warmup) {
            with = with.code(block);
          }
          return with;
        });
  }

  private String console() {
    var root = store.findByKey("the one").orElseThrow().id();
    return store.history(root, 0, 1000).stream()
        .filter(entry -> entry.kind() == Entry.Kind.CONSOLE)
        .map(entry -> entry.data().text("text").orElseThrow())
        .collect(Collectors.joining());
  }

  private List<String> notes() {
    return noted.values().stream().sorted().toList();
  }

  @Test
  void they_are_called_in_order_when_the_job_fails_whatever_one_of_them_does() throws Exception {
    var outcome = done(REGISTER, "1 / 0");

    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.error().message()).contains("division by zero"));
    assertThat(notes()).containsExactly("clean first exception", "clean third exception");
    assertThat(console()).contains("Error handler _fail failed: ValueError: cannot second");
  }

  @Test
  void they_are_not_called_when_the_job_ends_well() throws Exception {
    assertThat(done(REGISTER, "exit(1)").value(Integer.class)).isEqualTo(1);
    assertThat(notes()).isEmpty();
  }

  @Test
  void they_are_called_when_the_model_fails_or_a_limit_is_reached() throws Exception {
    Model model = request -> new Model.Reply("```python\npass\n```", Usage.NONE);
    var limits = Limits.DEFAULT.withTurns(3);
    var agent = Agent.named("turning").model(model).tools(note()).limits(limits).build();

    assertThat(done(agent, REGISTER))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.error().kind()).isEqualTo(TaskError.Kind.LIMIT));
    assertThat(notes()).containsExactly("clean first limit", "clean third limit");
  }

  @Test
  void those_of_a_block_whose_exit_was_put_off_are_called_if_the_model_fails_then()
      throws Exception {
    var ends =
        """
        child = delegate(lambda: 1)
        while not child.is_completed:
            pass
        exit("too early")
        """;
    Model model =
        request -> {
          if (request.messages().size() > 1) {
            throw new dev.errand.job.ModelException("The model is gone");
          }
          return new Model.Reply("```python\n" + REGISTER + ends + "```", Usage.NONE);
        };
    done(Agent.named("early").model(model).tools(note()).build());
    assertThat(notes()).containsExactly("clean first model", "clean third model");
  }

  @Test
  void those_of_a_job_that_ended_well_are_not_called_for_what_it_was_revived_for()
      throws Exception {
    Model model =
        request -> {
          if (request.messages().size() > 1) {
            throw new dev.errand.job.ModelException("The model is gone");
          }
          return new Model.Reply("Done.", Usage.NONE);
        };
    var agent = Agent.named("reviving").model(model).tools(note()).build();
    try (var errand = open(CrashInjector.failing(store, 0, false))) {
      errand.worker().start();
      var job = submit(errand, agent, REGISTER);
      assertThat(job.await(LONG).value(String.class)).isEqualTo("Done.");
      job.say("Go on.");
      Awaitility.await()
          .atMost(LONG)
          .until(() -> job.outcome().filter(Outcome.Failed.class::isInstance).isPresent());
    }
    assertThat(notes()).isEmpty();
  }

  @Test
  void a_child_calls_those_that_are_marked_as_inherited_and_no_others() throws Exception {
    var outcome =
        done(
            """
            def _own(context, error=None):
                note("own")

            def _all(context, error=None):
                note("all, of " + context)

            current_job().add_error_handler(_own)
            current_job().add_error_handler(_all, "the parent", inherited=True)
            child = create_sub_task(create_new_job(agent("parent"), warmup_code="1 / 0"))
            try:
                child.result
            except SubTaskError:
                print("failed")
            exit(1)
            """);

    assertThat(outcome.value(Integer.class)).isEqualTo(1);
    assertThat(notes()).containsExactly("all, of the parent");
    assertThat(console()).isEqualTo("failed\n");
  }

  @Test
  void what_is_no_handler_is_refused() throws Exception {
    var outcome =
        done(
            """
            def clean(context, error=None):
                pass

            def _clean(context, error):
                pass

            for function in (clean, _clean, 7):
                try:
                    current_job().add_error_handler(function)
                except TypeError as refused:
                    print(refused)
            exit(0)
            """);

    assertThat(outcome.value(Integer.class)).isZero();
    assertThat(console().lines())
        .satisfiesExactly(
            line -> assertThat(line).contains("must begin with '_', and 'clean' does not"),
            line ->
                assertThat(line).contains("an optional error, as in _clean(context, error=None)"),
            line -> assertThat(line).contains("needs a function, not int"));
  }

  private static ToolFunction book(ToolFunction handler) {
    return ToolFunction.of(
            "book",
            "",
            List.of("what"),
            call -> {
              if (call.text("what").equals("nothing")) {
                throw new IllegalStateException("sold out");
              }
              return "booked " + call.text("what");
            })
        .onError(handler);
  }

  /// Notes what it was called with, for each key once.
  private ToolFunction cancel() {
    return ToolFunction.of(
        "_cancel",
        "",
        List.of("context", "error?"),
        call -> {
          var error = (Json.Object) call.arguments().get("error").orElseThrow();
          noted.merge(
              call.key(),
              call.text("context") + ", for " + error.text("kind").orElseThrow(),
              (one, other) -> one + " and " + other);
          return null;
        });
  }

  private Agent booking() {
    return Agent.named("parent").tools(note(), book(cancel())).build();
  }

  /// What was noted, in the order of the calls.
  private List<String> notesInOrder() {
    return List.copyOf(new TreeMap<>(noted).values());
  }

  private static final String BOOK =
      """
      def _own(context, error=None):
          note("own")

      book("hotel")
      try:
          book("nothing")
      except ToolError:
          current_job().add_error_handler(_own)
      book("car")
      """;

  /// E13 to E15.
  @Test
  void a_tool_that_has_returned_has_its_own_called_with_what_it_returned() throws Exception {
    done(booking(), BOOK, "1 / 0");
    assertThat(notesInOrder())
        .containsExactly("booked hotel, for exception", "own", "booked car, for exception");
  }

  @Test
  void those_of_tools_are_not_called_when_the_job_ends_well() throws Exception {
    assertThat(done(booking(), BOOK, "exit(1)").value(Integer.class)).isEqualTo(1);
    assertThat(notes()).isEmpty();
  }

  /// E16 to E19.
  @Test
  void a_tool_that_makes_the_value_of_a_future_registers_its_own_once_when_that_is_read()
      throws Exception {
    done(
        booking(),
        """
        def over(future):
            return True

        def value(future):
            return book("flight")

        @temporal(complement=value, condition=over)
        def flight():
            return FutureResult(delegate(lambda: 1))

        read, unread = flight(), flight()
        print(read.value, read.value)
        """,
        "1 / 0");
    assertThat(notes()).containsExactly("booked flight, for exception");
  }

  /// E12.
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "cancel;context,error?",
        "_cancel;context",
        "_cancel;context,error",
        "_cancel;a,b?,c?"
      })
  void a_tool_that_is_no_handler_is_refused(String name, String parameters) {
    var wrong = ToolFunction.of(name, "", List.of(parameters.split(",")), call -> null);
    assertThatThrownBy(() -> book(wrong))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "An error handler has a name that begins with _ and takes a context")
        .hasMessageEndingWith("tool " + name + " takes " + wrong.parameters());
    assertThatThrownBy(() -> book(cancel().exits(1))).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_tool_of_every_agent_may_have_one() throws Exception {
    try (var errand =
        Errand.builder()
            .store(store)
            .runtime(Waiting.KEPT.over(PYTHON))
            .tool(book(cancel()))
            .open()) {
      errand.worker().start();
      submit(errand, Agent.named("plain").build(), "book('ship')", "1 / 0").await(LONG);
    }
    assertThat(notes()).containsExactly("booked ship, for exception");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void crashed_at_any_commit_each_has_its_effects_once(boolean after) throws Exception {
    crashAtEveryWrite(after, Agent.named("parent").tools(note()).build(), REGISTER, 2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void crashed_at_any_commit_those_of_tools_are_called_once_for_each_call(boolean after)
      throws Exception {
    crashAtEveryWrite(after, booking(), BOOK, 3);
  }

  private void crashAtEveryWrite(boolean after, Agent agent, String code, int notes)
      throws Exception {
    boolean crashed = true;
    for (int at = 1; crashed; at++) {
      noted.clear();
      crashed = crashAndResume(at, after, agent, code, notes);
    }
  }

  private boolean crashAndResume(int at, boolean after, Agent agent, String code, int notes)
      throws Exception {
    var fresh = new MemoryStore(clock);
    var injector = CrashInjector.failing(fresh, at, after);
    advance(injector, agent, code);
    injector.awaitSilence();
    clock.advance(Duration.ofMinutes(2));
    advance(CrashInjector.failing(fresh, 0, false), agent, code);

    var when = "crash " + (after ? "after" : "before") + " write " + at;
    var root = fresh.findByKey("the one").orElseThrow();
    assertThat(root.outcome()).as(when).isInstanceOf(Outcome.Failed.class);
    assertThat(noted.keySet())
        .as(when)
        .hasSize(notes)
        .allMatch(key -> key.startsWith(root.id() + "/"));
    assertThat(fresh.history(root.id(), 0, 1000))
        .as(when)
        .filteredOn(entry -> entry.kind() == Entry.Kind.JOB_ENDED)
        .hasSize(1);
    return injector.crashed();
  }

  private void advance(CrashInjector injector, Agent agent, String code)
      throws InterruptedException {
    try (var errand = open(injector)) {
      var job = submit(errand, agent, code, "1 / 0");
      errand.worker().lease(Duration.ofMinutes(1)).poll(Duration.ofMillis(5)).start();
      while (job.outcome().isEmpty()) {
        errand.awaitChange(Duration.ofMillis(100));
      }
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
    }
  }
}
