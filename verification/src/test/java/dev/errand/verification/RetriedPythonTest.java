package dev.errand.verification;

import static dev.errand.verification.Recorded.python;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.ToolFunction;
import dev.errand.job.CoVariable;
import dev.errand.job.Delta;
import dev.errand.job.Entry;
import dev.errand.job.JobStatus;
import dev.errand.job.Outcome;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.Usage;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Work that is attempted again, in Python, with the process of a job that waits kept, given up and
/// killed.
@ParameterizedClass
@EnumSource(Waiting.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RetriedPythonTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();

  private final Waiting waiting;
  private final ManualClock clock = ManualClock.create();
  private final List<String> noted = Collections.synchronizedList(new ArrayList<>());
  private final List<Model.Request> asked = Collections.synchronizedList(new ArrayList<>());
  private final Errand errand;

  RetriedPythonTest(Waiting waiting) {
    this.waiting = waiting;
    this.errand =
        Errand.builder()
            .store(new MemoryStore(clock))
            .clock(clock)
            .runtime(waiting.over(PYTHON))
            .open();
  }

  @AfterEach
  void close() {
    errand.close();
  }

  @AfterAll
  static void closeRuntime() {
    PYTHON.close();
  }

  private static ToolFunction number() {
    return ToolFunction.of(
        "number", "Which attempt it is.", List.of(), call -> call.job().ordinal());
  }

  private Job run(String code) {
    var noting = ToolFunction.of("note", "", List.of("text"), call -> noted.add(call.text("text")));
    var agent = Agent.named("parent").tools(number(), noting).build();
    errand.worker().warmJobs(waiting.warmJobs()).poll(Duration.ofMillis(5)).start();
    return errand.submit(agent, spec -> spec.code(code).locale("pl-PL"));
  }

  /// An agent whose model says these in order, whichever attempt asks, and the last again and
  /// again; its code may not raise.
  private Agent speaker(String... lines) {
    var speaker =
        Agent.named("speaker")
            .instructions("About {topic}.")
            .limits(was -> was.withExceptions(0))
            .model(
                request -> {
                  asked.add(request);
                  var line = lines[Math.min(asked.size(), lines.length) - 1];
                  return new Model.Reply(line, Usage.NONE);
                })
            .build();
    errand.register(speaker);
    return speaker;
  }

  private Job submit(Agent agent) {
    errand.worker().warmJobs(waiting.warmJobs()).poll(Duration.ofMillis(5)).start();
    return errand.submit(agent);
  }

  private static List<Job> attempts(Job parent) {
    return parent.children().getFirst().children();
  }

  private static void awaitAttempt(Job parent, int number, JobStatus status) {
    Awaitility.await()
        .atMost(LONG)
        .until(
            () ->
                !parent.children().isEmpty()
                    && attempts(parent).size() >= number
                    && attempts(parent).get(number - 1).record().status() == status);
  }

  private static Object[] values(Job job) throws InterruptedException {
    return job.await(LONG).value(Object[].class);
  }

  // What comes of it

  @Test
  void a_function_is_called_anew_until_it_returns() throws Exception {
    var job =
        run(
            """
            def work(text):
                note(text)
                if number() < 3:
                    raise ValueError(f"no, {text}")
                return f"{text} at {number()}"
            exit(delegate(work, "tea", retry={"attempts": 4, "backoff": 0}).result)
            """);

    assertThat(job.await(LONG).value(String.class)).isEqualTo("tea at 3");
    assertThat(noted).containsExactly("tea", "tea", "tea");
    assertThat(attempts(job)).hasSize(3);
  }

  @Test
  void after_the_last_attempt_the_handler_has_its_error() throws Exception {
    var job =
        run(
            """
            task = delegate(lambda: 1 / 0, id="a", retry={"attempts": 2, "backoff": 0})
            try:
                task.result
            except SubTaskError as error:
                exit([str(error), error.error.kind, task.state.name, len(sub_tasks())])
            """);

    assertThat(values(job))
        .containsExactly(
            "ZeroDivisionError: division by zero (attempt 2 of 2)", "exception", "ERROR", 1);
  }

  @Test
  void a_child_that_reports_an_error_is_cancelled_and_begun_anew() throws Exception {
    var job =
        run(
            """
            code = '''
            if number() == 1:
                complete_sub_task(error="not yet")
                callback("never").result
            complete_sub_task(result=[sub_task_handler.id, current_job().locale, number()])
            exit("bye")
            '''
            task = create_sub_task(create_new_job("parent", warmup_code=code, retry={"attempts": 3, "backoff": 0}), id="a")
            exit(task.result)
            """);

    assertThat(values(job)).containsExactly("a", "pl-PL", 2);
    assertThat(attempts(job).getFirst().await(LONG))
        .isEqualTo(new Outcome.Cancelled("attempt 1 of 3 failed"));
    assertThat(attempts(job).get(1).await(LONG).value(String.class)).isEqualTo("bye");
  }

  @Test
  void a_result_that_does_not_fit_is_a_failed_attempt() throws Exception {
    var job =
        run(
            """
            def count(): return "many" if number() == 1 else 2
            schema = {"type": "integer"}
            retry = {"attempts": 2, "backoff": 0, "on": "misfit"}
            exit(delegate(count, result_schema=schema, retry=retry).result)
            """);

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(2);
    assertThat(attempts(job)).hasSize(2);
  }

  @Test
  void what_the_application_delivers_in_place_of_attempts_must_fit_too() throws Exception {
    var job =
        run(
            """
            schema = {"type": "integer"}
            exit(delegate(lambda: callback("go").result, result_schema=schema, retry=2).result)
            """);
    awaitAttempt(job, 1, JobStatus.SUSPENDED);
    var work = job.children().getFirst();
    assertThatThrownBy(() -> work.complete("many")).isInstanceOf(SignalRefusedException.class);
    work.complete(2);

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(2);
  }

  @Test
  void a_future_has_the_exit_value_of_the_last_attempt() throws Exception {
    var job =
        run(
            """
            code = "exit(n * number()) if number() > 1 else 1 / 0"
            future = delegate_task("parent", code, shared_vars={"n": 20}, retry={"attempts": 2, "backoff": 0})
            value, job = future.value
            exit([value, job == future.job])
            """);

    assertThat(values(job)).containsExactly(40, true);
  }

  @Test
  void a_muted_future_has_the_words_of_the_last_attempt() throws Exception {
    speaker("First try.\n" + python("1 / 0"), "Second try.");
    var job =
        run(
            """
            exit(delegate_mute_dialog("speaker", "What?", retry={"attempts": 2, "backoff": 0}).value)
            """);

    assertThat(job.await(LONG).value(String.class)).isEqualTo("Second try.");
  }

  @Test
  void work_that_nobody_waits_for_is_attempted_again_too() throws Exception {
    var job =
        run(
            """
            create_new_job("parent", warmup_code="number() > 1 or 1 / 0", retry={"attempts": 2, "backoff": 0})
            """);

    job.await(LONG);
    assertThat(job.children().getFirst().await(LONG)).isInstanceOf(Outcome.Succeeded.class);
    assertThat(attempts(job)).hasSize(2);
  }

  // What each attempt is given

  @Test
  void each_attempt_begins_as_the_first_did() throws Exception {
    speaker(python("words.append(4); 1 / 0"), python("exit(len(words))"));
    var job =
        run(
            """
            words = ["x" * 2000] * 3
            future = delegate_mute_dialog(
                "speaker", "Go on.", "print(words[0][:1])", shared_vars={"words": words}, topic="tea",
                retry={"attempts": 2, "backoff": 0})
            exit(future.value)
            """);

    assertThat(job.await(LONG).value(String.class)).isEqualTo("3");
    assertThat(asked).extracting(Model.Request::system).first().asString().contains("About tea.");
    assertThat(asked.get(0)).isEqualTo(asked.get(1));
    assertThat(asked.get(0).messages().getLast().text()).contains("x\n", "Go on.");
    assertThat(beginning(attempts(job).get(0))).isEqualTo(beginning(attempts(job).get(1)));
  }

  private List<CoVariable> beginning(Job job) {
    return errand.store().checkpoint(job.id(), Delta.BEFORE).orElseThrow().coVariables();
  }

  @Test
  void inherited_error_handlers_are_called_for_each_attempt_that_fails() throws Exception {
    var job =
        run(
            """
            def _all(context, error=None):
                note(context)
            current_job().add_error_handler(_all, "failed", inherited=True)
            task = create_sub_task(create_new_job("parent", warmup_code="1 / 0", retry={"attempts": 2, "backoff": 0}))
            exit(task.error is None and wait_all(task) and task.error.kind)
            """);

    assertThat(job.await(LONG).value(String.class)).isEqualTo("exception");
    assertThat(noted).containsExactly("failed", "failed");
  }

  // What it is told, and what it reports

  @Test
  void a_message_reaches_the_attempt_at_work_and_those_that_follow() throws Exception {
    speaker(python("callback('go').result"), python("1 / 0"), python("exit('done')"));
    var job = run("delegate_task('speaker', retry={'attempts': 2, 'backoff': 0}).value");
    awaitAttempt(job, 1, JobStatus.SUSPENDED);
    var work = job.children().getFirst();
    work.say("Hurry.");

    assertThat(work.await(LONG).value(String.class)).isEqualTo("done");
    assertThat(attempts(job)).hasSize(2);
    assertThat(asked.get(1).messages().getLast().text()).contains("Hurry.");
    assertThat(asked.get(2).messages().getLast().text())
        .isEqualTo("Hurry.\n(Odpowiedz po polsku.)\n");
  }

  @Test
  void a_message_between_two_attempts_is_for_the_next_and_a_late_one_for_the_last()
      throws Exception {
    speaker(python("1 / 0"), "Good.");
    var job = run("delegate_task('speaker', retry={'attempts': 2, 'backoff': 10}).value");
    awaitAttempt(job, 1, JobStatus.DONE);
    var work = job.children().getFirst();
    Awaitility.await()
        .atMost(LONG)
        .until(() -> work.waiting().filter(wait -> wait.handlers().isEmpty()).isPresent());
    work.say("Take your time.");
    clock.advance(Duration.ofSeconds(10));

    assertThat(work.await(LONG).value(String.class)).isEqualTo("Good.");
    assertThat(asked.getLast().messages().getLast().text()).contains("Take your time.");
    work.say("Thanks.");
    Awaitility.await().atMost(LONG).until(() -> asked.size() == 3);
    assertThat(asked.getLast().messages().getLast().text()).contains("Thanks.");
    assertThat(attempts(job).getFirst().record().status()).isEqualTo(JobStatus.DONE);
  }

  @Test
  void code_tells_the_work_before_its_first_attempt_has_begun() throws Exception {
    speaker("Good.");
    var job =
        run(
            """
            future = delegate_task("speaker", retry=2)
            tell(future.job, "By the way.")
            exit(future.value[0])
            """);

    assertThat(job.await(LONG).value(String.class)).isEqualTo("Good.");
    Awaitility.await()
        .atMost(LONG)
        .until(
            () ->
                asked.stream()
                    .flatMap(request -> request.messages().stream())
                    .anyMatch(message -> message.text().contains("By the way.")));
  }

  @Test
  void attempts_without_a_model_are_told_nothing() {
    var job = run("delegate(lambda: callback('go').result, retry=2).result");
    awaitAttempt(job, 1, JobStatus.SUSPENDED);
    assertThatThrownBy(() -> job.children().getFirst().say("Hurry."))
        .isInstanceOf(SignalRefusedException.class)
        .hasMessageContaining("no model");
  }

  @Test
  void what_an_attempt_reports_reaches_the_model_that_delegated() throws Exception {
    var begin =
        """
        def work():
            report_progress("half")
            return callback("go").result
        task = delegate(work, retry=2)
        callback("ready").result
        """;
    var job = submit(speaker(python(begin), python("exit(1)")));
    Awaitility.await().atMost(LONG).until(() -> job.callbacks().size() == 2);
    job.answer("ready", true);

    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(1);
    assertThat(asked.getLast().messages().getLast().text())
        .contains("[Progress] job " + job.id() + ".1.1: half");
  }

  @Test
  void a_parent_hears_once_however_many_attempts_there_were() throws Exception {
    var begin =
        python("task = delegate(lambda: 1 / 0, id='a', retry={'attempts': 3, 'backoff': 0})");
    var job = submit(speaker(begin, "Waiting."));
    Awaitility.await()
        .atMost(LONG)
        .until(() -> count(job, Entry.Kind.NOTIFICATION) == 1 && job.outcome().isPresent());

    Awaitility.await().atMost(LONG).until(errand::idle);
    assertThat(told(job))
        .isEqualTo(
            "[Error] sub-task id=a failed with ZeroDivisionError: division by zero (attempt 3 of"
                + " 3)\n");
  }

  private static long count(Job job, Entry.Kind kind) {
    return job.history(0, 1000).stream().filter(entry -> entry.kind() == kind).count();
  }

  private static String told(Job job) {
    return job.history(0, 1000).stream()
        .filter(entry -> entry.kind() == Entry.Kind.NOTIFICATION)
        .map(entry -> entry.data().text("text").orElseThrow())
        .collect(Collectors.joining());
  }

  // What is refused

  static Stream<Arguments> wrong() {
    return Stream.of(
        wrong("0", "ValueError: retry: attempts must be from 1 to 100, not 0"),
        wrong("10 ** 30", "attempts must be from 1 to 100"),
        wrong("{'attempts': 2.5}", "attempts must be a whole number, not 2.5"),
        wrong("True", "TypeError: retry must be a number of attempts, or a dict"),
        wrong("'3'", "TypeError: retry must be a number of attempts, or a dict"),
        wrong("{'tries': 3}", "there is no 'tries'; write attempts, backoff"),
        wrong("{'backoff': -1}", "backoff must be from 0 to 365 days"),
        wrong("{'backoff': 'long'}", "backoff must be a number, not \"long\""),
        wrong("{'factor': 0.5}", "factor must be 1 or more, not 0.5"),
        wrong("{'max_backoff': 1e300}", "maxBackoff must be from 0 to 365 days"),
        wrong("{'time_limit': 0}", "timeout must be a millisecond or more"),
        wrong("{'on': ['failed', 'cancelled']}", "What was cancelled is not attempted again"),
        wrong("{'on': 'bad luck'}", "on names \"bad luck\", which is no kind of error"),
        wrong("{'on': object()}", "TypeError: retry must be"));
  }

  private static Arguments wrong(String retry, String message) {
    return Arguments.of(retry, message);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrong")
  void a_policy_that_is_none_is_refused_and_nothing_is_created(String retry, String message)
      throws Exception {
    var job =
        run(
            """
            said = "before"
            try:
                delegate(lambda: 1, retry=%s)
            except (TypeError, ValueError) as wrong:
                said += f" {type(wrong).__name__}: {wrong}"
            exit([said, delegate(lambda: 1, retry=1).result])
            """
                .formatted(retry));

    assertThat(values(job)[0]).asString().startsWith("before ").contains(message);
    assertThat(job.children()).hasSize(1);
  }
}
