package dev.errand.agents;

import static dev.errand.agents.Calling.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Folders of skills as people write them, and the tool that reads them.
class SkillsTest {
  @TempDir Path directory;
  @TempDir Path home;
  private Path usual = Path.of("");

  @BeforeEach
  void folder() {
    usual = directory.resolve(".claude/skills");
  }

  private static Path file(Path path, String text) throws IOException {
    Files.createDirectories(path.getParent());
    return Files.writeString(path, text);
  }

  private Path skill(String name, String text) throws IOException {
    return file(usual.resolve(name).resolve("SKILL.md"), text);
  }

  private Path plain(String name, String body) throws IOException {
    return skill(name, "---\nname: %s\ndescription: Does %s.\n---\n%s".formatted(name, name, body));
  }

  private Skills skills() {
    return Skills.of(SkillFolders.of(directory, home));
  }

  private ToolFunction tool() {
    return skills().tool();
  }

  private Toolbox toolbox() {
    return Toolbox.in(directory).skills(SkillFolders.of(directory, home));
  }

  @Test
  void a_skill_in_the_public_format_is_read_with_all_that_it_says() throws IOException {
    var file =
        skill(
            "pdf-forms",
            """
            ---
            name: pdf-forms
            description: Fills in PDF forms. Use when the user mentions PDFs, forms, or documents.
            license: Apache-2.0
            compatibility: Requires python3 and qpdf
            metadata:
              author: example-org
              version: "1.0"
            allowed-tools: Bash(git:*) Bash(jq:*) Read
            ---

            # Forms

            1. Look at the form.
            """);

    var skill = Skill.read(file);

    assertThat(skill.name()).isEqualTo("pdf-forms");
    assertThat(skill.description()).startsWith("Fills in PDF forms. Use when");
    assertThat(skill.body()).isEqualTo("# Forms\n\n1. Look at the form.");
    assertThat(skill.about().text("license")).hasValue("Apache-2.0");
    assertThat(skill.about().get("metadata"))
        .hasValue(Json.object("author", "example-org").with("version", "1.0"));
    assertThat(skill.warnings()).isEmpty();
    assertThat(Skill.read(usual.resolve("pdf-forms"))).isEqualTo(skill);
  }

  @Test
  void front_matter_is_read_as_people_and_their_editors_write_it() throws IOException {
    skill("folded", "---\nname: folded\ndescription: >\n  Folds\n  two lines.\n---\nF");
    skill("kept", "---\nname: kept\ndescription: |\n  First: this.\n  Then that.\n---\nK");
    skill("quoted", "---\nname: \"quoted\"\ndescription: 'Says: \"so\".'\n---\nQ");
    skill("windows", "\uFEFF---\r\nname: windows\r\ndescription: Has CRLF.\r\n---\r\nW\r\nX\r\n");
    skill("bare", "---\nname: bare\ndescription: Use it so: when told.\nversion: 2\n---\nB");
    file(usual.resolve("small/skill.md"), "---\nname: small\ndescription: In small.\n---\nS");

    assertThat(skills().instructions("You help."))
        .startsWith("You help.\n\nYou have skills: ")
        .endsWith(
            """
            - bare: Use it so: when told.
            - folded: Folds two lines.
            - kept: First: this. Then that.
            - quoted: Says: "so".
            - small: In small.
            - windows: Has CRLF.\
            """);
    assertThat(skills().warnings())
        .containsExactly(
            "Skill bare, line 3: description needs quotes to be YAML; it is read as it is written",
            "Skill bare, line 4: version means nothing here");
    assertThat(Skill.read(usual.resolve("windows")).body()).isEqualTo("W\nX");
  }

