package dev.errand.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.TaskError.Kind;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RetryTest {
  private static final Retry THREE = Retry.attempts(3);

  @Test
  void the_time_between_attempts_doubles_from_one_second_to_one_hour() {
    var retry = Retry.attempts(100);
    assertThat(IntStream.of(1, 2, 3, 12, 13, 99).mapToObj(retry::backoffAfter))
        .extracting(Duration::toSeconds)
        .containsExactly(1L, 2L, 4L, 2048L, 3600L, 3600L);
  }

  @Test
  void a_factor_of_one_keeps_the_time_and_a_bound_cuts_it() {
    var retry = THREE.backoff(Duration.ofMinutes(10)).factor(1);
    assertThat(retry.backoffAfter(2)).isEqualTo(Duration.ofMinutes(10));
    assertThat(retry.maxBackoff(Duration.ZERO).backoffAfter(1)).isZero();
  }

  @Test
  void what_was_cancelled_or_has_spent_its_budget_is_not_attempted_again() {
    for (var kind : Kind.values()) {
      boolean isFinal = kind == Kind.CANCELLED || kind == Kind.BUDGET_EXHAUSTED;
      assertThat(THREE.goesOn(2, kind)).isEqualTo(!isFinal);
      assertThat(THREE.goesOn(3, kind)).isFalse();
    }
    assertThat(THREE.on(Kind.MODEL).goesOn(1, Kind.TIMED_OUT)).isFalse();
  }

  @Test
  void all_of_it_takes_as_long_as_its_attempts_and_the_times_between_them() {
    assertThat(THREE.longest(Duration.ofMinutes(1))).isEqualTo(Duration.ofSeconds(3 * 60 + 1 + 2));
  }

  @Test
  void the_shorter_limit_of_an_attempt_counts() {
    var minute = Duration.ofMinutes(1);
    assertThat(THREE.timeoutWithin(minute)).isEqualTo(minute);
    assertThat(THREE.timeout(Duration.ofHours(1)).timeoutWithin(minute)).isEqualTo(minute);
    assertThat(THREE.timeout(minute).timeoutWithin(Duration.ofHours(1))).isEqualTo(minute);
  }

  @Test
  void what_is_no_policy_is_refused() {
    assertThatThrownBy(() -> Retry.attempts(0)).hasMessageContaining("from 1 to 100, not 0");
    assertThatThrownBy(() -> Retry.attempts(101)).hasMessageContaining("from 1 to 100, not 101");
    assertThatThrownBy(() -> THREE.backoff(Duration.ofDays(366))).hasMessageContaining("365 days");
    assertThatThrownBy(() -> THREE.maxBackoff(Duration.ofSeconds(-1)))
        .hasMessageContaining("maxBackoff");
    assertThatThrownBy(() -> THREE.factor(Double.NaN)).hasMessageContaining("1 or more, not NaN");
    assertThatThrownBy(() -> THREE.factor(Double.POSITIVE_INFINITY))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> THREE.timeout(Duration.ZERO)).hasMessageContaining("a millisecond");
    assertThatThrownBy(() -> THREE.on(Kind.CANCELLED)).hasMessageContaining("cancelled");
  }
}
