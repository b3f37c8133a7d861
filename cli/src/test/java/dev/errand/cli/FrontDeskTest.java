package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The example of `docs/dialogs.md`: a person talks with a dispatcher, whose specialists answer.
@Timeout(60)
class FrontDeskTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path EXAMPLE = ROOT.resolve("examples/frontdesk");

  @TempDir Path directory;

  /// What stands in the guide between the fences of the conversation.
  private static String transcript() throws IOException {
    var guide = Files.readString(ROOT.resolve("docs/dialogs.md"));
    int start = guide.indexOf("> Invoice 7 is wrong.");
    return guide.substring(start, guide.indexOf("```", start));
  }

  private static String lines(String text, boolean typed) {
    return text.lines()
        .filter(line -> line.startsWith("> ") == typed)
        .map(line -> (typed ? line.substring(2) : line) + "\n")
        .collect(Collectors.joining());
  }

  private Shell.Said chat(String typed) {
    return new Shell(directory)
        .typing(typed)
        .errand(
            "chat",
            "desk",
            "--agents",
            EXAMPLE.toString(),
            "--model",
            "scripted:" + EXAMPLE.resolve("script.yaml"),
            "--id",
            "customer-1",
            "--quiet");
  }

  @Test
  void a_person_talks_with_specialists_through_a_dispatcher_as_the_guide_says() throws IOException {
    var transcript = transcript();

    var said = chat(lines(transcript, true));

    assertThat(said.err()).isEmpty();
    assertThat(said.out()).isEqualTo(lines(transcript, false));
    assertThat(said.code()).isZero();
    var tree = new Shell(directory).errand("tree", "customer-1").out();
    assertThat(tree.lines()).hasSize(3);
    assertThat(tree).contains("desk").contains("billing").contains("travel");
    assertThat(chat("").out()).as("the same again").isEqualTo(transcript);
  }

  @Test
  void a_conversation_goes_on_in_another_process_with_every_thread_where_it_was()
      throws IOException {
    var transcript = transcript();
    var typed = lines(transcript, true).lines().toList();
    var out = new StringBuilder();

    for (var line : typed) {
      var said = chat(line + "\n").out();
      out.append(said, replayed(said, out), said.length());
    }

    assertThat(out.toString()).isEqualTo(lines(transcript, false));
  }

  /// Where what is new begins, after what was shown of the conversation so far.
  private static int replayed(String said, CharSequence before) {
    var shown = lines(said, false);
    assertThat(shown).startsWith(before);
    return said.length() - (shown.length() - before.length());
  }
}
