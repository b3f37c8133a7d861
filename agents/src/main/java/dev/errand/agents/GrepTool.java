package dev.errand.agents;

import dev.errand.agent.Description;
import dev.errand.agent.Tool;
import dev.errand.job.EffectPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/// The tool `Grep`.
final class GrepTool {
  private static final int SHOWN = 200;
  private static final int MOST = 1_000;
  private static final int MOST_CONTEXT = 20;

  private final Premises premises;

  GrepTool(Premises premises) {
    this.premises = premises;
  }

  @Tool(
      name = "Grep",
      policy = EffectPolicy.READ_ONLY,
      timeoutSeconds = 60,
      value =
          """
          Searches the lines of text files for a regular expression, in the syntax of Java. Binary \
          files, links and the folder .git are left out; of a line the first 100,000 characters are \
          searched. The result is the matching lines as path:line:text, or the paths only, or how \
          many lines match in each file.\
          """)
  String grep(
      @Description("The regular expression; escape what is meant literally, as in log\\(.")
          String pattern,
      @Description("The file or folder to search; default the working directory.")
          @Nullable String path,
      @Description("Which files, such as *.java or src/**/*.md; default all.")
          @Nullable String glob,
      @Description("content (the lines, default), files (the paths), or count (lines per file).")
          @Nullable String outputMode,
      @Description("How many lines to show before and after each match; default 0, most 20.")
          @Nullable Integer context,
      @Description("Whether capital and small letters are the same; default false.")
          @Nullable Boolean ignoreCase,
      @Description("How many results to show; default 200, most 1,000.")
          @Nullable Integer headLimit)
      throws IOException {
    var top = premises.resolve(path == null || path.isEmpty() ? "." : path);
    int most = Math.clamp(Objects.requireNonNullElse(headLimit, SHOWN), 1, MOST);
    int around = Math.clamp(Objects.requireNonNullElse(context, 0), 0, MOST_CONTEXT);
    var findings = new Findings(most);
    var mode = mode(outputMode);
    var search =
        new GrepSearch(compiled(pattern, Boolean.TRUE.equals(ignoreCase)), around, mode, findings);
    for (var file : files(top, glob)) {
      search.in(file, premises.shown(file));
    }
    return findings.isEmpty()
        ? "[Nothing matches %s in %s.]".formatted(pattern, premises.shown(top))
        : findings.told(
            mode == GrepSearch.Mode.CONTENT ? "matching lines were" : "files were",
            "narrow the pattern, path or glob, or raise head_limit");
  }

  private static GrepSearch.Mode mode(@Nullable String name) {
    return switch (name == null ? "content" : name) {
      case "content" -> GrepSearch.Mode.CONTENT;
      case "files", "files_with_matches" -> GrepSearch.Mode.FILES;
      case "count" -> GrepSearch.Mode.COUNT;
      default ->
          throw new IllegalArgumentException(
              "output_mode is content, files or count, not '" + name + "'");
    };
  }

  private static Pattern compiled(String pattern, boolean ignoreCase) {
    try {
      return Pattern.compile(
          pattern, ignoreCase ? Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE : 0);
    } catch (PatternSyntaxException unreadable) {
      throw new IllegalArgumentException(
          "'%s' is no regular expression: %s near index %d; escape with \\ what is meant literally"
              .formatted(pattern, unreadable.getDescription(), unreadable.getIndex()),
          unreadable);
    }
  }

  private static List<Path> files(Path top, @Nullable String glob) throws IOException {
    if (!Files.isDirectory(top)) {
      TextFile.open(top, 0).close(); // says why one that was named is not searched
      return List.of(top);
    }
    var wanted = wanted(top, glob);
    var files = new ArrayList<Path>();
    FileWalk.below(
        top,
        Integer.MAX_VALUE,
        (file, attributes) -> {
          if (wanted.test(file)) {
            files.add(file);
          }
        });
    files.sort(null);
    return files;
  }

  /// A pattern without folders is one of names, wherever the file is.
  private static Predicate<Path> wanted(Path top, @Nullable String glob) {
    if (glob == null || glob.isEmpty()) {
      return file -> true;
    }
    var pattern = GlobPattern.of(glob.contains("/") ? glob : "**/" + glob);
    var from = top.resolve(pattern.start());
    return file -> file.startsWith(from) && pattern.matches(from.relativize(file));
  }
}