  private void assertWrong(String folder, String text, String message) throws IOException {
    var file = skill(folder, text);
    assertThatThrownBy(() -> Skill.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Skill file " + file + " is wrong in line ")
        .hasMessageContaining(message);
  }

  @Test
  void what_breaks_a_rule_of_the_format_is_told_with_file_and_line_and_what_to_do()
      throws IOException {
    assertWrong("none", "# No front matter\n", "line 1: there is no name; write name: between");
    assertWrong("open", "---\nname: open\n", "line 1: it begins with ---, and no second line");
    assertWrong("a", "---\nname: a\n---\n", "line 1: there is no description; write description:");
    assertWrong("a", "---\nname: a\ndescription: ' '\n---\n", "line 3: description is blank");
    assertWrong("a", "---\nname: 12\ndescription: d\n---\n", "line 2: name must be a text");
    assertWrong(
        "a",
        "---\ndescription: d\nname: b\n---\n",
        "line 3: the skill is called b, and its folder a");
    for (var name : new String[] {"Pdf", "a_b", "-a", "a-", "a--b", "a b", "x".repeat(65)}) {
      assertWrong(
          "a",
          "---\nname: \"%s\"\ndescription: d\n---\n".formatted(name),
          "line 2: '" + name + "' is no name for a skill; use at most 64");
    }
    assertWrong(
        "a",
        "---\nname: a\ndescription: %s\n---\n".formatted("d".repeat(1_025)),
        "line 3: description has 1,025 characters, and may have 1,024");
    assertWrong(
        "a", "---\nname: a\ndescription: d\nmetadata: x\n---\n", "line 4: metadata must be keys");
    assertWrong(
        "a",
        "---\nname: a\ndescription: d\ncompatibility: %s\n---\n".formatted("c".repeat(501)),
        "line 4: compatibility must be a text of at most 500");
    skill("a", "---\nname: a\ndescription: %s\n---\n".formatted("d".repeat(1_024)));
    assertThat(Skill.read(usual.resolve("a")).description()).hasSize(1_024);
  }

  @Test
  void a_bad_skill_does_not_take_the_others_away() throws IOException {
    plain("good", "G");
    var bad = skill("bad", "---\nname: Bad\ndescription: d\n---\n");

    assertThat(skills().all()).extracting(Skill::name).containsExactly("good");
    assertThat(skills().warnings()).hasSize(1).first().asString().contains(bad + " is wrong");
    assertThat(skills().only("good").warnings()).isEmpty();
    assertThat(skills().only("bad").warnings()).hasSize(1);
    assertThatThrownBy(() -> call(tool(), "name", "bad")).hasMessageContaining("line 2");
  }

  @Test
  void of_several_of_one_name_the_first_counts() throws Exception {
    plain("same", "From the project.");
    file(
        home.resolve(".claude/skills/same/SKILL.md"),
        "---\nname: same\ndescription: At home.\n---\nFrom home.");
    file(
        home.resolve(".errand/skills/other/SKILL.md"),
        "---\nname: other\ndescription: At home.\n---\nO");

    assertThat(skills().all())
        .extracting(Skill::description)
        .containsExactly("Does same.", "At home.");
    assertThat(call(tool(), "name", "same")).contains("From the project.");
    assertThat(SkillFolders.of(directory, home).list())
        .hasAtLeastOneElementOfType(SkillFolders.Listed.Hidden.class);
    assertThat(SkillFolders.of(home, home).list()).hasSize(2);
  }

  @Test
  void a_folder_that_is_a_skill_itself_will_do() throws Exception {
    plain("one", "Only this.");

    var one = Skills.in(usual.resolve("one"));

    assertThat(one.all()).extracting(Skill::name).containsExactly("one");
    assertThat(call(one.tool(), "name", "one")).contains("Only this.");
  }

  @Test
  void the_tool_loads_the_body_and_lists_the_other_files() throws Exception {
    plain("pdf", "Read references/forms.md first.");
    file(usual.resolve("pdf/references/forms.md"), "\uFEFFLine one\r\nLine two\r\n");
    file(usual.resolve("pdf/scripts/fill.py"), "print(1)\n");

    var loaded = call(tool(), "name", "pdf");

    assertThat(loaded)
        .startsWith(
            "# Skill: pdf\n\nRead references/forms.md first.\n\nOther files in its folder, ")
        .endsWith("- references/forms.md (23 bytes)\n- scripts/fill.py (9 bytes)")
        .doesNotContain("Does pdf.", "SKILL.md");
    assertThat(call(tool(), "name", "pdf", "file", "references/forms.md"))
        .isEqualTo("Line one\nLine two");
    assertThat(tool().policy()).isEqualTo(EffectPolicy.READ_ONLY);
  }

  @Test
  void what_is_not_in_the_folder_is_refused() throws Exception {
    plain("pdf", "P");
    plain("other", "O");
    var secret = file(directory.resolve("secret.txt"), "secret");
    Files.createSymbolicLink(usual.resolve("pdf/link.txt"), secret);
    Files.createSymbolicLink(usual.resolve("pdf/folder"), directory);
    for (var path :
        new String[] {
          "../other/SKILL.md",
          "../../../secret.txt",
          "link.txt",
          "folder/secret.txt",
          "x/../../other/SKILL.md",
          secret.toString()
        }) {
      assertThatThrownBy(() -> call(tool(), "name", "pdf", "file", path))
          .as(path)
          .hasMessage(
              path
                  + " is no file of skill pdf; give one that the skill lists, such as"
                  + " references/more.md");
    }
    assertThat(call(tool(), "name", "pdf")).contains("There are no other files");
    for (var name : new String[] {"../pdf", "pdf/../other", "", "/etc"}) {
      assertThatThrownBy(() -> call(tool(), "name", name)).hasMessageContaining("no skill");
    }
    assertThatThrownBy(() -> call(tool(), "name", "pdf", "file", "references"))
        .hasMessageContaining("There is no ");
    Files.write(usual.resolve("pdf/logo.png"), new byte[] {1, 0, 2});
    assertThatThrownBy(() -> call(tool(), "name", "pdf", "file", "logo.png"))
        .hasMessageContaining("binary file");
  }

  @Test
  void a_folder_that_is_a_link_is_a_skill_like_any_other() throws Exception {
    var real =
        file(
            directory.resolve("kept/linked/SKILL.md"),
            "---\nname: linked\ndescription: L\n---\nThere.");
    file(directory.resolve("kept/linked/more.md"), "More.");
    Files.createDirectories(usual);
    Files.createSymbolicLink(usual.resolve("linked"), real.getParent());

    assertThat(call(tool(), "name", "linked")).contains("There.", "more.md");
    assertThat(call(tool(), "name", "linked", "file", "more.md")).isEqualTo("More.");
  }

  @Test
  void a_link_of_another_name_does_not_hide_the_skill_that_it_leads_to() throws Exception {
    var real = plain("invoices", "Add them up.").getParent();
    Files.createSymbolicLink(usual.resolve("current"), real);

    assertThat(skills().all()).extracting(Skill::name).containsExactly("invoices");
    assertThat(skills().warnings()).isEmpty();
    assertThat(SkillFolders.of(directory, home).list()).hasSize(1);

    Files.createSymbolicLink(usual.resolve("zz"), real);
    assertThat(skills().warnings()).isEmpty();
  }

  @Test
  void a_skill_is_loaded_from_the_folder_where_it_was_found_and_from_no_other() throws Exception {
    file(
        home.resolve(".claude/skills/pay/SKILL.md"),
        "---\nname: pay\ndescription: Pays.\n---\nTo the known account.");
    var tool = tool();
    plain("pay", "To mine.");

    assertThat(call(tool, "name", "pay")).contains("To the known account.");
    Files.delete(home.resolve(".claude/skills/pay/SKILL.md"));
    assertThatThrownBy(() -> call(tool, "name", "pay"))
        .hasMessageStartingWith("Skill pay is gone: it is not in ");
  }

  @Test
  void a_file_that_is_no_regular_one_or_has_no_end_is_refused_and_not_read() throws Exception {
    for (var device : new String[] {"/dev/zero", "/dev/null"}) {
      var folder = Files.createDirectories(usual.resolve("endless"));
      Files.deleteIfExists(folder.resolve("SKILL.md"));
      var link = Files.createSymbolicLink(folder.resolve("SKILL.md"), Path.of(device));
      assertThatThrownBy(() -> Skill.read(link))
          .hasMessage(
              "Skill file "
                  + link
                  + " cannot be read: it is no regular file, but a folder, device or pipe");
    }
    var pipe = directory.resolve("pipe.md");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertThatThrownBy(() -> AgentFile.read(pipe)).hasMessageContaining("it is no regular file");

    var large = file(directory.resolve("large.md"), "x".repeat(1_000_001));
    assertThatThrownBy(() -> AgentFile.read(large)).hasMessageContaining("more than 1,000,000");
    Files.write(large, new byte[] {'a', (byte) 0xC3, 'b'});
    assertThatThrownBy(() -> AgentFile.read(large)).hasMessageContaining("is not UTF-8 text");
  }

  @Test
  void of_very_many_files_the_first_are_listed_and_the_others_are_counted_as_far_as_one_looks()
      throws Exception {
    plain("big", "B");
    for (int n = 10_050; n > 0; n--) {
      file(usual.resolve("big/a%05d.txt".formatted(n)), "a");
    }

    assertThat(call(tool(), "name", "big"))
        .endsWith("[9,900 more files left out, and what comes after the first 10,000.]");
    for (int n = 10_050; n > 150; n--) {
      Files.delete(usual.resolve("big/a%05d.txt".formatted(n)));
    }
    assertThat(call(tool(), "name", "big"))
        .contains("\n- a00001.txt (1 bytes)\n", "\n- a00100.txt (1 bytes)\n")
        .doesNotContain("a00101")
        .endsWith("[50 more files left out.]");
  }

  /// All of a text, by as many calls as it takes.
  private String all(String... arguments) throws Exception {
    var text = new StringBuilder();
    int offset = 1;
    while (true) {
      var given = new Object[arguments.length + 2];
      System.arraycopy(arguments, 0, given, 0, arguments.length);
      given[arguments.length] = "offset";
      given[arguments.length + 1] = offset;
      var part = call(tool(), given);
      assertThat(part.length()).isLessThanOrEqualTo(20_000);
      int more = part.lastIndexOf("[Lines ");
      if (more < 0) {
        return text.append(part).toString();
      }
      text.append(part, 0, more);
      var advice = part.substring(more);
      offset = Integer.parseInt(advice.replaceAll("(?s).*offset=(\\d+).*", "$1"));
    }
  }

  @Test
  void what_is_long_comes_in_parts_and_nothing_is_lost() throws Exception {
    var numbered =
        IntStream.range(0, 5_000).mapToObj(n -> "line " + n).collect(Collectors.joining("\n"));
    plain("long", numbered);
    file(usual.resolve("long/notes.txt"), numbered);
    file(usual.resolve("long/one-line.txt"), "x".repeat(100_000));
    for (int n = 0; n < 300; n++) {
      file(usual.resolve("long/assets/a%03d.txt".formatted(n)), "a");
    }

    assertThat(all("name", "long", "file", "notes.txt")).isEqualTo(numbered);
    assertThat(all("name", "long")).contains("line 0\n", "line 2500\n", "line 4999");
    assertThat(call(tool(), "name", "long"))
        .hasSizeLessThan(20_000)
        .contains("call Skill with name=long and offset=")
        .contains("more files left out");
    assertThat(call(tool(), "name", "long", "file", "one-line.txt"))
        .hasSizeLessThan(11_000)
        .endsWith("… [90,000 more characters]");
    assertThat(call(tool(), "name", "long", "file", "notes.txt", "offset", 9_999))
        .isEqualTo("[It has only 5,000 lines.]");
  }

  @Test
  void a_skill_that_changed_is_read_as_it_is_now_and_one_that_is_gone_is_told_so()
      throws Exception {
    var file = plain("a", "First.");
    plain("b", "B");
    var tool = tool();
    plain("a", "Second.");

    assertThat(call(tool, "name", "a")).contains("Second.");
    Files.delete(file);
    assertThatThrownBy(() -> call(tool, "name", "a"))
        .hasMessageStartingWith("Skill a is gone: it is not in ")
        .hasMessageEndingWith("any more. Go on without it.");
    assertThatThrownBy(() -> call(tool, "name", "c"))
        .hasMessage("There is no skill c here; there are a, b");
  }

  @Test
  void an_agent_file_names_the_skills_of_its_agent() throws Exception {
    plain("a", "A");
    plain("b", "B");
    var file =
        AgentFile.read(
            file(directory.resolve("x.md"), "---\nskills: [b, gone]\ntools: Read\n---\nPrompt."));
    var models = ModelNames.standard("scripted:x.yaml");

    var agent = file.agent(toolbox(), models);

    assertThat(agent.tools()).extracting(ToolFunction::name).containsExactly("Read", "Skill");
    assertThat(agent.spec().instructions())
        .startsWith("Prompt.\n\nYou have skills")
        .contains("- b: Does b.")
        .doesNotContain("- a:");
    assertThat(file.warnings(toolbox(), models))
        .hasSize(1)
        .first()
        .asString()
        .startsWith("Skill gone is not in ")
        .endsWith("the agent has to do without it");
    assertThatThrownBy(() -> call(agent.tools().getLast(), "name", "a"))
        .hasMessageContaining("no skill a here; there are b");
  }

  @Test
  void an_agent_has_all_skills_if_it_asks_for_all_and_none_if_it_does_not_ask() throws Exception {
    plain("a", "A");
    plain("b", "B");

    assertThat(instructions("tools: Read, Skill")).contains("- a:", "- b:");
    assertThat(instructions("skills: \"*\"")).contains("- a:", "- b:");
    assertThat(instructions("skills: *")).contains("- a:", "- b:");
    assertThat(instructions("tools: Read")).doesNotContain("skills");
    assertThat(instructions("model: inherit")).doesNotContain("skills");
    assertThat(instructions("skills: []\ntools: Read, Skill")).doesNotContain("- a:", "Skill");
    assertThat(instructions("skills: a\ndisallowedTools: Skill")).doesNotContain("- a:");
    assertThatThrownBy(() -> instructions("skills: ../a"))
        .hasMessageContaining("no name of a skill");
  }

  private String instructions(String keys) throws IOException {
    var file = AgentFile.read(file(directory.resolve("x.md"), "---\n" + keys + "\n---\nPrompt."));
    var agent = file.agent(toolbox(), ModelNames.standard("scripted:x.yaml"));
    boolean hasTool = agent.tools().stream().anyMatch(tool -> tool.name().equals("Skill"));
    assertThat(agent.spec().instructions().contains("You have skills")).isEqualTo(hasTool);
    return agent.spec().instructions();
  }

  @Test
  void a_process_that_gives_no_skills_says_so() throws Exception {
    plain("a", "A");
    var file = AgentFile.read(file(directory.resolve("x.md"), "---\nskills: a\n---\nPrompt."));
    var models = ModelNames.standard("scripted:x.yaml");

    assertThat(file.warnings(Toolbox.in(directory), models))
        .containsExactly(
            "Tool Skill must be asked for by whoever starts this process: Toolbox.skills(folders)");
    assertThat(file.warnings(toolbox().only("Read"), models))
        .containsExactly("Tool Skill is not among those that this process allows: Read");
    assertThat(file.agent(toolbox().only("Read"), models).spec().instructions())
        .doesNotContain("skills");
  }
}
