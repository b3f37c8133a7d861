package dev.errand.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
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
        .isEqualTo(new Limits(Duration.ofSeconds(5), 7, 2));
  }

  @Test
  void limits_are_read_as_they_were_written() {
    var limits = new Limits(Duration.ofSeconds(1), 2, 3, 4, 5, 6, 7, 8);
    var form = (Json.Object) Json.parse(BEFORE_LIMITS_OF_PROCESSES);
    var before = StoredForm.definition(form);
    var agent = before.agent();
    var after =
        new JobDefinition(
            new AgentSpec(
                agent.name(),
                agent.instructions(),
                agent.model(),
                agent.tools(),
                agent.runtime(),
                agent.restricted(),
                limits),
            before.warmup(),
            before.parameters(),
            before.locale());
    assertThat(limits(Json.parse(StoredForm.write(after).print()))).isEqualTo(limits);
  }
}
