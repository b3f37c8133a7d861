package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.job.Entry;
import dev.errand.job.ModelException;
import dev.errand.job.Outcome;
import dev.errand.job.StoreException;
import dev.errand.job.TaskError;
import dev.errand.job.Usage;
import dev.errand.python.CPythonRuntime;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Jobs driven by a model that says what a script says: turns, what the model is shown, and kills
/// in between.
class ModelTurnsTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  @AutoClose private final WorkspaceRuntime python = new CPythonRuntime();

  /// A runtime that outlives the engines it is lent to.
  private record Shared(WorkspaceRuntime python) implements WorkspaceRuntime {
    @Override
    public String name() {
      return python.name();
    }

    @Override
    public Workspace open(Opening opening) {
      return python.open(opening);
    }

    @Override
    public void close() {}
  }

  /// Each agent asks into the list that was here when it was made: a thread of an engine that
  /// crashed may ask once more, as none does once a process is gone.
  private List<Model.Request> asked = Collections.synchronizedList(new ArrayList<>());

  /// Says its lines in order, by how much it has said already in the conversation it is shown.
  private Agent agent(String... lines) {
    var requests = asked;
    Model model =
        request -> {
          requests.add(request);
          int said =
              (int)
                  request.messages().stream()
                      .filter(message -> message instanceof Model.Message.Assistant)
                      .count();
          if (said >= lines.length) {
            throw new ModelException("The script has no line " + (said + 1));
          }
          return new Model.Reply(lines[said], new Usage(1, 10, 5, 0));
        };
    return Agent.named("speaker").instructions("Speak.").guide(false).model(model).build();
  }

  private static String code(String python) {
    return "Let me see.\n```python\n" + python + "\n```\n";
  }

  private Job done(String... lines) throws InterruptedException {
    try (var errand = Errand.builder().store(new MemoryStore(InstantSource.system())).open()) {
      errand.worker().start();
      var job = errand.submit(agent(lines));
      outcome = job.await(LONG);
      history = job.history(0, 1000);
      usage = job.record().usage();
      return job;
    }
  }

  private Outcome outcome = new Outcome.Cancelled("not run");
  private List<Entry> history = List.of();
  private Usage usage = Usage.NONE;

  @Test
  void a_reply_without_code_is_the_final_answer() throws Exception {
    done("It is done.");
    assertThat(outcome.value(String.class)).isEqualTo("It is done.");
    assertThat(asked).hasSize(1);
    assertThat(asked.getFirst().system()).isEqualTo("Speak.");
  }

  @Test
  void fenced_python_is_executed_and_its_console_goes_back_to_the_model() throws Exception {
    done(code("x = 20\nprint('x is', x)"), code("exit(x + 1)"));
    assertThat(outcome.value(Integer.class)).isEqualTo(21);
    assertThat(asked).hasSize(2);
    assertThat(asked.get(1).messages().getLast())
        .isEqualTo(new Model.Message.User("<console>\nx is 20\n</console>\n"));
    assertThat(usage).isEqualTo(new Usage(2, 20, 10, 0));
  }

  @Test
  void an_exception_is_information_for_the_model_and_the_variables_stay() throws Exception {
    done(code("kept = 1\nkept / 0"), code("exit(kept)"));
    assertThat(outcome.value(Integer.class)).isEqualTo(1);
    assertThat(asked.get(1).messages().getLast().text()).contains("ZeroDivisionError");
  }

  @Test
  void the_value_of_the_last_expression_is_shown_briefly_and_kept_longer() throws Exception {
    done(code("print('first')\nlist(range(1000))"), code("exit(1)"));
    assertThat(asked.get(1).messages().getLast().text())
        .startsWith("<console>\nfirst\n[0, 1, 2, ")
        .endsWith(" 24, … (975 more)]\n</console>\n");
    assertThat(history)
        .filteredOn(entry -> entry.kind() == Entry.Kind.CONSOLE)
        .last()
        .satisfies(
            entry -> assertThat(entry.data().text("text").orElse("")).endsWith(" 998, 999]\n"));
  }

  @Test
  void long_output_is_shown_with_its_beginning_and_its_end() throws Exception {
    done(code("for i in range(10000):\n    print('line', i)"), code("exit(1)"));
    assertThat(asked.get(1).messages().getLast().text())
        .hasSizeLessThan(21_000)
        .startsWith("<console>\nline 0\nline 1\n")
        .contains("more characters …]")
        .endsWith("line 9998\nline 9999\n</console>\n");
  }

  @Test
  void a_model_that_fails_fails_its_job() throws Exception {
    done();
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.error().kind()).isEqualTo(TaskError.Kind.MODEL));
  }

  @Test
  void the_end_of_a_subtask_is_told_to_the_model_once_at_its_next_turn() throws Exception {
    done(
        code(
            """
            def f():
                return 7

            h = delegate(f, id='seven')
            while not h.is_completed:
                pass\
            """),
        code("print('looking')"),
        code("exit(h.result)"));
    assertThat(outcome.value(Integer.class)).isEqualTo(7);
    assertThat(asked.get(1).messages().getLast().text())
        .contains("[Notification] sub-task id=seven completed successfully.");
    assertThat(history).filteredOn(entry -> entry.kind() == Entry.Kind.NOTIFICATION).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void killed_at_any_commit_the_model_is_asked_once_for_each_turn_it_took(boolean after)
      throws Exception {
    boolean crashed = true;
    for (int at = 1; crashed; at++) {
      crashed = crashAndResume(at, after);
    }
  }

  private boolean crashAndResume(int at, boolean after) throws Exception {
    var clock = ManualClock.create();
    var store = new MemoryStore(clock);
    var first = CrashInjector.failing(store, at, after);
    advance(first, clock);
    first.awaitSilence();
    long repliesBefore = replies(store);
    asked = Collections.synchronizedList(new ArrayList<>());
    clock.advance(Duration.ofMinutes(2));
    advance(CrashInjector.failing(store, 0, false), clock);

    var root = store.findByKey("the one").orElseThrow();
    var when = "crash " + (after ? "after" : "before") + " write " + at;
    assertThat(root.outcome()).as(when).isInstanceOf(Outcome.Succeeded.class);
    // The model is asked again only for a turn whose reply was not committed.
    assertThat((long) asked.size()).as(when).isEqualTo(2 - repliesBefore);
    assertThat(console(store)).as(when).isEqualTo("first\nsecond 1\n");
    return first.crashed();
  }

  private void advance(CrashInjector injector, ManualClock clock) throws InterruptedException {
    try (var errand =
        Errand.builder().store(injector.store()).clock(clock).runtime(new Shared(python)).open()) {
      var agent = agent(code("n = 1\nprint('first')"), code("print('second', n)\nexit(n + 1)"));
      var job = errand.submit(agent, spec -> spec.key("the one"));
      errand.worker().lease(Duration.ofMinutes(1)).poll(Duration.ofMillis(5)).start();
      while (job.outcome().isEmpty()) {
        errand.awaitChange(Duration.ofMillis(100));
      }
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
    }
  }

  private static long replies(MemoryStore store) {
    return store.findByKey("the one").stream()
        .flatMap(root -> store.history(root.id(), 0, 1000).stream())
        .filter(entry -> entry.kind() == Entry.Kind.REPLY)
        .count();
  }

  private static String console(MemoryStore store) {
    var root = store.findByKey("the one").orElseThrow();
    return store.history(root.id(), 0, 1000).stream()
        .filter(entry -> entry.kind() == Entry.Kind.CONSOLE)
        .map(entry -> entry.data().text("text").orElseThrow())
        .collect(Collectors.joining());
  }
}
