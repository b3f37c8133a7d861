package dev.errand.agents;

import dev.errand.agent.Description;
import dev.errand.agent.Tool;
import dev.errand.job.EffectPolicy;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The tool `Read`.
final class ReadTool {
  private static final int MOST_LINES = 2_000;
  private static final int MOST_OF_A_LINE = 2_000;

  private final Premises premises;

  ReadTool(Premises premises) {
    this.premises = premises;
  }

  @Tool(
      name = "Read",
      policy = EffectPolicy.READ_ONLY,
      timeoutSeconds = 60,
      value =
          """
          Shows a text file with line numbers, each followed by a tab and the line. One call shows at \
          most 2,000 lines and 30,000 characters, of each line at most 2,000 characters; the end of \
          the result says how to read on. Line numbers are not part of the file: leave them out of \
          what you give to Edit.\
          """)
  String read(
      @Description("The file, from the working directory on, or absolute.") String path,
      @Description("The number of the first line to show; default 1.") @Nullable Integer offset,
      @Description("How many lines to show; default and most 2,000.") @Nullable Integer limit)
      throws IOException {
    int first = Objects.requireNonNullElse(offset, 1);
    int most = Objects.requireNonNullElse(limit, MOST_LINES);
    if (first < 1 || most < 1) {
      throw new IllegalArgumentException("offset and limit count lines from 1 on");
    }
    try (var file = TextFile.open(premises.resolve(path), MOST_OF_A_LINE)) {
      return shown(file, first, Math.min(most, MOST_LINES));
    }
  }

  private static String shown(TextFile file, int first, int most) throws IOException {
    var text = new StringBuilder();
    int number = 0;
    for (var line = file.next(); line != null; line = file.next()) {
      number++;
      if (number < first) {
        continue;
      }
      var told = "%6d\t%s\n".formatted(number, line.cut(MOST_OF_A_LINE));
      if (number - first == most || text.length() + told.length() > Clip.MOST) {
        return text
            + "[Lines %d to %d. The file goes on: call Read with offset=%d.]"
                .formatted(first, number - 1, number);
      }
      text.append(told);
    }
    return text.isEmpty() ? nothing(number) : text.toString().stripTrailing();
  }

  private static String nothing(int lines) {
    return lines == 0 ? "[The file is empty.]" : "[The file has only %,d lines.]".formatted(lines);
  }
}
