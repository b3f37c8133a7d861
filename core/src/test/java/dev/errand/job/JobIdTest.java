package dev.errand.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

class JobIdTest {
  private static final Pattern FORM = Pattern.compile("[a-z0-9]{1,32}(\\.[1-9][0-9]{0,8})*");
  private static final String CHARACTERS = "az09.1.0k-A é";

  @Test
  void an_id_is_a_root_and_any_number_of_ordinals(TestReporter reporter) {
    long seed = new Random().nextLong();
    reporter.publishEntry("seed", String.valueOf(seed));
    var random = new Random(seed);
    for (int round = 0; round < 50_000; round++) {
      var text = new StringBuilder();
      int length = random.nextInt(random.nextInt(10) == 0 ? 45 : 8);
      int kinds = 1 + random.nextInt(CHARACTERS.length());
      for (int i = 0; i < length; i++) {
        text.append(CHARACTERS.charAt(random.nextInt(kinds)));
      }
      boolean isId = FORM.matcher(text).matches();
      assertThat(isId(text.toString())).as("'%s', seed %d", text, seed).isEqualTo(isId);
    }
  }

  private static boolean isId(String text) {
    try {
      return new JobId(text).text().equals(text);
    } catch (IllegalArgumentException none) {
      return false;
    }
  }

  @Test
  void the_bounds_of_its_parts_are_in_the_form() {
    assertThatCode(() -> new JobId("k".repeat(32) + ".123456789.1")).doesNotThrowAnyException();
    for (var wrong : new String[] {"", "k".repeat(33), "k.1234567890", "k.01", "k.", ".1", "K"}) {
      assertThatThrownBy(() -> new JobId(wrong))
          .hasMessage("'" + wrong + "' is not a job id; an id looks like k3f9x2ab or k3f9x2ab.12");
    }
  }
}
