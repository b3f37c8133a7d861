package dev.errand.agents;

import dev.errand.agent.ToolFunction;
import dev.errand.job.Json;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/*
 * Changes of whole files: each is made once, however often its call is repeated, and none goes over another unseen.
 *
 * The worker of a call may die at any moment, and the call is made again then, under the same key (IDEMPOTENT). What the
 * file holds does not say whether the first call had made the change: somebody else may have changed it since, and an edit
 * that puts "aa" for "a" finds its "a" again. So a change leaves two files, written to the disk in this order:
 *
 *   1  the new content, beside the target, under a name that follows from the key
 *   2  a mark in .errand/changes: the name of 1, and what the caller is told
 *   3  the move of 1 over the target: the change is made by this, in one step
 *
 * No mark: 3 was not reached, for 2 goes before it. A mark, and the content is there: not moved yet. A mark, and the content
 * is not there: it was moved, for it was there before the mark was. What became of the target since does not matter. Where
 * a change is given up the mark goes first and the content after it, so that this stays true.
 *
 * A mark is of use until the outcome of its call is committed, which it is when the job is in a later turn: then the next
 * change of that job takes it away. Those of a job's last turn stay: some hundred bytes each, which anybody may delete when
 * no job is under way.
 *
 * Who makes a change holds the lock of the directory, within this process and among processes. Those who hold no lock (an
 * editor, Bash, a process that works in another directory) are seen by what the file holds: it is read once more before 3,
 * and the change fails if that is not what it was made from.
 */
/// Makes changes of whole files; safe for use by several threads and processes.
final class FileChanges {
  private static final long MOST_BYTES = 20_000_000;
  private static final String BESIDE = ".errand-";

  private final Premises premises;

  /// What a file is to hold.
  ///
  /// @param content in place of what it held
  /// @param told to the caller when it holds that
  record Draft(String content, String told) {}

  /// Says what a file is to hold.
  @FunctionalInterface
  interface Author {
    /// From what it holds now, which is null where it is not there.
    ///
    /// @param shown the path as it is told
    Draft draft(byte @Nullable [] before, String shown) throws IOException;
  }

  FileChanges(Premises premises) {
    this.premises = premises;
  }

  /// Whether a file of that name is a content that waits to be moved.
  static boolean isTemporary(String name) {
    return name.startsWith(BESIDE);
  }

  /// Makes the change of a call, unless it was made: then says what was said then.
  ///
  /// @throws IOException if it cannot be made; the file is as it was
  String make(ToolFunction.Call call, String path, Author author)
      throws IOException, InterruptedException {
    var marks = ChangeMarks.of(premises, call);
    return DirectoryLock.holding(
        premises,
        () -> {
          var made = made(marks.mark());
          if (made.isPresent()) {
            return made.get();
          }
          var target = target(path);
          var before = content(target);
          var draft = author.draft(before, premises.shown(target));
          replace(target, before, draft, marks);
          marks.forgetEarlier();
          return draft.told();
        });
  }

  private Path target(String path) throws IOException {
    var target = premises.resolve(path);
    if (premises.isOwn(target)) {
      throw new IOException(path + " belongs to Errand itself; tools do not change it");
    }
    if (premises.isOfSkills(target)) {
      throw new IOException(
          path
              + " is part of the skills, which agents go by; tools do not change them."
              + " Write it elsewhere, and leave it to a person to put it there");
    }
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      TextFile.requireRegular(target);
      if (!Files.isWritable(target)) {
        throw new IOException("There is no permission to write " + path);
      }
    }
    return target;
  }

  /// What was told of the change, if it was made; what is left of one that was not is removed.
  private static Optional<String> made(Path mark) throws IOException {
    if (!Files.exists(mark)) {
      return Optional.empty();
    }
    var note = note(mark);
    var beside = note.text("content").map(Path::of).filter(FileChanges::isContent);
    if (beside.isPresent() && !Files.exists(beside.get(), LinkOption.NOFOLLOW_LINKS)) {
      return note.text("told");
    }
    Files.delete(mark);
    if (beside.isPresent()) {
      Files.delete(beside.get());
    }
    return Optional.empty();
  }

  private static boolean isContent(Path path) {
    var name = path.getFileName();
    return name != null && isTemporary(name.toString());
  }

  /// Nothing if it was written in part only: the move comes after the whole of it.
  private static Json.Object note(Path mark) throws IOException {
    try {
      var text = Files.readString(mark, StandardCharsets.UTF_8);
      return Json.parse(text) instanceof Json.Object note ? note : Json.Object.EMPTY;
    } catch (IllegalArgumentException inPart) {
      return Json.Object.EMPTY;
    }
  }

  private static byte @Nullable [] content(Path target) throws IOException {
    if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      return null;
    }
    TextFile.requireRegular(target);
    if (Files.size(target) > MOST_BYTES) {
      throw new IOException(
          "%s has more than %,d bytes, which is too much to be changed as a whole"
              .formatted(target, MOST_BYTES));
    }
    try (var stream = Files.newInputStream(target, LinkOption.NOFOLLOW_LINKS)) {
      Premises.unmoved(target);
      return stream.readAllBytes();
    }
  }

  private static void replace(Path target, byte @Nullable [] before, Draft draft, ChangeMarks marks)
      throws IOException {
    Files.createDirectories(folder(target));
    Premises.unmoved(folder(target));
    var beside = target.resolveSibling(BESIDE + marks.digest() + ".tmp");
    try {
      write(beside, draft.content());
      keepPermissions(target, beside);
      write(marks.mark(), note(beside, draft));
      if (!Arrays.equals(before, content(target))) {
        throw new IOException(
            target + " was changed by somebody else at the same time; read it again");
      }
      Premises.unmoved(folder(target));
      Files.move(
          beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException | RuntimeException failed) {
      giveUp(beside, marks.mark());
      throw failed;
    }
    sync(folder(target));
  }

  private static String note(Path beside, Draft draft) {
    var note = Json.object("content", beside.toString()).with("told", draft.told());
    return note.print();
  }

  private static void giveUp(Path beside, Path mark) throws IOException {
    if (Files.exists(beside, LinkOption.NOFOLLOW_LINKS)) {
      Files.deleteIfExists(mark);
      Files.delete(beside);
    }
  }

  /// To the disk, not only to the system.
  private static void write(Path file, String content) throws IOException {
    Files.createDirectories(folder(file));
    try (var channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING,
            LinkOption.NOFOLLOW_LINKS)) {
      var bytes = StandardCharsets.UTF_8.encode(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    sync(folder(file));
  }

  private static void keepPermissions(Path from, Path to) throws IOException {
    var given = view(from);
    var taken = view(to);
    if (given != null && taken != null && Files.exists(from)) {
      taken.setPermissions(given.readAttributes().permissions());
    }
  }

  private static @Nullable PosixFileAttributeView view(Path file) {
    return Files.getFileAttributeView(file, PosixFileAttributeView.class);
  }

  /// The names in a folder, where the system can; a change that is made is made without it.
  private static void sync(Path folder) {
    try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException notOnThisSystem) {
      return;
    }
  }

  private static Path folder(Path file) {
    return Objects.requireNonNull(file.getParent());
  }
}
