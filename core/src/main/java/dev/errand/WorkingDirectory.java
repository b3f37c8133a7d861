package dev.errand;

import dev.errand.agent.Tool;
import dev.errand.job.EffectPolicy;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/// The two tools by which code reads files: below one directory, links that lead out of it refused.
final class WorkingDirectory {
  private final Path given;

  WorkingDirectory(Path directory) {
    this.given = directory;
  }

  List<Tool> tools() {
    return List.of(
        Tool.of(
                "read_text",
                "Returns the text of a UTF-8 file below the working directory.",
                List.of("path"),
                call -> readText(call.text("path")))
            .policy(EffectPolicy.READ_ONLY),
        Tool.of(
                "list_files",
                "Returns the files below the working directory that match a glob pattern, such as"
                    + " docs/**/*.md.",
                List.of("pattern"),
                call -> listFiles(call.text("pattern")))
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
    try (var files = Files.walk(root)) {
      return files
          .filter(Files::isRegularFile)
          .map(root::relativize)
          .filter(file -> exact.matches(file) || (pattern.contains("**/") && folded.matches(file)))
          .map(file -> file.toString().replace('\\', '/'))
          .sorted()
          .toList();
    }
  }
}
