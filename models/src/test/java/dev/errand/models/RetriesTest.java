package dev.errand.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.Model.Reply;
import dev.errand.job.ModelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RetriesTest {
  private static final Reply HELLO = new Reply("Hello.", Script.FREE);

  private final List<Duration> waits = new ArrayList<>();
  private final AtomicInteger calls = new AtomicInteger();

  @Test
  void a_wait_is_twice_as_long_each_time_up_to_its_cap() {
    assertThatThrownBy(() -> retries(9, 1).call("m", () -> failing(Failure.passing("busy"))))
        .isInstanceOf(ModelException.class)
        .hasMessage("m gave no reply in 9 attempts: busy. Try again later.");
    assertThat(waits)
        .extracting(Duration::toSeconds)
        .containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L);
  }

  @Test
  void chance_takes_up_to_half_of_a_wait() {
    assertThatThrownBy(() -> retries(3, 0).call("m", () -> failing(Failure.passing("busy"))))
        .isInstanceOf(ModelException.class);

    assertThat(waits).containsExactly(Duration.ofMillis(500), Duration.ofMillis(1000));
  }

  @Test
  void the_first_reply_counts() {
    var reply =
        retries(5, 1).call("m", () -> calls.get() < 2 ? failing(Failure.passing("busy")) : HELLO);

    assertThat(reply).isEqualTo(HELLO);
    assertThat(waits).hasSize(2);
  }

  @Test
  void what_stays_is_not_tried_again() {
    assertThatThrownBy(
            () -> retries(5, 1).call("m", () -> failing(Failure.lasting("no.", "Do else."))))
        .isInstanceOf(ModelException.class)
        .hasMessage("m gave no reply: no. Do else.");
    assertThat(calls).hasValue(1);
  }

  @Test
  void an_interrupt_ends_the_waiting_and_stays() {
    var interrupted =
        new Retries(
            5,
            Duration.ofSeconds(1),
            Duration.ofSeconds(60),
            Duration.ofMinutes(5),
            wait -> {
              throw new InterruptedException();
            },
            () -> 1.0);

    assertThatThrownBy(() -> interrupted.call("m", () -> failing(Failure.passing("busy"))))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("interrupted");
    assertThat(Thread.interrupted()).isTrue();
    assertThat(calls).hasValue(1);
  }

  private Reply failing(Failure failure) {
    calls.incrementAndGet();
    throw failure.asException();
  }

  private Retries retries(int attempts, double random) {
    return new Retries(
        attempts,
        Duration.ofSeconds(1),
        Duration.ofSeconds(60),
        Duration.ofMinutes(5),
        waits::add,
        () -> random);
  }
}
