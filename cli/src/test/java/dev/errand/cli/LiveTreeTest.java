package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Entry;
import dev.errand.job.Entry.Kind;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The picture of a tree that is being worked on.
class LiveTreeTest {
  private static final JobId ROOT = new JobId("k3f9x2ab");
  private static final Instant START = Instant.parse("2026-11-20T12:00:00Z");
  private static final Screen.Size SIZE = new Screen.Size(60, 24);

  private final Family family = new Family(ROOT, "main", START);
  private long sequence;

  @Test
  void a_lone_root_is_one_line_with_its_age() {
    assertThat(picture()).containsExactly("⠋ k3f9x2ab main  2.0 s");
  }

  @Test
  void children_stand_below_with_where_they_stand() {
    spawn("k3f9x2ab.1", "a.md");
    spawn("k3f9x2ab.2", "b.md");
    spawn("k3f9x2ab.3", "c.md");
    end("k3f9x2ab.1", "succeeded", "7");
    end("k3f9x2ab.2", "failed", "ValueError: no words");

    assertThat(picture())
        .containsExactly(
            "⠋ k3f9x2ab main  2 of 3 children done, 1 failed  2.0 s",
            "├─ ✓ a.md  1.0 s",
            "├─ ✗ b.md  1.0 s  ValueError: no words",
            "└─ ● c.md  2.0 s");
  }

  @Test
  void grandchildren_stand_below_their_parent() {
    spawn("k3f9x2ab.1", "book");
    spawn("k3f9x2ab.1.1", "chapter");
    spawn("k3f9x2ab.2", "letter");

    assertThat(picture())
        .containsExactly(
            "⠋ k3f9x2ab main  0 of 3 children done  2.0 s",
            "├─ ● book  0/1  2.0 s",
            "│  └─ ● chapter  2.0 s",
            "└─ ● letter  2.0 s");
  }

  @Test
  void a_callback_is_seen_to_wait_for_an_answer() {
    learn(
        "k3f9x2ab.1",
        START,
        Kind.SUBTASK_SPAWNED,
        Json.object("agent", "callback").with("id", Json.object("callback", "approve")));
    assertThat(picture())
        .containsExactly(
            "⠋ k3f9x2ab main  0 of 1 child done  2.0 s",
            "└─ ◌ approve  waits for an answer  2.0 s");

    end("k3f9x2ab.1", "succeeded", "yes");
    assertThat(picture()).last().isEqualTo("└─ ✓ approve  1.0 s");
  }

  @Test
  void many_children_are_folded_and_those_at_work_are_shown() {
    for (int i = 1; i <= 100; i++) {
      spawn("k3f9x2ab." + i, "file " + i);
    }
    for (int i = 1; i <= 50; i++) {
      end("k3f9x2ab." + i, i == 7 ? "failed" : "succeeded", "");
    }

    var lines = picture();

    assertThat(lines).hasSize(16);
    assertThat(lines).contains("├─ ● file 51  2.0 s").doesNotContain("file 99");
    assertThat(lines.getLast()).isEqualTo("└─ +49 done, +1 failed, +36 to do");
  }

  @Test
  void a_low_terminal_gets_a_low_picture() {
    for (int i = 1; i <= 20; i++) {
      spawn("k3f9x2ab." + i, "file " + i);
    }

    assertThat(picture(new Screen.Size(60, 6))).hasSize(4);
  }

  @Test
  void no_line_is_wider_than_the_terminal() {
    spawn("k3f9x2ab.1", "a name\nthat is long ".repeat(20));

    assertThat(picture()).allSatisfy(line -> assertThat(line).hasSizeLessThan(60));
  }

  private List<String> picture() {
    return picture(SIZE);
  }

  private List<String> picture(Screen.Size size) {
    return TreePicture.lines(
        family, id -> JobStatus.STARTED, START.plusSeconds(2), size, Glyphs.UNICODE, 0);
  }

  private void spawn(String job, String name) {
    learn(job, START, Kind.SUBTASK_SPAWNED, Json.object("agent", "main").with("id", name));
  }

  private void end(String job, String outcome, String text) {
    var data = Json.object("outcome", outcome).with("text", text);
    learn(job, START.plusSeconds(1), Kind.JOB_ENDED, data);
  }

  private void learn(String job, Instant time, Kind kind, Json.Object data) {
    family.learn(new Entry(++sequence, time, new JobId(job), 0, kind, data));
  }
}
