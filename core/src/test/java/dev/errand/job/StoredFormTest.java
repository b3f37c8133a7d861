package dev.errand.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoredFormTest {
  private static final String BEFORE_LIMITS_OF_PROCESSES =
      """
      {"agent": {"name": "main", "instructions": "", "model": null, "tools": [], "runtime": "cpython",
       "restricted": true, "limits": {"blockMillis": 5000, "turns": 7, "depth": 2}},
       "warmup": [], "parameters": {}, "locale": null}
      """;

  private static Limits limits(Json form) {
    return StoredForm.definition((Json.Object) form).agent().limits();
  }

  @Test
  void limits_that_an_earlier_release_did_not_know_are_the_default() {
    assertThat(limits(Json.parse(BEFORE_LIMITS_OF_PROCESSES)))
        .isEqualTo(Limits.DEFAULT.withBlockTime(Duration.ofSeconds(5)).withTurns(7).withDepth(2));
  }

  @Test
  void an_agent_that_an_earlier_release_stored_has_no_further_imports() {
    var form = (Json.Object) Json.parse(BEFORE_LIMITS_OF_PROCESSES);
    assertThat(StoredForm.definition(form).agent().imports()).isEmpty();
  }

  @Test
  void an_agent_without_further_imports_is_stored_as_before() {
    var form = (Json.Object) Json.parse(BEFORE_LIMITS_OF_PROCESSES);
    assertThat(StoredForm.write(StoredForm.definition(form)).print()).doesNotContain("imports");
  }

  @Test
  void an_agent_without_code_of_its_own_is_stored_as_before() {
    var form = (Json.Object) Json.parse(BEFORE_LIMITS_OF_PROCESSES);
    var before = StoredForm.definition(form);
    assertThat(before.agent().conduct()).isEqualTo(Conduct.PLAIN);
    assertThat(StoredForm.write(before).print()).doesNotContain("conduct");
  }

  @Test
  void limits_sandbox_and_conduct_are_read_as_they_were_written() {
    var limits =
        new Limits(
            Duration.ofSeconds(1),
            2,
            3,
            4,
            5,
            6,
            7,
            8,
            Duration.ofHours(9),
            10,
            11,
            12,
            13,
            new Budget(14, 15),
            Budget.usd("16.00"));
    var before = StoredForm.definition((Json.Object) Json.parse(BEFORE_LIMITS_OF_PROCESSES));
    var agent = before.agent();
    var after =
        new JobDefinition(
            new AgentSpec(
                agent.name(),
                agent.instructions(),
                agent.model(),
                agent.tools(),
                new Sandbox("graalpy", false, List.of("numpy.*")),
                limits,
                new Conduct(
                    List.of(CodeBlock.python("order")),
                    Conduct.SEND,
                    Reminder.recurring("Report.").minDialogLength(3),
                    false,
                    true,
                    ChatStyle.DIRECT,
                    List.of(ToolSpec.of("look", "Looks.", List.of("where?"))),
                    2,
                    5_000,
                    "scripted:small.yaml",
                    new MemoryUse("team", 3, 400)),
                List.of(
                    Permissions.ALL
                        .allow("Read", "Bash(git diff:*)")
                        .ask("Write(src/**)")
                        .deny("mcp__bank")
                        .only("WebFetch(domain:a)")
                        .otherwise(Verdict.ASK)
                        .answerWithin(Duration.ofDays(7))
                        .grant("releases", "releaser", "Bash(git push:*)"),
                    Permissions.ALL.otherwise(Verdict.DENY).grant("one", "a", "x").over("a"))),
            before.warmup(),
            before.parameters(),
            before.locale());
    var form = Json.parse(StoredForm.write(after).print());
    assertThat(StoredForm.definition((Json.Object) form)).isEqualTo(after);
  }

  /// T055
  @Test
  void chat_styles_make_definitions_differ() {
    var direct = definition(ChatStyle.DIRECT);
    assertThat(direct.address()).isEqualTo(definition(ChatStyle.DIRECT).address());
    assertThat(direct.address()).isNotEqualTo(definition(ChatStyle.MD_DIALOG).address());
  }

  private static JobDefinition definition(ChatStyle style) {
    return JobDefinition.of(
        dev.errand.agent.Agent.named("a").model("scripted:a.yaml").style(style).build().spec());
  }

  @Test
  void variables_are_read_as_they_were_written_and_as_an_earlier_release_wrote_them() {
    var whole = new Variable("x", "int", 57, "198", "");
    var lost = new Variable("f", "file", 0, "<open>", "a file cannot be kept");
    var earlier =
        """
        [{"name":"x","type":"int","bytes":57,"preview":"198"},
        {"name":"f","type":"file","bytes":0,"preview":"<open>","lost":"a file cannot be kept"}]\
        """;
    var form = StoredForm.write(List.of(whole, lost));

    assertThat(form.print()).startsWith("[[\"x\",\"int\",57,\"198\"],");
    assertThat(StoredForm.variables(form)).containsExactly(whole, lost);
    assertThat(StoredForm.variables((Json.Array) Json.parse(earlier))).containsExactly(whole, lost);
  }

  @Test
  void attempts_are_read_as_they_were_written() {
    var work = StoredForm.definition((Json.Object) Json.parse(BEFORE_LIMITS_OF_PROCESSES));
    var retry =
        Retry.attempts(4)
            .backoff(Duration.ofMillis(1500))
            .factor(2.5)
            .maxBackoff(Duration.ofHours(2))
            .timeout(Duration.ofMinutes(3))
            .on(TaskError.Kind.TIMED_OUT, TaskError.Kind.MODEL);
    for (var attempts :
        List.of(new Attempts(retry, work, "Go."), new Attempts(Retry.attempts(2), work, null))) {
      var supervising = JobDefinition.supervising(attempts);
      var read = StoredForm.definition(StoredForm.write(supervising));
      assertThat(read).isEqualTo(supervising);
      assertThat(read.attempts()).contains(attempts);
    }
    assertThat(work.attempts()).isEmpty();
  }

  @Test
  void attempts_that_this_release_stores_stay_readable() {
    var form =
        """
        {"retry": {"attempts": 2, "backoffMillis": 1000, "factor": 2.0, "maxBackoffMillis": 3600000},
         "work": %s, "message": null}
        """
            .formatted(BEFORE_LIMITS_OF_PROCESSES);
    assertThat(StoredForm.attempts((Json.Object) Json.parse(form)).retry())
        .isEqualTo(Retry.attempts(2));
  }
}
