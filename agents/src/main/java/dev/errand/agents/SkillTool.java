package dev.errand.agents;

import dev.errand.agent.Description;
import dev.errand.agent.Tool;
import dev.errand.job.EffectPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The tool `Skill`.
final class SkillTool {
  static final String NAME = "Skill";

  /// The engine shows a model 32,000 characters of a result.
  private static final int MOST = 19_000;

  private static final int MOST_OF_A_LINE = 10_000;
  private static final int MOST_FILES = 100;
  private static final int MOST_LOOKED_AT = 10_000;
  private static final int MOST_LEVELS = 8;
  private static final int MOST_OF_LISTING = 6_000;

  private final Skills skills;

  /// The lines of a text, one after the other.
  private interface Lines {
    TextFile.@Nullable Line next() throws IOException;
  }

  SkillTool(Skills skills) {
    this.skills = skills;
  }

  @Tool(
      name = NAME,
      policy = EffectPolicy.READ_ONLY,
      timeoutSeconds = 60,
      value =
          """
          Loads one of your skills: its instructions, and the names of the other files in its folder. \
          With file it reads one of those instead. Load a skill before you do the work it is for, and \
          a file when the instructions speak of it. What is long comes in parts: the end of the result \
          says how to read on.\
          """)
  String load(
      @Description("The name of the skill.") String name,
      @Description("A file of its folder, such as references/forms.md; default its instructions.")
          @Nullable String file,
      @Description("The number of the first line to show; default 1.") @Nullable Integer offset)
      throws IOException {
    int first = Objects.requireNonNullElse(offset, 1);
    if (first < 1) {
      throw new IllegalArgumentException("offset counts lines from 1 on");
    }
    var skill = skills.load(name);
    var real = skill.folder().toRealPath();
    if (file == null || file.isBlank()) {
      return instructions(skill, real, first);
    }
    try (var text = TextFile.open(resolve(skill, real, file), MOST_OF_A_LINE)) {
      var again = "Skill with name=%s, file=%s and offset=".formatted(name, file);
      return page(text::next, first, MOST, again);
    }
  }

  private static Path resolve(Skill skill, Path real, String file) throws IOException {
    try {
      return new Premises(real, List.of()).resolve(file);
    } catch (IOException outside) {
      throw new IOException(
          "%s is no file of skill %s; give one that the skill lists, such as references/more.md"
              .formatted(file, skill.name()),
          outside);
    }
  }

  private static String instructions(Skill skill, Path real, int first) throws IOException {
    var lines = skill.body().lines().iterator();
    var body =
        page(
            () -> lines.hasNext() ? new TextFile.Line(lines.next(), 0) : null,
            first,
            MOST - MOST_OF_LISTING,
            "Skill with name=%s and offset=".formatted(skill.name()));
    return first > 1
        ? body
        : "# Skill: %s\n\n%s\n\n%s".formatted(skill.name(), body, listing(real));
  }

  private static String listing(Path real) throws IOException {
    var first = new TreeSet<String>();
    int[] count = {0};
    FileWalk.some(
        real,
        MOST_LEVELS,
        (file, attributes) -> {
          var path = real.relativize(file).toString().replace('\\', '/');
          if (path.equalsIgnoreCase(Skill.FILE)) {
            return true;
          }
          if (++count[0] > MOST_LOOKED_AT) {
            return false;
          }
          first.add("- %s (%,d bytes)".formatted(path, attributes.size()));
          if (first.size() > MOST_FILES) {
            first.pollLast();
          }
          return true;
        });
    if (first.isEmpty()) {
      return "[There are no other files in its folder, %s.]".formatted(real);
    }
    var shown = new StringBuilder();
    int listed = 0;
    for (var file : first) {
      if (shown.length() + file.length() > MOST_OF_LISTING - 500) {
        break;
      }
      shown.append(file).append('\n');
      listed++;
    }
    return "Other files in its folder, %s, for Skill with file:\n%s%s"
        .formatted(real, shown, more(count[0], listed))
        .stripTrailing();
  }

  private static String more(int count, int listed) {
    if (count > MOST_LOOKED_AT) {
      return "[%,d more files left out, and what comes after the first %,d.]"
          .formatted(MOST_LOOKED_AT - listed, MOST_LOOKED_AT);
    }
    return count == listed ? "" : "[%,d more files left out.]".formatted(count - listed);
  }

  private static String page(Lines lines, int first, int most, String again) throws IOException {
    var text = new StringBuilder();
    int number = 0;
    for (var line = lines.next(); line != null; line = lines.next()) {
      number++;
      if (number < first) {
        continue;
      }
      var told = line.cut(MOST_OF_A_LINE);
      if (text.length() + told.length() > most && number > first) {
        return text
            + "[Lines %d to %d. There is more: call %s%d.]"
                .formatted(first, number - 1, again, number);
      }
      text.append(told).append('\n');
    }
    if (!text.isEmpty()) {
      return text.toString().stripTrailing();
    }
    return number == 0 ? "[It is empty.]" : "[It has only %,d lines.]".formatted(number);
  }
}
