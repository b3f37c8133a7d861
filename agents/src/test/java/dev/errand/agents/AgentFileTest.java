package dev.errand.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.Agent;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Budget;
import dev.errand.job.ChatStyle;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import dev.errand.job.Permissions;
import dev.errand.job.Rule;
import dev.errand.job.Verdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentFileTest {
  private static final ModelNames MODELS = ModelNames.standard("scripted:a.yaml");

  @TempDir Path folder;

  private AgentFile file(String text) throws IOException {
    return AgentFile.read(Files.writeString(folder.resolve("my-agent.md"), text));
  }

  private AgentFile keys(String... lines) throws IOException {
    return file("---\n" + String.join("\n", lines) + "\n---\nPrompt.\n");
  }

  private List<String> tools(AgentFile file) {
    return tools(file, Toolbox.in(folder));
  }

  private static List<String> tools(AgentFile file, Toolbox toolbox) {
    return file.agent(toolbox, MODELS).tools().stream().map(ToolFunction::name).toList();
  }

  private List<String> warnings(AgentFile file) {
    return file.warnings(Toolbox.in(folder), MODELS);
  }

  @Test
  void a_file_with_the_usual_keys_is_an_agent() throws IOException {
    var file =
        file(
            """
            ---
            name: test-runner
            description: Runs the tests after a change and explains what failed.
            tools: Read, Grep, Glob
            model: sonnet
            color: yellow
            ---

            You run tests. When one fails:

            1. Read it.
            2. Say **why** it failed.
            """);

    assertThat(file.name()).isEqualTo("test-runner");
    assertThat(file.description()).startsWith("Runs the tests");
    assertThat(file.prompt()).startsWith("You run tests.").endsWith("Say **why** it failed.");
    assertThat(tools(file)).containsExactly("Read", "Grep", "Glob");
    assertThat(file.warnings()).containsExactly("line 6: color means nothing to Errand");
    var spec = file.agent(Toolbox.in(folder), MODELS.alias("sonnet", "anthropic:big")).spec();
    assertThat(spec.name()).isEqualTo("test-runner");
    assertThat(spec.instructions()).isEqualTo(file.prompt());
    assertThat(spec.model()).isEqualTo("anthropic:big");
    assertThat(spec.conduct().style()).isEqualTo(ChatStyle.DIRECT);
    assertThat(spec.conduct().offers()).hasSize(3);
  }

  /// As tools that write such files leave them: one long line, colons, tags and `\n` in it.
  @Test
  void a_description_that_would_need_quotes_is_read_as_it_is_written() throws IOException {
    var file =
        file(
            """
            ---
            name: release-notes
            description: Use this agent when a release is due. Examples: <example>Context: A tag was pushed. user: "Write the notes" assistant: "I will use release-notes" </example>\\n\\nAlso: never before a tag.
            tools: Bash(git log:*), Bash(git show:*), Read, mcp__github__get_release
            model: inherit
            permissionMode: plan
            ---
            You write release notes.
            """);

    assertThat(file.description())
        .contains("Context: A tag was pushed. user: \"Write the notes\"")
        .endsWith("Also: never before a tag.");
    assertThat(tools(file)).containsExactly("Read");
    assertThat(warnings(file))
        .anyMatch(warning -> warning.startsWith("line 3: description needs quotes"))
        .anyMatch(warning -> warning.startsWith("line 6: permissionMode is not heeded"))
        .anyMatch(warning -> warning.contains("Tool Bash must be asked for"))
        .anyMatch(warning -> warning.contains("mcp__github__get_release is not here"))
        .hasSize(4);
  }

  @Test
  void a_file_of_a_large_project_loads() throws IOException {
    var file =
        file(
            """
            ---
            name: migration-planner
            description: |
              Plans database migrations.
              Use it before any change of the schema.
            tools:
              - Read
              - Task
              - MultiEdit
              - LS
              - TodoWrite
              - WebSearch
              - Bash
            disallowedTools: Write
            skills: [sql]
            hooks:
              PreToolUse:
                - matcher: Bash
                  hooks:
                    - type: command
                      command: ./check.sh
            maxTurns: 30
            ---
            Plan first.

            ---

            Then write.
            """);

    assertThat(file.description())
        .isEqualTo("Plans database migrations.\nUse it before any change of the schema.");
    assertThat(file.prompt()).isEqualTo("Plan first.\n\n---\n\nThen write.");
    assertThat(file.settings().limits().turns()).isEqualTo(30);
    assertThat(tools(file)).containsExactly("Read", "SubTask", "Edit", "Glob");
    assertThat(tools(file, Toolbox.in(folder).bash())).endsWith("Bash");
    assertThat(warnings(file))
        .contains(
            "Tool Task is not here; SubTask is given in its place",
            "Tool TodoWrite is not here; the agent has to do without it")
        .anyMatch(warning -> warning.contains("Toolbox.bash()"))
        .anyMatch(warning -> warning.startsWith("line 16: hooks is not heeded"));
  }

  @Test
  void a_file_without_front_matter_is_all_prompt() throws IOException {
    var file = file("\n# Helper\n\nYou help.\n\n---\nname: not-this\n");

    assertThat(file.name()).isEqualTo("my-agent");
    assertThat(file.description()).isEmpty();
    assertThat(file.prompt()).isEqualTo("# Helper\n\nYou help.\n\n---\nname: not-this");
    assertThat(file.settings()).isEqualTo(AgentSettings.NONE);
  }

  @Test
  void ends_of_lines_a_byte_order_mark_and_white_space_do_not_matter() throws IOException {
    var file = file("\uFEFF---  \r\nname: windows\r\ntools: Read\r\n--- \r\nOne.\r\nTwo.\r\n");

    assertThat(file.name()).isEqualTo("windows");
    assertThat(file.prompt()).isEqualTo("One.\nTwo.");
    assertThat(tools(file)).containsExactly("Read");
  }

  @Test
  void front_matter_may_be_empty() throws IOException {
    assertThat(file("---\n---\nPrompt.").prompt()).isEqualTo("Prompt.");
    assertThat(file("---\n# nothing\n---\nPrompt.").name()).isEqualTo("my-agent");
  }

  @Test
  void keys_of_errands_own_say_how_the_agent_works() throws IOException {
    var file =
        keys(
            "style: md-dialog",
            "max_turns: 12",
            "max_concurrent_tools: 3",
            "max_tokens: 500000",
            "budget_usd: 2.50",
            "timeout: 90m",
            "restricted: false",
            "imports: [numpy, 'pandas.*']",
            "compact_at: 40000",
            "warmup: |",
            "  limit = 10");
    var spec = file.agent(Toolbox.in(folder), MODELS).spec();

    assertThat(spec.conduct().style()).isEqualTo(ChatStyle.MD_DIALOG);
    assertThat(spec.conduct().concurrentTools()).isEqualTo(3);
    assertThat(spec.conduct().compactAt()).isEqualTo(40_000);
    assertThat(spec.conduct().warmup()).hasSize(1);
    assertThat(spec.limits())
        .isEqualTo(
            Limits.DEFAULT
                .withTurns(12)
                .withSpending(new Budget(500_000, 2_500_000))
                .withJobTime(Duration.ofMinutes(90)));
    assertThat(spec.sandbox().restricted()).isFalse();
    assertThat(spec.sandbox().imports()).containsExactly("numpy", "pandas.*");
    assertThat(file.warnings()).isEmpty();
  }

  @Test
  void an_agent_that_names_no_tools_has_the_standard_ones() throws IOException {
    assertThat(tools(keys("name: a")))
        .containsExactly("Read", "Grep", "Glob", "Write", "Edit", "Think", "python_cli");
    assertThat(tools(keys("tools: '*'")))
        .contains("Edit", "python_cli")
        .doesNotContain("SubTask", "Bash");
    assertThat(tools(keys("tools: *"))).contains("Edit");
    assertThat(tools(keys("style: MARKDOWN"))).doesNotContain("python_cli");
    assertThat(tools(keys("name: a"), Toolbox.withoutDirectory()))
        .containsExactly("Think", "python_cli");
    assertThat(tools(keys("tools: []"))).isEmpty();
    assertThat(tools(keys("tools:"))).isEmpty();
    assertThat(tools(keys("disallowedTools: Write, Edit(src/**)")))
        .containsExactly("Read", "Grep", "Glob", "Edit", "Think", "python_cli");
  }

  @Test
  void a_tool_with_patterns_is_held_to_them_and_rules_are_read_as_settings_have_them()
      throws IOException {
    var box = Toolbox.in(folder).bash();
    var agent =
        keys("""
        tools: Bash(git diff:*), Bash(git log:*), Read, Write, Glob, Grep(src/*)
        disallowedTools: Write(.github/**)
        permissions:
          allow: [Read]
          ask: Write, Read(secrets/**)
          deny: ["Glob(/**)", "LS(../**)", Task]
          otherwise: ask
          answer_within: 7d
        """)
            .agent(box, MODELS, List.of(Permissions.ALL.deny("Read(secrets/keys)")));

    assertThat(agent.tools())
        .extracting(ToolFunction::name)
        .containsExactly("Bash", "Read", "Write", "Glob", "Grep");
    assertThat(judged(agent, "Bash", "command", "git diff x && git log")).isEqualTo(Verdict.ASK);
    assertThat(judged(agent, "Bash", "command", "git push")).isEqualTo(Verdict.DENY);
    assertThat(judged(agent, "Bash", "command", "git diff > x")).isEqualTo(Verdict.DENY);
    assertThat(judged(agent, "Read", "path", "a")).isEqualTo(Verdict.ALLOW);
    assertThat(judged(agent, "Read", "path", "a/../secrets/x")).isEqualTo(Verdict.ASK);
    assertThat(judged(agent, "Read", "path", folder + "/secrets/keys")).isEqualTo(Verdict.DENY);
    assertThat(judged(agent, "Write", "path", "./.github/a")).isEqualTo(Verdict.DENY);
    assertThat(judged(agent, "Write", "path", "a")).isEqualTo(Verdict.ASK);
    assertThat(judged(agent, "Grep", "path", "src/a")).isEqualTo(Verdict.ASK);
    assertThat(judged(agent, "Grep", "path", "src/a/b")).isEqualTo(Verdict.DENY);
    assertThat(judged(agent, "Glob", "path", "../..")).isEqualTo(Verdict.DENY);
    assertThat(agent.spec().permissions().getFirst().deny())
        .extracting(Rule::toString)
        .containsExactly("Glob(/**)", "Glob(../**)", "SubTask");
    var own = agent.spec().permissions().getFirst();
    assertThat(own.answerWithin()).isEqualTo(Duration.ofDays(7));
  }

  @Test
  void a_rule_for_a_tool_of_ones_own_is_about_that_whatever_others_call_so() throws IOException {
    var own = ToolFunction.of("Agent", "Hires an agent.", List.of("name"), call -> "hired");
    var agent =
        keys("tools: Agent, SubTask", "disallowedTools: Agent(bond)", "permissions: {ask: Agent}")
            .agent(Toolbox.in(folder).with(own), MODELS);

    assertThat(judged(agent, "Agent", "name", "smith")).isEqualTo(Verdict.ASK);
    assertThat(judged(agent, "Agent", "name", "bond")).isEqualTo(Verdict.DENY);
    assertThat(judged(agent, "SubTask", "title", "bond")).isEqualTo(Verdict.ALLOW);
  }

  private static Verdict judged(Agent agent, String tool, String argument, String value) {
    var called =
        agent.tools().stream().filter(one -> one.name().equals(tool)).findFirst().orElseThrow();
    var subjects = called.subjects().of(called.parameters(), Json.object(argument, value));
    return Permissions.judge(agent.spec().permissions(), called.names(), subjects).verdict();
  }

  @Test
  void the_domain_of_an_address_is_what_rules_look_at() {
    var fetch = Toolbox.withoutDirectory().web("*.example.com").tool("WebFetch");
    assertThat(
            fetch
                .subjects()
                .of(fetch.parameters(), Json.object("url", "https://Docs.example.com:8443/a?b")))
        .containsExactly(Rule.Subject.text("domain:docs.example.com"));
    assertThat(fetch.subjects().of(fetch.parameters(), Json.object("url", "::"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "permissions: yes",
        "permissions: {alow: Read}",
        "permissions: {allow: 'Read('}",
        "permissions: {otherwise: never}",
        "permissions: {answer_within: soon}"
      })
  void rules_that_are_none_are_refused_with_the_line(String line) {
    assertThatThrownBy(() -> keys(line)).hasMessageContaining("is wrong in line 2");
  }

  @Test
  void a_tool_that_is_named_with_and_without_a_pattern_is_given() throws IOException {
    assertThat(tools(keys("tools: Bash(git:*), Bash, Read, Read"), Toolbox.in(folder).bash()))
        .containsExactly("Bash", "Read");
  }

  @Test
  void what_the_process_does_not_allow_is_left_out_with_a_warning() throws IOException {
    var box = Toolbox.in(folder).only("Read");
    var file = keys("tools: Read, Write");

    assertThat(tools(file, box)).containsExactly("Read");
    assertThat(file.warnings(box, MODELS))
        .anyMatch(warning -> warning.contains("Write is not among"));
  }

  @Test
  void a_tool_that_nobody_knows_or_that_lacks_a_directory_is_an_error_that_names_the_file()
      throws IOException {
    var typo = keys("name: a", "tools: Raed");
    var reader = keys("name: a", "tools: Read");

    assertThatThrownBy(() -> tools(typo))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("my-agent.md")
        .hasMessageContaining("no tool Raed; known are Read,");
    assertThatThrownBy(() -> tools(reader, Toolbox.withoutDirectory()))
        .hasMessageContaining("Tool Read needs a working directory");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          name: 12                     | name must be a text
          name: [a]                    | name must be a text
          tools: 7                     | tools must be names
          tools: {Read: true}          | tools must be names
          tools: [1, 2]                | tools must be names
          style: LOUD                  | style must be CONSOLE, MARKDOWN, MD_DIALOG or DIRECT, and not "LOUD"
          max_turns: ten               | max_turns must be a whole number from 1 on, and not "ten"
          max_turns: 0                 | max_turns must be
          max_turns: 2.5               | max_turns must be
          max_tokens: -1               | max_tokens must be
          max_concurrent_tools: 10000  | max_concurrent_tools must be
          budget_usd: much             | budget_usd must be a sum of US dollars
          budget_usd: -1               | budget_usd must be
          timeout: 30                  | timeout must be a time such as
          timeout: 0s                  | timeout must be a time such as
          timeout: soon                | timeout must be a time such as
          restricted: perhaps          | restricted must be true or false
          model: [a, b]                | model must be a text
          warmup: 1                    | warmup must be a text
          description: "open           | not YAML
          tools: [Read                 | not YAML
          """)
  void what_makes_no_sense_is_an_error_with_file_and_line(String line, String error) {
    assertThatThrownBy(() -> keys("color: red", "# a comment", line).name())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("my-agent.md is wrong in line ")
        .hasMessageContaining(error);
    if (!error.equals("not YAML")) {
      assertThatThrownBy(() -> keys("color: red", "# a comment", line))
          .hasMessageContaining("in line 4:");
    }
  }

  @Test
  void other_mistakes_are_told_too() throws IOException {
    assertThatThrownBy(() -> file("---\nname: a\n"))
        .hasMessageContaining("line 1")
        .hasMessageContaining("no second line ---");
    assertThatThrownBy(() -> keys("- Read"))
        .hasMessageContaining("line 2")
        .hasMessageContaining("key: value");
    assertThatThrownBy(() -> keys("name: a", "name: b"))
        .hasMessageContaining("line 3")
        .hasMessageContaining("name twice");
    assertThatThrownBy(() -> AgentFile.read(folder.resolve("none.md")))
        .hasMessageContaining("There is no agent file");
    assertThatThrownBy(() -> AgentFile.read(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cannot be read");
    var binary =
        Files.write(folder.resolve("b.md"), "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> AgentFile.read(binary)).hasMessageContaining("is not UTF-8");
  }

  @Test
  void a_model_is_what_this_process_makes_of_it() {
    var models =
        new ModelNames("openai:standard", java.util.Map.of("haiku", "anthropic:small"), "openai");

    assertThat(models.resolve(null)).isEqualTo("openai:standard");
    assertThat(models.resolve("inherit")).isEqualTo("openai:standard");
    assertThat(models.resolve("haiku")).isEqualTo("anthropic:small");
    assertThat(models.resolve("opus")).isEqualTo("openai:standard");
    assertThat(models.resolve("scripted:a.yaml")).isEqualTo("scripted:a.yaml");
    assertThat(models.resolve("gpt-5")).isEqualTo("openai:gpt-5");
  }

  @Test
  void a_model_without_meaning_is_an_error_with_advice() {
    assertThatThrownBy(() -> ModelNames.NONE.resolve("gpt-5"))
        .hasMessage("Model 'gpt-5' names no provider; write provider:gpt-5");
    assertThatThrownBy(() -> ModelNames.NONE.resolve("opus"))
        .hasMessageContaining("'opus' means nothing here");
    assertThatThrownBy(() -> ModelNames.NONE.resolve(null)).hasMessageContaining("names no model");
  }

  @Test
  void a_kind_of_model_that_is_replaced_is_told() throws IOException {
    assertThat(warnings(keys("model: opus")))
        .containsExactly(
            "Model opus has no meaning here; the standard one is taken, scripted:a.yaml");
    assertThat(warnings(keys("model: inherit"))).isEmpty();
  }

  @Test
  void a_memory_is_named_or_is_the_one_of_the_agent_and_brings_the_tool_that_writes_it()
      throws IOException {
    var named = keys("tools: Read", "memory: team notes");
    assertThat(memory(named)).hasValue("team notes");
    assertThat(tools(named)).containsExactly("Read", "Remember");
    assertThat(warnings(named)).isEmpty();
    assertThat(memory(keys("memory: project"))).hasValue("my-agent");
    assertThat(memory(keys("memory: local"))).hasValue("my-agent");
    assertThat(memory(keys("tools: Read"))).isEmpty();
    assertThat(tools(keys("memory: team", "disallowedTools: Remember")))
        .contains("Read")
        .doesNotContain("Remember");
  }

  @Test
  void a_memory_of_a_user_is_said_to_be_that_of_the_store() throws IOException {
    var file = keys("memory: user");
    assertThat(memory(file)).hasValue("my-agent");
    assertThat(warnings(file))
        .singleElement()
        .asString()
        .contains("is kept in the store of the job, as memory my-agent");
    assertThat(memory(file.memory("other"))).hasValue("other");
  }

  @Test
  void a_memory_that_is_no_name_is_refused_with_its_line() {
    assertThatThrownBy(() -> keys("tools: Read", "memory: true"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("line 3");
  }

  @Test
  void the_tool_that_writes_is_of_no_use_without_a_memory_and_that_is_said() throws IOException {
    assertThat(warnings(keys("tools: Remember")))
        .singleElement()
        .asString()
        .contains("Remember has nothing to write to");
  }

  private java.util.Optional<String> memory(AgentFile file) {
    return file.agent(Toolbox.in(folder), MODELS).spec().memory().map(use -> use.memory());
  }
}
