package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.job.JobId;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/// What is written to a terminal that shows the root's output and the tree.
class LiveViewTest {
  private static final Instant START = Instant.parse("2026-11-20T12:00:00Z");
  private static final String PICTURE = "⠋ k3f9x2ab main  0.0 s\n";
  private static final String WIPED = "\r\u001b[1A\u001b[J";

  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final Family family = new Family(new JobId("k3f9x2ab"), "main", START);
  private final LiveView view = view();

  @Test
  void the_picture_is_drawn_once_for_many_looks_in_a_row() {
    view.look(family);
    view.look(family);

    assertThat(text()).isEqualTo(PICTURE);
  }

  @Test
  void output_takes_the_place_of_the_picture_in_whole_lines() {
    view.look(family);
    view.console("one\ntw");

    assertThat(text()).isEqualTo(PICTURE + WIPED + "one\n");
  }

  @Test
  void the_beginning_of_a_line_waits_for_its_end() {
    view.console("one ");
    view.console("two\n");

    assertThat(text()).isEqualTo("one two\n");
  }

  @Test
  void in_the_end_the_picture_is_gone_and_all_output_is_there() {
    view.console("no end");
    view.look(family);
    view.close();

    assertThat(text()).isEqualTo(PICTURE + WIPED + "no end\n");
  }

  private LiveView view() {
    var clock = ManualClock.startingAt(START);
    var errand = Errand.builder().clock(clock).store(new MemoryStore(clock)).open();
    return new LiveView(Screen.terminal(Shell.printing(written)), errand);
  }

  private String text() {
    return written.toString(StandardCharsets.UTF_8);
  }
}
