package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Json;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Memories on the command line.
class MemoryCommandTest {
  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));

  @BeforeEach
  void open() {
    shell = new Shell(directory).with("HOME", directory.resolve("home").toString());
  }

  private String out(String... args) {
    var result = shell.errand(args);
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    return result.out();
  }

  private static Json.Array array(String text) {
    return (Json.Array) Json.parse(text);
  }

  private static Json.Object json(String text) {
    return (Json.Object) Json.parse(text);
  }

  @Test
  void a_card_that_is_added_is_listed_found_and_forgotten() {
    var added =
        json(
            out(
                "memory",
                "add",
                "team",
                "We",
                "release",
                "on",
                "Mondays.",
                "--type",
                "decision",
                "--about",
                "releases",
                "--importance",
                "0.9",
                "--json"));
    var id = added.text("id").orElseThrow();
    out("memory", "add", "team", "The gateway is red.");

    assertThat(out("memory")).contains("MEMORY", "CARDS", "team", "2");
    assertThat(out("memory", "list", "team"))
        .contains(id, "decision", "We release on Mondays.", "gateway");
    assertThat(out("memory", "list", "team", "--type", "decision"))
        .contains(id)
        .doesNotContain("gateway");
    assertThat(out("memory", "search", "team", "which", "gateway?"))
        .contains("is red")
        .doesNotContain(id);
    assertThat(out("memory", "forget", "team", id)).isEqualTo("forgot 1 card\n");
    assertThat(out("memory", "list", "team")).doesNotContain(id);
    assertThat(out("memory", "search", "team", "releases"))
        .isEqualTo("no card of memory team fits\n");
  }

  @Test
  void in_json_a_card_has_all_that_is_known_of_it_and_looking_is_not_counted() {
    out("memory", "add", "team", "The gateway is red.", "--id", "gate", "--confidence", "0.25");
    out("memory", "add", "team", "Something else.", "--id", "gate");
    out("memory", "search", "team", "gateway");

    assertThat(array(out("memory", "search", "team", "gateway", "--json")).items())
        .singleElement()
        .satisfies(
            card -> {
              var form = (Json.Object) card;
              assertThat(form.text("id")).hasValue("gate");
              assertThat(form.text("text")).hasValue("The gateway is red.");
              assertThat(form.text("type")).hasValue("fact");
              assertThat(form.get("confidence")).hasValue(Json.of(0.25));
              assertThat(form.number("accesses")).hasValue(0L);
              assertThat(form.get("by")).isEmpty();
            });
    assertThat(array(out("memory", "--json")).items())
        .singleElement()
        .satisfies(memory -> assertThat(((Json.Object) memory).number("cards")).hasValue(1L));
    assertThat(out("memory", "list", "team", "--json")).contains("\"gate\"");
    assertThat(json(out("memory", "forget", "team", "gate", "--json")).number("forgotten"))
        .hasValue(1L);
    assertThat(out("memory")).contains("no memories");
  }

  @Test
  void what_is_wrong_is_said_and_changes_nothing() {
    out("memory", "add", "team", "The gateway is red.", "--id", "gate");

    assertThat(shell.errand("memory", "add", "team", "x", "--type", "rumour").err())
        .contains("'rumour' is no type of a card");
    assertThat(shell.errand("memory", "add", "team", " ").err()).contains("A card needs a text");
    assertThat(shell.errand("memory", "add", "team", "x", "--importance", "2").err())
        .contains("importance is a number from 0 to 1");
    assertThat(shell.errand("memory", "add", "team", "x", "--id", "a b").err())
        .contains("--id: The id of a card has");
    assertThat(shell.errand("memory", "forget", "team", "gate", "gone"))
        .satisfies(
            refused -> {
              assertThat(refused.code()).isEqualTo(2);
              assertThat(refused.err())
                  .contains("memory team has no card gone; nothing was forgotten");
            });
    assertThat(shell.errand("memory", "list", "team", "--limit", "0").code()).isEqualTo(2);
    assertThat(shell.errand("memory", "search", " ", "x").err()).contains("The name of a memory");
    assertThat(out("memory", "list", "team").lines()).hasSize(2);
  }

  @Test
  void without_a_store_there_is_nothing_to_look_at() {
    assertThat(shell.errand("memory").err()).contains("there is no store errand.db");
  }

  @Test
  void an_agent_remembers_by_its_file_and_by_what_is_asked_for() {
    shell
        .file(
            ".claude/agents/clerk.md",
            """
            ---
            name: clerk
            description: Keeps notes.
            tools: Think
            memory: project
            ---
            You keep notes.
            """)
        .file(
            "script.yaml",
            """
            replies:
              - calls:
                  - {tool: Remember, arguments: {text: "The gateway is red."}}
              - Noted.
            """);
    assertThat(shell.errand("ask", "clerk", "Note it.", "--model", "scripted:script.yaml").code())
        .isZero();
    assertThat(
            shell
                .errand(
                    "ask", "clerk", "Again.", "--model", "scripted:script.yaml", "--memory", "team")
                .code())
        .isZero();
    shell.errand(
        "ask", "clerk", "What is the gateway?", "--id", "q", "--model", "scripted:script.yaml");

    assertThat(array(out("memory", "--json")).items())
        .extracting(memory -> ((Json.Object) memory).text("name").orElse(""))
        .containsExactly("clerk", "team");
    assertThat(out("history", "q")).contains("recalled", "fact: The gateway is red.");
    assertThat(out("history", "q", "--request", "0")).contains("<memory>", "The gateway is red.");
  }
}
