package dev.errand.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class CharactersTest {
  @Test
  void a_value_is_as_long_as_its_json_text() {
    var value =
        Json.object("what", "it")
            .with("none", null)
            .with("flags", List.of(true, false))
            .with("number", -1.5)
            .with("empty", List.of())
            .with("object", Json.object("a", 1).with("b", Json.Object.EMPTY));

    assertThat(Characters.of(value)).isEqualTo(value.print().length());
  }

  @Test
  void an_escaped_character_counts_once() {
    assertThat(Characters.of(new Json.Text("line\n\"é\""))).isEqualTo(10);
  }
}
