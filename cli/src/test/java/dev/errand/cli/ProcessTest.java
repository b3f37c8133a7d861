package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.errand.job.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The program as a process of its own: its streams, its exit status, and signals.
@Timeout(60)
class ProcessTest {
  /// Prints a line, then works for as long as it is let.
  private static final String ENDLESS =
      """
      def forever():
          while True:
              pass

      print("begun")
      delegate(forever).result
      """;

  /// Prints a line, waits for a child that waits for a file, prints another.
  private static final String TWO_LINES =
      """
      def until_there():
          while not list_files("go"):
              pass

      print("first")
      delegate(until_there).result
      print("second")
      """;

  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));

  @BeforeEach
  void start_in_an_empty_directory() {
    shell = new Shell(directory);
  }

  @Test
  void a_job_is_carried_out_and_its_exit_status_returned() throws Exception {
    shell.file("good.py", "print('hällo')\n").file("bad.py", "raise ValueError('no')\n");

    var good = start("run", "good.py", "--quiet");
    assertThat(rest(good)).isEqualTo("hällo\n");
    assertThat(good.waitFor()).isZero();
    assertThat(start("run", "bad.py").waitFor()).isEqualTo(1);
    assertThat(start("run", "none.py").waitFor()).isEqualTo(2);
    assertThat(start("jobs", "--store", "none.db").waitFor()).isEqualTo(3);
  }

  @Test
  void ctrl_c_ends_it_with_130_and_the_job_can_be_resumed() throws Exception {
    shell.file("job.py", ENDLESS);
    var process = start("run", "job.py", "--id", "long");
    var out = process.inputReader(StandardCharsets.UTF_8);
    assertThat(out.readLine()).isEqualTo("begun");
    var pythons = process.descendants().toList();

    signal(process, "INT");

    assertThat(process.waitFor()).isEqualTo(130);
    assertThat(errors(process)).endsWith("goes on with: errand resume --store errand.db\n");
    for (var python : pythons) {
      python.onExit().get(10, TimeUnit.SECONDS);
    }
    assertThat(job("long").text("outcome")).isEmpty();
  }

  @Test
  void output_of_a_killed_program_is_not_printed_again_by_the_next() throws Exception {
    shell.file("job.py", TWO_LINES);
    var process = start("run", "job.py", "--id", "two");
    assertThat(process.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("first");
    process.destroyForcibly().waitFor();
    shell.file("go", "");

    var again = shell.errand("run", "job.py", "--id", "two", "--quiet");

    assertThat(again).isEqualTo(new Shell.Said(0, "second\n", ""));
  }

  /// An agent whose root delegates five pieces of work, each of which waits for its callback; what
  /// a subtask itself delegates is refused.
  private void writeAgent() {
    shell
        .file(".claude/agents/five.md", "---\nname: five\ntools: SubTask, python_cli\n---\nWork.\n")
        .file(
            "five.yaml",
            """
            replies:
              - calls:
                  - {tool: SubTask, arguments: {title: a, instructions: x}}
                  - {tool: SubTask, arguments: {title: b, instructions: x}}
                  - {tool: SubTask, arguments: {title: c, instructions: x}}
                  - {tool: SubTask, arguments: {title: d, instructions: x}}
                  - {tool: SubTask, arguments: {title: e, instructions: x}}
              - calls:
                  - {tool: python_cli, arguments: {code: "print(callback('go').result)"}}
              - All found.
            """);
  }

  /// B64, B67, B69: nothing of what was done is done again.
  @Test
  void an_agent_killed_with_five_subtasks_of_which_two_are_done_goes_on_with_the_others()
      throws Exception {
    writeAgent();
    var ask = new String[] {"ask", "five", "Go.", "--model", "scripted:five.yaml", "--id", "five"};
    var process = start(ask);
    await().atMost(LONG).until(() -> shell.errand("show", "five").code() == 0);
    for (int n = 1; n <= 2; n++) {
      int child = n;
      await().atMost(LONG).until(() -> answered(childOf(child)));
      await().atMost(LONG).until(() -> isDone(childOf(child)));
    }
    await().atMost(LONG).until(() -> shell.errand("answer").out().lines().count() >= 3);

    process.destroyForcibly().waitFor();

    for (int n = 3; n <= 5; n++) {
      int child = n;
      await().atMost(LONG).until(() -> answered(childOf(child)));
    }
    process = start(ask);
    await().atMost(LONG).until(() -> answered(job("five").text("id").orElseThrow()));
    assertThat(rest(process)).isEqualTo("All found.\n");
    assertThat(process.waitFor()).isZero();
    ask =
        new String[] {
          "ask", "five", "Go.", "--model", "scripted:five.yaml", "--id", "five", "--json"
        };
    var usage = (Json.Object) json(shell.errand(ask).out()).get("usage").orElseThrow();
    assertThat(usage.number("calls")).as("replies of the root and its children").hasValue(6L * 3);
    var events =
        shell.errand("tail", "five", "--json").out().lines().map(ProcessTest::json).toList();
    assertThat(events)
        .filteredOn(event -> event.text("kind").orElse("").equals("subtask_completed"))
        .as("five subtasks and six callbacks")
        .hasSize(5 + 6);
    assertThat(events)
        .filteredOn(event -> event.text("kind").orElse("").equals("reply"))
        .hasSize(6 * 3);
  }

  private String childOf(int n) {
    return job("five").text("id").map(id -> id + "." + n).orElse("none");
  }

  private boolean answered(String id) {
    return shell.errand("answer", id, "go", "1").code() == 0;
  }

  private boolean isDone(String id) {
    return shell.errand("show", id, "--json").out().contains("\"status\":\"DONE\"");
  }

  private static Json.Object json(String text) {
    return (Json.Object) Json.parse(text);
  }

  /// B64, with a provider that speaks as OpenAI does, and holds its answer back.
  @Test
  void an_agent_killed_before_its_subtask_has_its_first_answer_goes_on_with_that()
      throws Exception {
    writeAgent();
    try (var provider = HeldBackProvider.open()) {
      var ask = new String[] {"ask", "five", "Go.", "--model", "openai:m", "--id", "five"};
      var process = start(provider.environment(), ask);
      assertThat(provider.awaitQuestionOfSubtask()).isTrue();

      process.destroyForcibly().waitFor();

      provider.answerFromNowOn();
      process = start(provider.environment(), ask);
      assertThat(rest(process)).isEqualTo("The subtask said: found\n");
      assertThat(process.waitFor()).isZero();
      assertThat(provider.questions()).as("of the root, held back, again, of the root").hasSize(4);
    }
    assertThat(shell.errand("history", "five").out()).containsOnlyOnce("SubTask 'Sum' completed.");
  }

  /// B66
  @Test
  void a_command_that_was_under_way_when_all_was_killed_is_not_repeated() throws Exception {
    shell
        .file(".claude/agents/sh.md", "---\nname: sh\ntools: Bash\n---\nWork.\n")
        .file(
            "sh.yaml",
            """
            replies:
              - calls: [{tool: Bash, arguments: {command: "echo begun >> begun; sleep 600"}}]
              - I see.
            """);
    var ask =
        new String[] {
          "ask", "sh", "Go.", "--model", "scripted:sh.yaml", "--id", "sh", "--allow-bash"
        };
    var process = start(ask);
    await().atMost(LONG).until(() -> shell.has("begun"));
    var commands = process.descendants().toList();
    process.destroyForcibly().waitFor();
    commands.forEach(ProcessHandle::destroyForcibly);

    process = start(ask);

    assertThat(rest(process)).isEqualTo("I see.\n");
    assertThat(process.waitFor()).isZero();
    assertThat(Files.readString(directory.resolve("begun"))).isEqualTo("begun\n");
    assertThat(shell.errand("history", "sh", "--request", "1").out())
        .contains("── failed Bash\n[Error] the call of Bash")
        .contains("its outcome is not known; it is not made again");
  }

  @Test
  void a_conversation_that_is_killed_while_it_is_answered_has_its_answer_later() throws Exception {
    writeAgent();
    shell.file(
        "one.yaml",
        """
        replies:
          - calls: [{tool: python_cli, arguments: {code: "print(callback('go').result)"}}]
          - At last.
          - You are welcome.
        """);
    var chat = new String[] {"chat", "five", "--model", "scripted:one.yaml", "--id", "c"};
    var process = start(chat);
    try (var typing = process.outputWriter(StandardCharsets.UTF_8)) {
      typing.write("Go.\n");
      typing.flush();
      await().atMost(LONG).until(() -> shell.errand("answer").out().contains("go"));
      process.destroyForcibly().waitFor();
    } catch (IOException closed) {
      assertThat(process.isAlive()).isFalse();
    }
    assertThat(answered("c")).isTrue();

    var again = shell.typing("Thanks.\n").errand(chat);

    assertThat(again.out()).isEqualTo("> Go.\nAt last.\nYou are welcome.\n");
  }

  /// Whatever is killed between a message and its thread, the thread has it once.
  @Test
  void a_dispatcher_that_is_killed_before_it_passes_a_message_on_passes_it_on_once()
      throws Exception {
    shell
        .file(
            ".claude/agents/desk.md",
            "---\nname: desk\nthreads: clerk\ntools: Think\n---\nRoute.\n")
        .file(".claude/agents/clerk.md", "---\nname: clerk\ntools: Think\n---\nAnswer.\n")
        .file(
            "desk.yaml",
            """
            agents:
              desk:
                - calls:
                    - {tool: python_cli, arguments: {code: "start_new_thread('clerk', 'a', 'One.'); exit()"}}
                - calls:
                    - {tool: python_cli, arguments: {code: "callback('go').result; dispatch_to('a', 'Two.'); exit()"}}
                - calls:
                    - {tool: python_cli, arguments: {code: "dispatch_to('a', 'Three.'); exit()"}}
              clerk: [Heard one., Heard two., Heard three.]
            """);
    var chat = new String[] {"chat", "desk", "--model", "scripted:desk.yaml", "--id", "d"};
    var process = start(chat);
    try (var typing = process.outputWriter(StandardCharsets.UTF_8)) {
      typing.write("One.\n");
      typing.flush();
      assertThat(process.inputReader(StandardCharsets.UTF_8).readLine())
          .isEqualTo("[clerk, a] Heard one.");
      typing.write("Two.\n");
      typing.flush();
      await().atMost(LONG).until(() -> shell.errand("answer").out().contains("go"));
      process.destroyForcibly().waitFor();
    } catch (IOException closed) {
      assertThat(process.isAlive()).isFalse();
    }
    assertThat(answered("d")).isTrue();
    var second = shell.typing("").errand(chat);
    assertThat(second.out()).endsWith("> Two.\n[clerk, a] Heard two.\n");

    assertThat(shell.errand("say", "d", "Three.").code()).as("while nobody works").isZero();
    var third = shell.typing("").errand(chat);

    assertThat(third.out())
        .isEqualTo(
            """
            > One.
            [clerk, a] Heard one.
            > Two.
            [clerk, a] Heard two.
            [clerk, a] Heard three.
            """);
    var heard =
        shell
            .errand("tail", "d", "--json")
            .out()
            .lines()
            .map(ProcessTest::json)
            .filter(event -> event.text("kind").orElse("").equals("signal"))
            .filter(event -> !event.text("job").equals(job("d").text("id")))
            .map(event -> ((Json.Object) event.get("data").orElseThrow()).text("text").orElse(""));
    assertThat(heard).containsExactly("One.", "Two.", "Three.");
  }

  @Test
  void a_call_that_waits_for_a_person_does_so_however_often_all_is_killed() throws Exception {
    shell
        .file(
            ".claude/agents/keeper.md",
            "---\nname: keeper\ntools: Bash\npermissions: {ask: Bash}\n---\nKeep.\n")
        .file(
            "one.yaml",
            """
            replies:
              - calls: [{tool: Bash, arguments: {command: "echo once >>log"}}]
              - At last.
            """);
    var chat =
        new String[] {
          "chat", "keeper", "--model", "scripted:one.yaml", "--id", "c", "--allow-bash"
        };
    for (int round = 0; round < 2; round++) {
      var process = start(chat);
      try (var typing = process.outputWriter(StandardCharsets.UTF_8)) {
        typing.write(round == 0 ? "Go.\n" : "");
        typing.flush();
        await().atMost(LONG).until(() -> shell.errand("inbox").out().contains("may call Bash"));
        process.destroyForcibly().waitFor();
      } catch (IOException closed) {
        assertThat(process.isAlive()).isFalse();
      }
    }
    assertThat(directory.resolve("log")).doesNotExist();
    var inbox = (Json.Array) Json.parse(shell.errand("inbox", "--json").out());
    assertThat(inbox.items()).hasSize(1);
    var id = ((Json.Object) inbox.items().getFirst()).text("id").orElseThrow();
    assertThat(shell.errand("answer", id, "yes").code()).isZero();

    assertThat(shell.typing("").errand(chat).out()).endsWith("At last.\n");
    assertThat(directory.resolve("log")).hasContent("once");
  }

  @Test
  void a_serving_process_takes_answers_from_others_until_it_is_interrupted() throws Exception {
    shell.file("job.py", "exit([callback('one').result, callback('two').result])\n");
    var asked = shell.errand("run", "job.py", "--id", "asking");
    assertThat(asked.code()).isEqualTo(1);
    assertThat(asked.err()).contains("callback one is not answered; errand answer ");

    var process = start("serve", "--port", "0", "--json");
    var out = process.inputReader(StandardCharsets.UTF_8);
    var door = (Json.Object) Json.parse(out.readLine());
    var answering =
        HttpRequest.newBuilder(
                URI.create(door.text("url").orElseThrow() + "/jobs/asking/callbacks/one"))
            .header("Authorization", "Bearer " + door.text("token").orElseThrow())
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"value\":1}"));
    try (var client = HttpClient.newHttpClient()) {
      var answered = client.send(answering.build(), HttpResponse.BodyHandlers.ofString());
      assertThat(answered.statusCode()).isEqualTo(200);
    }
    await().atMost(LONG).until(() -> shell.errand("answer", "asking").out().contains("two"));
    assertThat(shell.errand("answer", "asking", "two", "2").code()).isZero();
    await().atMost(LONG).until(() -> job("asking").text("outcome").isPresent());
    assertThat(job("asking").get("value").map(Json::print)).contains("[1,2]");

    signal(process, "INT");

    assertThat(process.waitFor()).isEqualTo(130);
    assertThat(errors(process)).contains("interrupted; jobs go on with: errand resume");
  }

  private Json.Object job(String key) {
    return (Json.Object) Json.parse(shell.errand("show", key, "--json").out());
  }

  private Process start(String... words) throws IOException {
    return start(Map.of(), words);
  }

  private Process start(Map<String, String> environment, String... words) throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dstdout.encoding=UTF-8"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(words));
    var builder = new ProcessBuilder(heedingInterrupts(command)).directory(directory.toFile());
    builder.environment().putAll(environment);
    return builder.start();
  }

  /// What is started by a shell in the background ignores Ctrl-C, and so does all that it starts:
  /// the build may be run so, and the program's user sits at a terminal.
  private static List<String> heedingInterrupts(List<String> command) {
    var heeding =
        List.of(
            "/usr/bin/python3",
            "-c",
            "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL);"
                + " os.execv(sys.argv[1], sys.argv[1:])");
    return Stream.concat(heeding.stream(), command.stream()).toList();
  }

  private static String rest(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static String errors(Process process) throws IOException {
    return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static void signal(Process process, String name) throws Exception {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }
}
