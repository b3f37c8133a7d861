package dev.errand.agents;

import dev.errand.agent.Description;
import dev.errand.agent.Tool;
import dev.errand.agent.ToolFunction;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The tool `Edit`.
///
/// It keeps no list of what was read: that the old text is there exactly once is what shows that
/// the caller knows the file.
final class EditTool {
  private final FileChanges changes;

  EditTool(FileChanges changes) {
    this.changes = changes;
  }

  @Tool(
      name = "Edit",
      timeoutSeconds = 60,
      value =
          """
          Replaces a piece of text in a file. old_string must be in the file exactly as given, white \
          space and all, and only once, unless replace_all is true: give as many lines around it as \
          make it unique, without the line numbers that Read shows.\
          """)
  String edit(
      @Description("The file, from the working directory on, or absolute.") String path,
      @Description("The text that is there.") String oldString,
      @Description("The text that takes its place; empty to delete.") String newString,
      @Description("Whether to replace it wherever it is; default false.")
          @Nullable Boolean replaceAll,
      ToolFunction.Call call)
      throws IOException, InterruptedException {
    if (oldString.isEmpty()) {
      throw new IllegalArgumentException("old_string is empty; Write makes a file");
    }
    if (oldString.equals(newString)) {
      throw new IllegalArgumentException("old_string and new_string are the same");
    }
    var replacement = new Replacement(oldString, newString, Boolean.TRUE.equals(replaceAll));
    return changes.make(call, path, replacement::draft);
  }

  /// @param all whether it is replaced wherever it is
  private record Replacement(String from, String to, boolean all) {
    FileChanges.Draft draft(byte @Nullable [] before, String shown) throws IOException {
      if (before == null) {
        throw new IOException("There is no file " + shown + "; Write makes one");
      }
      var text = text(before, shown);
      return fitting(text).in(text, shown);
    }

    private static String text(byte[] bytes, String shown) throws IOException {
      try {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      } catch (CharacterCodingException binary) {
        throw new IOException(shown + " is not UTF-8 text, so it is not edited", binary);
      }
    }

    /// Models write lines that end as on Unix; a file whose lines all end otherwise stays as it is.
    private Replacement fitting(String text) {
      boolean isUnix = Pattern.compile("(?<!\r)\n").matcher(text).find();
      return isUnix || !text.contains("\r\n") || (from + to).contains("\r")
          ? this
          : new Replacement(from.replace("\n", "\r\n"), to.replace("\n", "\r\n"), all);
    }

    private FileChanges.Draft in(String text, String shown) throws IOException {
      var wanted = Pattern.compile(from, Pattern.LITERAL);
      long count = wanted.matcher(text).results().count();
      int first = text.indexOf(from);
      if (count == 0) {
        throw new IOException(absent(text, shown));
      }
      if (!all && text.indexOf(from, first + 1) > 0) {
        throw new IOException(
            "old_string is in %s %,d times; give more of what is around the one you mean, or replace_all"
                .formatted(shown, places(text)));
      }
      var edited = wanted.matcher(text).replaceAll(Matcher.quoteReplacement(to));
      long line = 1 + text.chars().limit(first).filter(c -> c == '\n').count();
      var told =
          count == 1
              ? "Edited %s: one piece, at line %,d.".formatted(shown, line)
              : "Edited %s: %,d pieces.".formatted(shown, count);
      return new FileChanges.Draft(edited, told);
    }

    /// Those that overlap count too: which of them is meant is not known either.
    private int places(String text) {
      int places = 0;
      for (int at = text.indexOf(from); at >= 0; at = text.indexOf(from, at + 1)) {
        places++;
      }
      return places;
    }

    private String absent(String text, String shown) {
      var why =
          folded(text).contains(folded(from))
              ? "it differs in white space from what is there"
              : !to.isEmpty() && text.contains(to)
                  ? "new_string is there: perhaps somebody has made this change"
                  : "perhaps the file was changed since you read it";
      return "old_string is not in " + shown + "; " + why + ". Read the file again.";
    }

    private static String folded(String text) {
      return text.replaceAll("\\s+", "");
    }
  }
}
