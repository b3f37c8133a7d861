package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Json;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The commands that work with agents from Markdown files.
class AgentFilesTest {
  private static final String RESEARCHER =
      """
      ---
      name: researcher
      description: Looks things up in files.
      tools: Read, Glob, SubTask, python_cli, Bash
      ---
      You look things up.
      """;

  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));

  @BeforeEach
  void write_an_agent() {
    shell = new Shell(directory).with("HOME", directory.resolve("home").toString());
    shell
        .file(".claude/agents/researcher.md", RESEARCHER)
        .file("notes.txt", "the answer is 42\n")
        .file(
            "script.yaml",
            """
            replies:
              - calls:
                  - {tool: Glob, arguments: {pattern: "*.txt"}}
                  - {tool: Read, arguments: {path: notes.txt}}
                  - {tool: python_cli, arguments: {code: "print(6 * 7)"}}
              - It is 42.
              - You are welcome.
            """);
  }

  private static Json.Object json(String text) {
    return (Json.Object) Json.parse(text);
  }

  @Test
  void ask_prints_the_answer_and_nothing_else_on_standard_output() {
    var said =
        shell.errand(
            "ask",
            "researcher",
            "What",
            "is",
            "it?",
            "--model",
            "scripted:script.yaml",
            "--id",
            "q");
    assertThat(said.out()).isEqualTo("It is 42.\n");
    assertThat(said.code()).isZero();
    assertThat(said.err()).contains("researcher: Tool Bash must be asked for");
    var again =
        shell.errand(
            "ask", "researcher", "What?", "--model", "scripted:script.yaml", "--id", "q", "--json");
    assertThat(json(again.out()).text("value")).hasValue("It is 42.");
    assertThat(json(again.out()).text("outcome")).hasValue("succeeded");
    assertThat(shell.errand("jobs").out().lines()).hasSize(2);
  }

  @Test
  void history_shows_calls_results_and_what_the_model_was_shown() {
    shell.errand(
        "ask", "researcher", "What?", "--model", "scripted:script.yaml", "--id", "q", "--quiet");
    assertThat(shell.errand("history", "q").out())
        .contains("calls Read {\"path\":\"notes.txt\"}")
        .contains("the answer is 42");
    assertThat(shell.errand("history", "q", "--request", "1").out())
        .startsWith("── system\nYou look things up.")
        .contains("── tools\nRead, Glob, SubTask, python_cli\n")
        .contains("── user\nWhat?\n")
        .contains("── call Glob\n{\"pattern\":\"*.txt\"}\n")
        .contains("── result python_cli\n42\n");
    var request = json(shell.errand("history", "q", "--request", "1", "--json").out());
    assertThat(request.get("messages").map(Json::print).orElse("")).contains("\"role\":\"tool\"");
    var none = shell.errand("history", "q", "--request", "7");
    assertThat(none.code()).isEqualTo(ExitCode.USAGE);
    assertThat(none.err()).contains("was not asked for turn 7; its last reply is of turn 1");
  }

  @Test
  void the_model_may_come_from_the_environment_and_must_come_from_somewhere() {
    var none = shell.errand("ask", "researcher", "What?");
    assertThat(none.code()).isEqualTo(ExitCode.USAGE);
    assertThat(none.err()).contains("names no model").contains("provider:name");
    var said =
        shell
            .with("ERRAND_MODEL", "scripted:" + directory.resolve("script.yaml"))
            .errand("ask", "researcher", "?");
    assertThat(said.out()).isEqualTo("It is 42.\n");
  }

  @Test
  void a_model_that_is_asked_for_counts_before_the_one_of_the_file() {
    shell.file(
        ".claude/agents/other.md",
        "---\ntools: Read, Glob, python_cli\nmodel: openai:none\n---\nx\n");
    var said = shell.errand("ask", "other", "?", "--model", "scripted:script.yaml");
    assertThat(said.out()).isEqualTo("It is 42.\n");
  }

  @Test
  void a_mistake_is_told_before_anything_is_stored() {
    var unknown = shell.errand("ask", "nobody", "What?", "--model", "scripted:script.yaml");
    assertThat(unknown.code()).isEqualTo(ExitCode.USAGE);
    assertThat(unknown.err()).contains("There is no agent nobody; there are researcher");
    assertThat(shell.errand("ask", "researcher", " ", "--model", "scripted:script.yaml").err())
        .contains("the question is blank");
    assertThat(shell.errand("ask", "researcher", "?", "--model", "scripted:none.yaml").err())
        .contains("There is no script");
    assertThat(shell.has("errand.db")).isFalse();
  }

  @Test
  void agents_are_listed_with_what_is_wrong_with_their_files() {
    shell.file(".errand/agents/broken.md", "---\ntools: [\n---\nx\n");
    assertThat(shell.errand("agents").out())
        .containsPattern(
            "researcher +- +Read,Glob,SubTask,python_cli,… +Looks things up in files\\.")
        .containsPattern("broken: .*broken\\.md is wrong in line");
    var listed = (Json.Array) Json.parse(shell.errand("agents", "--json").out());
    assertThat(listed.items()).hasSize(2);
  }

  @Test
  void an_agent_may_be_a_file_anywhere_and_its_jobs_go_on_where_that_is_named() {
    shell
        .file("else/where.md", RESEARCHER.replace("researcher", "stranger"))
        .file(
            "asking.yaml",
            """
            replies:
              - calls: [{tool: python_cli, arguments: {code: "callback('go').result"}}]
              - Done.
            """);
    var said =
        shell.errand("ask", "else/where.md", "Go.", "--model", "scripted:asking.yaml", "--id", "q");
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err()).contains("callback go is not answered");
    var other =
        shell.errand("ask", "else/where.md", "Go.", "--model", "scripted:asking.yaml", "--id", "r");
    assertThat(other.code()).isEqualTo(1);
    shell.errand("answer", "q", "go", "1");
    shell.errand("resume", "--agents", "else/where.md", "--quiet");
    assertThat(shell.errand("jobs").out()).containsPattern("q +stranger +succeeded");
    shell.errand("answer", "r", "go", "1");
    assertThat(shell.errand("resume").err())
        .contains("needs a worker that has the tool Read of agent stranger");
  }

  @Test
  void bash_runs_where_it_is_allowed() {
    shell.file(
        "shell.yaml",
        """
        replies:
          - calls: [{tool: Bash, arguments: {command: "echo $((6 * 7))"}}]
          - Done.
        """);
    shell.errand("ask", "researcher", "Go.", "--model", "scripted:shell.yaml", "--id", "no");
    assertThat(shell.errand("history", "no").out()).contains("there is no tool Bash here");
    shell.errand(
        "ask",
        "researcher",
        "Go.",
        "--model",
        "scripted:shell.yaml",
        "--id",
        "yes",
        "--allow-bash");
    assertThat(shell.errand("history", "yes").out()).contains("tool               Bash = 42");
  }

  @Test
  void a_conversation_goes_on_line_by_line_and_later_under_its_id() {
    var chat = new String[] {"chat", "researcher", "--model", "scripted:script.yaml", "--id", "c"};
    var first = shell.typing("What is \\\nit?\n/quit\nnever\n").errand(chat);
    assertThat(first.out()).isEqualTo("It is 42.\n");
    assertThat(first.err())
        .contains("conversation c; to go on: errand chat researcher --id c --model scripted:")
        .contains("  · Read {\"path\":\"notes.txt\"}");
    var second = shell.typing("Thanks.\n").errand(chat);
    assertThat(second.out()).isEqualTo("> What is \nit?\nIt is 42.\nYou are welcome.\n");
    assertThat(shell.errand("jobs").out().lines()).hasSize(2);
  }

  @Test
  void a_turn_that_fails_is_told_and_the_conversation_goes_on() {
    shell.file("failing.yaml", "replies:\n  - One.\n  - error: the line is dead\n  - Three.\n");
    var said =
        shell
            .typing("a\nb\n")
            .errand(
                "chat", "researcher", "--model", "scripted:failing.yaml", "--id", "c", "--quiet");
    assertThat(said.out()).isEqualTo("One.\n");
    assertThat(said.err()).contains("the turn ended failed: the line is dead");
  }

  @Test
  void an_agent_reads_the_skills_of_the_project_and_of_further_folders() {
    shell
        .file(
            ".claude/agents/skilled.md", "---\nskills: letters, taxes, bad\ntools: Think\n---\nx\n")
        .file(
            ".claude/skills/letters/SKILL.md",
            "---\nname: letters\ndescription: Writes.\n---\nBe brief.\n")
        .file(".claude/skills/bad/SKILL.md", "---\nname: bad\n---\n")
        .file("more/taxes/SKILL.md", "---\nname: taxes\ndescription: Taxes.\n---\nPay them.\n")
        .file(
            "skills.yaml",
            """
            replies:
              - calls:
                  - {tool: Skill, arguments: {name: letters}}
                  - {tool: Skill, arguments: {name: taxes}}
              - Done.
            """);
    var said =
        shell.errand(
            "ask",
            "skilled",
            "?",
            "--model",
            "scripted:skills.yaml",
            "--skills",
            "more",
            "--id",
            "s");
    assertThat(said.out()).isEqualTo("Done.\n");
    assertThat(said.err())
        .contains("errand: skilled: Skill file ", "line 1: there is no description");
    assertThat(shell.errand("history", "s", "--request", "1").out())
        .contains("- letters: Writes.\n- taxes: Taxes.")
        .contains("Be brief.")
        .contains("Pay them.");
    var none =
        shell.errand(
            "ask", "skilled", "?", "--model", "scripted:skills.yaml", "--skills", "nowhere");
    assertThat(none.code()).isEqualTo(ExitCode.USAGE);
    assertThat(none.err()).contains("--skills: there is no folder ");
  }
}
