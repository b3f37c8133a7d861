package dev.errand.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.Json;
import dev.errand.job.RefusedException;
import dev.errand.job.Retry;
import dev.errand.job.TaskError.Kind;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// What code may give as `retry=`; what is refused is in `RetriedPythonTest`.
class RetryFormTest {
  private static Retry read(String json) {
    return RetryForm.read(Json.parse(json));
  }

  @Test
  void a_number_is_one_of_attempts_and_an_empty_dict_stands_for_three() {
    assertThat(read("5")).isEqualTo(Retry.attempts(5));
    assertThat(read("{}")).isEqualTo(Retry.attempts(3));
  }

  @Test
  void a_dict_says_all_that_there_is_to_say_with_times_in_seconds() {
    assertThat(
            read(
                """
                {"attempts": 4, "backoff": 2.5, "factor": 1, "max_backoff": 60, "time_limit": 0.1,
                 "on": ["timed_out", "model"]}
                """))
        .isEqualTo(
            Retry.attempts(4)
                .backoff(Duration.ofMillis(2500))
                .factor(1)
                .maxBackoff(Duration.ofMinutes(1))
                .timeout(Duration.ofMillis(100))
                .on(Kind.TIMED_OUT, Kind.MODEL));
  }

  @Test
  void failed_stands_for_all_kinds_but_those_from_outside() {
    var failed = read("{\"on\": \"failed\"}").on();
    assertThat(failed).contains(Kind.EXCEPTION, Kind.REPORTED, Kind.MISFIT, Kind.LIMIT);
    assertThat(failed).doesNotContain(Kind.TIMED_OUT, Kind.CANCELLED);
    assertThat(read("{\"on\": [\"failed\", \"timed_out\"]}")).isEqualTo(Retry.attempts(3));
  }

  @Test
  void what_is_no_policy_is_told_to_the_code() {
    assertThatThrownBy(() -> read("true"))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("attempts must be a number, not true");
  }
}
