package dev.errand.verification.calls;

import static dev.errand.verification.calls.Talk.call;
import static dev.errand.verification.calls.Talk.calls;
import static dev.errand.verification.calls.Talk.entries;
import static dev.errand.verification.calls.Talk.isSubTask;
import static dev.errand.verification.calls.Talk.says;
import static dev.errand.verification.calls.Talk.subTask;
import static dev.errand.verification.calls.Talk.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.agent.Agent;
import dev.errand.agent.ToolFunction;
import dev.errand.agents.AgentFile;
import dev.errand.agents.ModelNames;
import dev.errand.agents.SkillFolders;
import dev.errand.agents.Skills;
import dev.errand.agents.Toolbox;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.ToolCall;
import dev.errand.models.ScriptedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Agents with skills, in conversations.
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SkillCallsTest {
  @TempDir Path folder;
  @AutoClose private final Talk talk = new Talk();

  @BeforeEach
  void write_skills() throws IOException {
    var windows =
        """
        ---
        name: invoices
        description: >
          Checks invoices.
          Use for any bill.
        ---
        Read references/rates.md. The secret word is *tulip*.
        """
            .replace("\n", "\r\n");
    write("invoices", windows);
    write("letters", "---\nname: letters\ndescription: \"Writes: letters\"\n---\nBe brief.\n");
    var rates = folder.resolve("invoices/references/rates.md");
    Files.createDirectories(rates.getParent());
    Files.writeString(rates, "VAT is 23%.\n");
  }

  private void write(String name, String text) throws IOException {
    Files.createDirectories(folder.resolve(name));
    Files.writeString(folder.resolve(name).resolve("SKILL.md"), text);
  }

  private Skills skills() {
    return Skills.in(folder);
  }

  private Agent.Builder clerk(ScriptedModel model) {
    return talk.agent("clerk", model::reply)
        .instructions(skills().instructions("You are a clerk."))
        .tools(skills().tool());
  }

  private static ToolCall load(String name) {
    return call("Skill", Json.object("name", name));
  }

  private static ToolCall load(String name, String file) {
    return call("Skill", Json.object("name", name).with("file", file));
  }

  @Test
  void a_model_sees_what_skills_are_for_and_reads_one_when_it_asks() {
    var model =
        ScriptedModel.of(
            calls(load("invoices")),
            calls(load("invoices", "references/rates.md")),
            says("It has 23% VAT."));

    assertThat(talk.answer(clerk(model), "Check this bill.")).isEqualTo("It has 23% VAT.");

    var asked = talk.asked();
    assertThat(asked.getFirst().system())
        .startsWith("You are a clerk.\n\nYou have skills: ")
        .contains("- invoices: Checks invoices. Use for any bill.\n- letters: Writes: letters")
        .doesNotContain("tulip", "Be brief", "VAT");
    assertThat(texts(asked.get(1)))
        .singleElement()
        .asString()
        .startsWith("# Skill: invoices\n\nRead references/rates.md. The secret word is *tulip*.")
        .contains("- references/rates.md (12 bytes)");
    assertThat(texts(asked.get(2))).containsExactly("VAT is 23%.");
  }

  @Test
  void what_cannot_be_loaded_is_told_and_the_conversation_goes_on() {
    var model =
        ScriptedModel.of(
            calls(load("taxes"), load("invoices", "../letters/SKILL.md"), load("letters")),
            says("Well."));
    var job = talk.submit(clerk(model), "Try.");

    assertThat(talk.answer(job)).isEqualTo("Well.");
    assertThat(texts(talk.asked().get(1)))
        .satisfiesExactly(
            one -> assertThat(one).contains("There is no skill taxes here; there are invoices"),
            two -> assertThat(two).contains("../letters/SKILL.md is no file of skill invoices"),
            three -> assertThat(three).contains("Be brief."));
  }

  @Test
  void p21_a_subtask_has_the_same_skills_by_the_same_words() {
    var agent =
        talk.agent(
                "clerk",
                request -> {
                  if (!isSubTask(request)) {
                    return Talk.nth(request, calls(subTask("a", "find a")), says("Good."));
                  }
                  return Talk.nth(request, calls(load("invoices")), says("found"));
                })
            .instructions(skills().instructions("You are a clerk."))
            .tools(skills().tool(), ToolFunction.SUB_TASK);

    assertThat(talk.answer(agent, "Delegate.")).isEqualTo("Good.");

    var below = talk.asked("# SubTask");
    assertThat(below)
        .hasSize(2)
        .allSatisfy(
            request -> assertThat(request.system()).isEqualTo(talk.asked().getFirst().system()));
    assertThat(below.getFirst().system()).contains("- invoices: Checks invoices.");
    assertThat(texts(below.getLast())).first().asString().contains("tulip");
  }

  @Test
  void a_skill_that_changed_while_its_job_slept_is_read_as_it_is_and_one_that_is_gone_is_told_so()
      throws Exception {
    var model =
        ScriptedModel.of(
            calls(load("letters")),
            says("First."),
            calls(load("letters")),
            says("Second."),
            calls(load("letters")),
            says("Third."));
    var job = talk.submit(clerk(model), "Go.");
    assertThat(talk.answer(job)).isEqualTo("First.");

    write("letters", "---\nname: letters\ndescription: Other words.\n---\nBe long.\n");
    job.say("Again.");
    assertThat(talk.answer(job)).isEqualTo("Second.");
    assertThat(texts(talk.asked().get(3))).first().asString().contains("Be long.");
    assertThat(talk.asked().get(3).system()).contains("Writes: letters");

    Files.delete(folder.resolve("letters/SKILL.md"));
    job.say("Again.");
    assertThat(talk.answer(job)).isEqualTo("Third.");
    assertThat(texts(talk.asked().getLast()))
        .first()
        .asString()
        .contains(
            "Skill letters is gone: it is not in "
                + folder.resolve("letters")
                + " any more. Go on without it.");
    assertThat(entries(job, Entry.Kind.TOOL)).hasSize(3);
  }

  @Test
  void an_agent_file_with_skills_is_told_of_those_it_names() throws Exception {
    var script = folder.resolve("script.yaml");
    Files.writeString(
        script,
        """
        replies:
          - calls:
              - {tool: Skill, arguments: {name: letters}}
              - {tool: Skill, arguments: {name: invoices}}
          - Done.
        """);
    var file = folder.resolve("writer.md");
    Files.writeString(file, "---\nskills: letters\ntools: Think\n---\nYou write.\n");
    var toolbox = Toolbox.withoutDirectory().skills(new SkillFolders(List.of(folder)));
    var agent = AgentFile.read(file).agent(toolbox, ModelNames.standard("scripted:" + script));

    var job = talk.errand().submit(agent, spec -> spec.message("Write."));

    assertThat(talk.answer(job)).isEqualTo("Done.");
    assertThat(job.request(0).system()).contains("- letters:").doesNotContain("invoices");
    assertThat(texts(job.request(1)))
        .satisfiesExactly(
            one -> assertThat(one).contains("Be brief."),
            two -> assertThat(two).contains("There is no skill invoices here; there are letters"));
  }
}
