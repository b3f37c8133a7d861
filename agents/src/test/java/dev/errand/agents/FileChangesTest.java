package dev.errand.agents;

import static dev.errand.agents.Calling.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The tools `Write` and `Edit`.
class FileChangesTest {
  private static final String KEY = "k3f9x2ab/4/-1/0";

  @TempDir Path folder;
  private ToolFunction write;
  private ToolFunction edit;

  @BeforeEach
  void tools() throws IOException {
    folder = folder.toRealPath();
    write = Toolbox.in(folder).tool("Write");
    edit = Toolbox.in(folder).tool("Edit");
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private String text(String name) throws IOException {
    return Files.readString(folder.resolve(name));
  }

  private List<Path> files() throws IOException {
    try (var all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .filter(file -> !file.startsWith(folder.resolve(".errand")))
          .map(folder::relativize)
          .sorted()
          .toList();
    }
  }

  private static Object[] replacing(String from, String to) {
    return new Object[] {"path", "a.txt", "old_string", from, "new_string", to};
  }

  @Test
  void both_may_be_called_again_under_their_key() {
    assertThat(List.of(write.policy(), edit.policy())).containsOnly(EffectPolicy.IDEMPOTENT);
    assertThat(edit.parameters())
        .containsExactly("path", "old_string", "new_string", "replace_all?");
  }

  @Test
  void write_makes_a_file_with_the_folders_it_is_in() throws Exception {
    assertThat(call(write, "path", "new/folder/a.txt", "content", "héllo\n"))
        .isEqualTo("Created new/folder/a.txt: 7 bytes.");
    assertThat(text("new/folder/a.txt")).isEqualTo("héllo\n");
  }

  @Test
  void write_says_what_it_has_overwritten() throws Exception {
    file("a.txt", "before");

    assertThat(call(write, "path", "a.txt", "content", "after it"))
        .isEqualTo("Overwrote a.txt: 8 bytes in place of 6.");
    assertThat(text("a.txt")).isEqualTo("after it");
    assertThat(call(write, "path", "a.txt", "content", "after it"))
        .contains("exactly that already");
    assertThat(files()).containsExactly(Path.of("a.txt"));
  }

  @Test
  void a_file_keeps_its_permissions() throws Exception {
    var script = file("a.txt", "echo one");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-x---"));

    call(edit, replacing("one", "two"));

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(script)))
        .isEqualTo("rwxr-x---");
  }

  @Test
  void what_is_written_through_a_link_changes_what_it_leads_to() throws Exception {
    file("a.txt", "one");
    Files.createSymbolicLink(folder.resolve("link"), Path.of("a.txt"));

    call(write, "path", "link", "content", "two");

    assertThat(text("a.txt")).isEqualTo("two");
    assertThat(folder.resolve("link")).isSymbolicLink();
  }

  @Test
  void neither_leaves_the_directory(@TempDir Path elsewhere) throws Exception {
    Files.writeString(elsewhere.resolve("a.txt"), "one");
    Files.createSymbolicLink(folder.resolve("away"), elsewhere);
    Files.createSymbolicLink(folder.resolve("dangling"), elsewhere.resolve("new.txt"));

    for (var path :
        List.of("away/a.txt", "away/new.txt", "dangling", "../new.txt", elsewhere + "/b")) {
      assertThatThrownBy(() -> call(write, "path", path, "content", "two"))
          .as(path)
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> call(edit, "path", path, "old_string", "one", "new_string", "two"))
          .as(path)
          .isInstanceOf(IOException.class);
    }
    assertThat(elsewhere.resolve("a.txt")).hasContent("one");
    assertThat(elsewhere).isDirectoryContaining(file -> file.endsWith("a.txt"));
    assertThat(elsewhere.toFile().list()).hasSize(1);
  }

  @Test
  void folders_and_what_is_errands_own_are_refused() throws Exception {
    Files.createDirectories(folder.resolve("docs"));

    assertThatThrownBy(() -> call(write, "path", "docs", "content", "x"))
        .hasMessageContaining("is a directory");
    assertThatThrownBy(() -> call(write, "path", ".errand/agents/me.md", "content", "x"))
        .hasMessageContaining("belongs to Errand");
    assertThatThrownBy(() -> call(write, "path", ".claude/skills/pay/SKILL.md", "content", "x"))
        .hasMessageContaining(
            ".claude/skills/pay/SKILL.md is part of the skills, which agents go by; tools do not"
                + " change them");
    Files.createSymbolicLink(folder.resolve("mine"), folder.resolve("docs"));
    Files.createDirectories(folder.resolve(".claude"));
    Files.createSymbolicLink(folder.resolve(".claude/skills"), folder.resolve("docs"));
    for (var way : new String[] {".claude/skills/a.md", "docs/a.md", "mine/a.md"}) {
      assertThatThrownBy(() -> call(write, "path", way, "content", "x"))
          .as(way)
          .hasMessageContaining("is part of the skills");
    }
    assertThat(folder.resolve("docs")).isEmptyDirectory();
    assertThatThrownBy(() -> call(write, "path", ".", "content", "x"))
        .hasMessageContaining("is a directory");
  }

  @Test
  void edit_replaces_the_one_place() throws Exception {
    file("a.txt", "one\ntwo $1\\n\nthree\n");

    assertThat(call(edit, replacing("two $1\\n", "$2\\\\")))
        .isEqualTo("Edited a.txt: one piece, at line 2.");
    assertThat(text("a.txt")).isEqualTo("one\n$2\\\\\nthree\n");
  }

  @Test
  void edit_replaces_all_places_where_asked() throws Exception {
    file("a.txt", "x x x");

    assertThat(
            call(edit, "path", "a.txt", "old_string", "x", "new_string", "yy", "replace_all", true))
        .isEqualTo("Edited a.txt: 3 pieces.");
    assertThat(text("a.txt")).isEqualTo("yy yy yy");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x.x", "xxx"})
  void edit_says_how_often_a_text_is_there_that_is_not_unique(String text) throws Exception {
    file("a.txt", text.replace('.', ' '));
    var from = text.equals("xxx") ? "xx" : "x";

    assertThatThrownBy(() -> call(edit, replacing(from, "y")))
        .hasMessageContaining("is in a.txt 2 times");
  }

  @Test
  void edit_says_why_a_text_may_not_be_there() throws Exception {
    file("a.txt", "  one\n    two\nthree\n");

    assertThatThrownBy(() -> call(edit, replacing("one\n  two", "x")))
        .hasMessageContaining("white space");
    assertThatThrownBy(() -> call(edit, replacing("four", "three")))
        .hasMessageContaining("new_string is there");
    assertThatThrownBy(() -> call(edit, replacing("five", "six")))
        .hasMessageContaining("changed since you read it");
    assertThatThrownBy(() -> call(edit, replacing("", "six")))
        .hasMessageContaining("Write makes a file");
    assertThatThrownBy(() -> call(edit, replacing("one", "one"))).hasMessageContaining("the same");
    assertThatThrownBy(() -> call(edit, "path", "b.txt", "old_string", "a", "new_string", "b"))
        .hasMessageContaining("no file b.txt");
  }

  @Test
  void edit_keeps_the_ends_of_lines_that_a_file_has() throws Exception {
    file("a.txt", "one\r\ntwo\r\nthree\r\n");

    call(edit, replacing("one\ntwo", "1\n2\n2b"));

    assertThat(text("a.txt")).isEqualTo("1\r\n2\r\n2b\r\nthree\r\n");
  }

  @Test
  void edit_refuses_what_it_could_not_write_back() throws Exception {
    var bytes = "caf\u00e9 one".getBytes(StandardCharsets.ISO_8859_1);
    Files.write(folder.resolve("a.txt"), bytes);

    assertThatThrownBy(() -> call(edit, replacing("one", "two"))).hasMessageContaining("not UTF-8");
    assertThat(folder.resolve("a.txt")).hasBinaryContent(bytes);
  }

  @Test
  void a_call_that_is_repeated_changes_nothing_more() throws Exception {
    file("a.txt", "a");
    var told = call(KEY, edit, replacing("a", "aa"));

    assertThat(call(KEY, edit, replacing("a", "aa"))).isEqualTo(told);
    assertThat(text("a.txt")).isEqualTo("aa");
  }

  @Test
  void a_call_that_is_repeated_leaves_alone_what_others_did_since() throws Exception {
    file("a.txt", "one");
    call(KEY, edit, replacing("one", "two"));
    file("a.txt", "one again, and more");

    assertThat(call(KEY, edit, replacing("one", "two"))).contains("Edited");
    assertThat(text("a.txt")).isEqualTo("one again, and more");

    Files.delete(folder.resolve("a.txt"));
    Files.createDirectories(folder.resolve("a.txt"));
    assertThat(call(KEY, edit, replacing("one", "two"))).contains("Edited");

    call(KEY + "1", write, "path", "b.txt", "content", "mine");
    file("b.txt", "theirs");
    call(KEY + "1", write, "path", "b.txt", "content", "mine");
    assertThat(text("b.txt")).isEqualTo("theirs");
  }

  @Test
  void what_a_worker_left_that_died_before_the_move_is_done_anew() throws Exception {
    file("a.txt", "a");
    call(KEY, edit, replacing("a", "aa"));
    var mark =
        ChangeMarks.of(
                new Premises(folder, List.of()),
                new ToolFunction.Call(Calling.JOB, KEY, Json.Object.EMPTY))
            .mark();
    var beside =
        folder.resolve(
            ((Json.Object) Json.parse(Files.readString(mark))).text("content").orElseThrow());

    for (var left : List.of("content only", "content and half a mark", "content and mark")) {
      var marked = Files.readString(mark);
      file("a.txt", "a");
      Files.writeString(beside, "aa");
      switch (left) {
        case "content only" -> Files.delete(mark);
        case "content and half a mark" -> Files.writeString(mark, marked.substring(0, 9));
        default -> {}
      }

      assertThat(call(KEY, edit, replacing("a", "aa"))).as(left).contains("one piece");
      assertThat(text("a.txt")).as(left).isEqualTo("aa");
      assertThat(files()).as(left).containsExactly(Path.of("a.txt"));
    }
  }

  @Test
  void marks_are_kept_for_the_turn_and_forgotten_in_a_later_one() throws Exception {
    file("a.txt", "a");
    call("k3f9x2ab/1/-1/0", edit, replacing("a", "b"));
    call("k3f9x2ab/1/-1/1", edit, replacing("b", "c"));
    call("k3f9x2ab/2/-1/0", edit, replacing("c", "d"));

    var marks = folder.resolve(".errand/changes/k3f9x2ab");
    assertThat(marks.toFile().list()).containsExactly("2");
    assertThat(marks.resolve("2").toFile().list()).hasSize(1);
    assertThat(folder.resolve(".errand/changes/.gitignore")).hasContent("*");
  }

  @Test
  void a_change_by_somebody_without_the_lock_is_not_overwritten() throws Exception {
    var file = file("a.txt", "one");
    var changes = new FileChanges(new Premises(folder, List.of()));
    var call = new ToolFunction.Call(Calling.JOB, KEY, Json.Object.EMPTY);

    assertThatThrownBy(
            () ->
                changes.make(
                    call,
                    "a.txt",
                    (before, shown) -> {
                      Files.writeString(file, "theirs");
                      return new FileChanges.Draft("mine", "done");
                    }))
        .hasMessageContaining("changed by somebody else");
    assertThat(file).hasContent("theirs");
    assertThat(files()).containsExactly(Path.of("a.txt"));
    assertThat(call(KEY, edit, replacing("theirs", "then mine"))).contains("one piece");
  }

  @Test
  void b75_children_that_edit_one_file_at_the_same_time_lose_nothing() throws Exception {
    int children = 24;
    file(
        "a.txt",
        String.join("\n", IntStream.range(0, children).mapToObj(i -> "line <" + i + ">").toList()));

    var told =
        together(
            children,
            i ->
                new Object[] {
                  "path", "a.txt", "old_string", "<" + i + ">", "new_string", "(" + i + ")"
                });

    assertThat(told).allMatch(text -> text.startsWith("Edited"));
    assertThat(text("a.txt").lines()).allMatch(line -> line.matches("line \\(\\d+\\)"));
  }

  @Test
  void b75_of_children_that_edit_one_place_one_wins_and_the_others_are_told() throws Exception {
    file("a.txt", "before");

    var told = together(12, i -> replacing("before", "by " + i));

    assertThat(told).filteredOn(text -> text.startsWith("Edited")).hasSize(1);
    assertThat(told).filteredOn(text -> text.contains("Read the file again")).hasSize(11);
  }

  /// What each of so many calls was told, made at the same time by tools of their own.
  private List<String> together(int children, java.util.function.IntFunction<Object[]> arguments) {
    var all = new ArrayList<CompletableFuture<String>>();
    for (int i = 0; i < children; i++) {
      var given = arguments.apply(i);
      var tool = Toolbox.in(folder).tool("Edit");
      all.add(
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return call(tool, given);
                } catch (Exception refused) {
                  return String.valueOf(refused.getMessage());
                }
              },
              task -> Thread.ofVirtual().start(task)));
    }
    return all.stream().map(CompletableFuture::join).toList();
  }

  @Test
  void who_is_interrupted_changes_nothing() throws Exception {
    file("a.txt", "one");
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> call(edit, replacing("one", "two")))
        .isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
    assertThat(text("a.txt")).isEqualTo("one");
  }
}
