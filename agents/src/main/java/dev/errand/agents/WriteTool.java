package dev.errand.agents;

import dev.errand.agent.Description;
import dev.errand.agent.Tool;
import dev.errand.agent.ToolFunction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The tool `Write`.
final class WriteTool {
  private final FileChanges changes;

  WriteTool(FileChanges changes) {
    this.changes = changes;
  }

  @Tool(
      name = "Write",
      timeoutSeconds = 60,
      value =
          """
          Writes a whole text file, in UTF-8: makes it, with the folders it is in, or replaces all of \
          it. To change a part of a file use Edit, which does not undo what others have changed.\
          """)
  String write(
      @Description("The file, from the working directory on, or absolute.") String path,
      @Description("All that the file is to hold.") String content,
      ToolFunction.Call call)
      throws IOException, InterruptedException {
    var bytes = content.getBytes(StandardCharsets.UTF_8);
    return changes.make(
        call, path, (before, shown) -> new FileChanges.Draft(content, told(before, bytes, shown)));
  }

  private static String told(byte @Nullable [] before, byte[] after, String shown) {
    if (before == null) {
      return "Created %s: %,d bytes.".formatted(shown, after.length);
    }
    return Arrays.equals(before, after)
        ? "%s holds exactly that already.".formatted(shown)
        : "Overwrote %s: %,d bytes in place of %,d.".formatted(shown, after.length, before.length);
  }
}
