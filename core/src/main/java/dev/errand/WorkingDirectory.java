package dev.errand;

import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The two tools by which code reads files: below one directory, links that lead out of it refused.
final class WorkingDirectory {
  private static final int MOST_LEVELS = 256;

  private final Path given;

  WorkingDirectory(Path directory) {
    this.given = directory;
  }

  List<ToolFunction> tools() {
    return List.of(
        ToolFunction.of(
                "read_text",
                "Returns the text of a UTF-8 file below the working directory.",
                List.of("path"),
                call -> readText(call.text("path")))
            .policy(EffectPolicy.READ_ONLY),
        ToolFunction.of(
                "list_files",
                "Returns the files below the working directory that match a glob pattern, such as"
                    + " docs/**/*.md.",
                List.of("pattern"),
                call -> listFiles(call.text("pattern").replaceFirst("^(\\./+)+", "")))
            .policy(EffectPolicy.READ_ONLY));
  }

  private String readText(String path) throws IOException {
    var root = given.toRealPath();
    try {
      var file = root.resolve(path).toRealPath();
      if (!file.startsWith(root)) {
        throw new IOException(path + " is outside the working directory " + root);
      }
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException missing) {
      throw new IOException("There is no file " + path + " in " + root, missing);
    } catch (CharacterCodingException binary) {
      throw new IOException(path + " is not UTF-8 text", binary);
    }
  }

  private List<String> listFiles(String pattern) throws IOException {
    var root = given.toRealPath();
    // "docs/**/*.md" means the files of docs itself too, as it does in Python and in a shell.
    var exact = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    var folded = FileSystems.getDefault().getPathMatcher("glob:" + pattern.replace("**/", ""));
    boolean deep = pattern.contains("**");
    var found = new ArrayList<String>();
    for (var file : filesBelow(root, start(pattern), deep ? MOST_LEVELS : levels(pattern))) {
      var path = root.relativize(file);
      if (exact.matches(path) || (deep && folded.matches(path))) {
        found.add(path.toString().replace('\\', '/'));
      }
    }
    found.sort(null);
    return found;
  }

  /// The folders that the pattern begins with by name; no other need be looked into.
  private static String start(String pattern) {
    var names = new ArrayList<String>();
    for (var name : pattern.split("/", -1)) {
      if (!name.matches("[^*?\\[\\]{}\\\\]+")) {
        break;
      }
      names.add(name);
    }
    if (names.size() == levels(pattern)) {
      names.removeLast();
    }
    return String.join("/", names);
  }

  private static int levels(String pattern) {
    return pattern.split("/", -1).length;
  }

  /// What cannot be looked into, or goes away meanwhile, is passed over.
  private static List<Path> filesBelow(Path root, String start, int levels) throws IOException {
    var files = new ArrayList<Path>();
    var top = root.resolve(start);
    if (!Files.isDirectory(top) || !top.toRealPath().startsWith(root)) {
      return files;
    }
    int below = levels - (start.isEmpty() ? 0 : levels(start));
    Files.walkFileTree(
        top,
        EnumSet.noneOf(FileVisitOption.class),
        below,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            boolean stays = !attributes.isSymbolicLink() || staysBelow(root, file);
            if (stays && Files.isRegularFile(file)) {
              files.add(file);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException unreadable) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException unreadable) {
            return FileVisitResult.CONTINUE;
          }
        });
    return files;
  }

  private static boolean staysBelow(Path root, Path link) {
    try {
      return link.toRealPath().startsWith(root);
    } catch (IOException leadsNowhere) {
      return false;
    }
  }
}
