package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Calls of tools that wait for a person, from the command line.
class InboxTest {
  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));

  @BeforeEach
  void write_an_agent() {
    shell = new Shell(directory).with("HOME", directory.resolve("home").toString());
    shell
        .file("notes.json", "{}")
        .file(
            ".claude/agents/keeper.md",
            """
            ---
            name: keeper
            tools: Read, Write, Bash(echo:*)
            permissions:
              ask: Write
              answer_within: 7d
            ---
            You keep files.
            """)
        .file(
            "script.yaml",
            """
            replies:
              - calls:
                  - {tool: Write, arguments: {path: a.txt, content: "first"}}
                  - {tool: Bash, arguments: {command: "rm a.txt"}}
                  - {tool: Bash, arguments: {command: "echo so"}}
              - It is done.
            """);
  }

  private Shell.Said ask(String... more) {
    var words =
        Stream.concat(
            Stream.of("ask", "keeper", "Keep.", "--model", "scripted:script.yaml", "--id", "k"),
            Stream.of(more));
    return shell.errand(words.toArray(String[]::new));
  }

  private Json.Object question() {
    var inbox = (Json.Array) Json.parse(shell.errand("inbox", "--json").out());
    return (Json.Object) inbox.items().getFirst();
  }

  @Test
  void a_call_that_asks_is_in_the_inbox_is_allowed_there_and_made_when_the_job_goes_on() {
    var stopped = ask("--allow-bash");
    assertThat(stopped.code()).isEqualTo(ExitCode.FAILED);
    assertThat(stopped.err())
        .contains("it waits until a person allows Write(path=\"a.txt\", content=\"first\")")
        .containsPattern("errand answer \\S+\\.1 yes does that, or no");
    assertThat(directory.resolve("a.txt")).doesNotExist();

    var question = question();
    assertThat(question.members())
        .containsEntry("kind", new Json.Text("approval"))
        .containsEntry("tool", new Json.Text("Write"))
        .containsEntry("arguments", Json.object("path", "a.txt").with("content", "first"))
        .containsEntry("rule", new Json.Text("Write"))
        .containsEntry("path", Json.of(List.of("k")))
        .containsKeys("since", "until", "job", "ageMillis");
    var id = question.text("id").orElseThrow();
    assertThat(shell.errand("inbox").out())
        .containsPattern(
            id.replace(".", "\\.")
                + " +may call Write\\(path=\"a.txt\", content=\"first\"\\) +\\d.* k\n");
    assertThat(shell.errand("inbox", "k").out()).hasLineCount(2);
    assertThat(shell.errand("answer", id).out()).hasLineCount(2);
    assertThat(shell.errand("tree", "k").out()).contains("waits for approval Write-1");

    var answered = shell.errand("answer", id, "yes", "--by", "ann");
    assertThat(answered.out()).matches("approval Write-1 of job \\S+ is allowed by ann\n");
    assertThat(shell.errand("inbox").out()).hasLineCount(1);
    var ended = shell.errand("resume", "--allow-bash");
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(directory.resolve("a.txt")).hasContent("first");
    var history = shell.errand("history", "k").out();
    assertThat(history)
        .contains(
            "The call of Bash was not made: agent keeper may not make it (by the rule"
                + " Bash(echo:*))")
        .contains("so\n");
    assertThat(shell.errand("history", id).out()).contains("{\"allowed\":true,\"by\":\"ann\"}");
  }

  @Test
  void a_chat_asks_the_person_who_talks() {
    var chat =
        new String[] {
          "chat", "keeper", "--model", "scripted:script.yaml", "--id", "c", "--allow-bash"
        };
    var said = shell.typing("Keep.\n\nyes\n").errand(chat);
    assertThat(said.err())
        .contains(
            "may it call Write(path=\"a.txt\", content=\"first\")? yes, no, or say something else");
    assertThat(said.err())
        .contains(
            "to go on: errand chat keeper --id c --model scripted:script.yaml --allow-bash"
                + " --store ");
    assertThat(said.out()).isEqualTo("It is done.\n");
    assertThat(directory.resolve("a.txt")).hasContent("first");
  }

  @Test
  void who_says_something_else_in_a_chat_is_heard_and_the_question_is_taken_back() {
    var chat =
        new String[] {
          "chat", "keeper", "--model", "scripted:script.yaml", "--id", "c", "--allow-bash"
        };
    var said = shell.typing("Keep.\nRather not.\n").errand(chat);
    assertThat(said.out()).isEqualTo("It is done.\n");
    assertThat(directory.resolve("a.txt")).doesNotExist();
    assertThat(shell.errand("inbox").out()).hasLineCount(1);
  }

  @Test
  void a_question_that_is_open_when_a_chat_ends_is_asked_when_it_goes_on() {
    var chat =
        new String[] {
          "chat", "keeper", "--model", "scripted:script.yaml", "--id", "c", "--allow-bash"
        };
    assertThat(shell.typing("Keep.\n").errand(chat).err())
        .contains("that stays open; errand answer ");
    assertThat(shell.errand("inbox").out()).hasLineCount(2);
    assertThat(shell.typing("no\n").errand(chat).out()).contains("It is done.");
    assertThat(directory.resolve("a.txt")).doesNotExist();
  }

  @Test
  void a_denial_has_a_reason_that_the_model_reads() {
    ask("--allow-bash");
    var id = question().text("id").orElseThrow();
    var answered =
        shell.errand("answer", id, "no", "--reason", "Not there.", "--by", "ann", "--json");
    assertThat(Json.parse(answered.out()))
        .isEqualTo(
            Json.object("id", id)
                .with("allowed", false)
                .with("by", "ann")
                .with("reason", "Not there."));
    var ended = shell.errand("resume", "--allow-bash");
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(shell.errand("history", "k").out()).contains("ann did not allow it: Not there.");
    assertThat(directory.resolve("a.txt")).doesNotExist();
    var again = shell.errand("answer", id, "yes");
    assertThat(again.code()).isEqualTo(ExitCode.FAILED);
    assertThat(again.err()).contains("has ended already");
  }

  static Stream<List<String>> misused() {
    return Stream.of(
        List.of("answer yes or no", "perhaps"),
        List.of("answer yes or no", "yes", "--text"),
        List.of("answer yes or no", "yes", "--error", "no"),
        List.of("--reason says why a tool may not be called", "yes", "--reason", "so"));
  }

  @ParameterizedTest
  @MethodSource("misused")
  void what_is_neither_yes_nor_no_is_wrong_usage_and_changes_nothing(List<String> words) {
    ask("--allow-bash");
    var id = question().text("id").orElseThrow();
    var said =
        shell.errand(
            Stream.concat(Stream.of("answer", id), words.stream().skip(1)).toArray(String[]::new));
    assertThat(said.code()).isEqualTo(ExitCode.USAGE);
    assertThat(said.err()).contains(words.getFirst());
    assertThat(question().text("id")).contains(id);
  }

  @Test
  void rules_of_the_command_line_and_of_claude_codes_settings_hold_beside_those_of_the_file()
      throws Exception {
    Files.createDirectories(directory.resolve(".claude"));
    Files.writeString(
        directory.resolve(".claude/settings.json"),
        """
        {"model": "x", "permissions": {"allow": ["Read"], "deny": ["Edit(a.*)"], "defaultMode": "plan"}}
        """);
    var said =
        ask(
            "--allow-bash",
            "--permissions",
            ".claude/settings.json",
            "--ask",
            "Bash(echo:*)",
            "--answer-within",
            "8h");
    assertThat(said.err()).contains("Bash(command=\"echo so\")");
    assertThat(shell.errand("history", "k").out())
        .contains(
            "The call of Write was not made: agent keeper may not make it (by the rule"
                + " Write(a.*))");
    var question = question();
    assertThat(question.text("tool")).contains("Bash");
    assertThat(question.text("until")).isPresent();
  }

  @ParameterizedTest
  @MethodSource("wrongRules")
  void rules_that_are_none_are_wrong_usage(List<String> words) {
    var said = ask(words.stream().skip(1).toArray(String[]::new));
    assertThat(said.code()).isEqualTo(ExitCode.USAGE);
    assertThat(said.err()).contains(words.getFirst());
  }

  static Stream<List<String>> wrongRules() {
    return Stream.of(
        List.of("is no rule", "--ask", "Bash("),
        List.of("is no rule", "--deny", "(x)"),
        List.of("has no object named permissions", "--permissions", "notes.json"),
        List.of("There is no settings file", "--permissions", "none.json"),
        List.of("is no time; write 90s", "--ask", "Bash", "--answer-within", "soon"));
  }
}
