package dev.errand.agents;

import dev.errand.job.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// Instructions for one kind of work: a folder with a `SKILL.md`, in the public format of Agent
/// Skills; `docs/skills.md` describes it.
///
/// @param file its `SKILL.md`, in the folder that is called like the skill
/// @param name what the skill is called
/// @param description what it does and when it is of use: all that an agent knows of it beforehand
/// @param body the instructions, in Markdown
/// @param about what else the file says of it: license, compatibility, metadata, allowed-tools
/// @param warnings what in the file means nothing here, with its line
public record Skill(
    Path file,
    String name,
    String description,
    String body,
    Json.Object about,
    List<String> warnings) {
  static final String FILE = "SKILL.md";

  private static final Pattern NAME = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
  private static final int MOST_OF_A_NAME = 64;
  private static final int MOST_OF_A_DESCRIPTION = 1_024;
  private static final int MOST_OF_COMPATIBILITY = 500;
  private static final Set<String> KNOWN =
      Set.of("name", "description", "license", "compatibility", "metadata", "allowed-tools");

  /// What holds a skill in elsewhere; whoever writes it is told what becomes of it.
  private static final Set<String> RULES = Set.of("disable-model-invocation", "hooks", "context");

  public Skill {
    warnings = List.copyOf(warnings);
  }

  /// Reads the skill of a folder, or of its `SKILL.md`.
  ///
  /// @throws IllegalArgumentException if there is none, it cannot be read, or breaks a rule of the
  ///   format; the message names the file, the line where there is one, and what to write
  public static Skill read(Path folderOrFile) {
    var file = Files.isDirectory(folderOrFile) ? fileIn(folderOrFile) : folderOrFile;
    var text = SourceText.of(file, "skill");
    try {
      return read(file, FrontMatter.of(text));
    } catch (AgentFileError wrong) {
      throw new IllegalArgumentException(
          "Skill file %s is wrong in line %d: %s".formatted(file, wrong.line(), wrong.getMessage()),
          wrong);
    }
  }

  /// The `SKILL.md` of a folder, which some write `skill.md`.
  static Path fileIn(Path folder) {
    var file = folder.resolve(FILE);
    var small = folder.resolve("skill.md");
    return !Files.exists(file) && Files.exists(small) ? small : file;
  }

  /// What the folder of a file is called; empty where it has no name.
  static String folderName(Path file) {
    var folder = file.toAbsolutePath().normalize().getParent();
    var name = folder == null ? null : folder.getFileName();
    return name == null ? "" : name.toString();
  }

  /// Whether a skill may be called that.
  static boolean isName(String name) {
    return name.length() <= MOST_OF_A_NAME && NAME.matcher(name).matches();
  }

  /// Its folder, with the files that belong to it.
  public Path folder() {
    return folderOf(file);
  }

  static Path folderOf(Path file) {
    var folder = file.toAbsolutePath().normalize().getParent();
    return folder == null ? file : folder;
  }

  private static Skill read(Path file, FrontMatter front) throws AgentFileError {
    var fields = front.fields();
    var name = required(fields, "name", "it names the skill");
    var description = required(fields, "description", "it says what the skill is for, and when");
    requireName(name, line(fields, "name"), file);
    if (description.length() > MOST_OF_A_DESCRIPTION) {
      throw new AgentFileError(
          line(fields, "description"),
          "description has %,d characters, and may have %,d; say the rest below the front matter"
              .formatted(description.length(), MOST_OF_A_DESCRIPTION));
    }
    var warnings = new ArrayList<>(front.warnings());
    return new Skill(file, name, description, front.body(), about(fields, warnings), warnings);
  }

  private static String required(Map<String, FrontMatter.Field> fields, String key, String why)
      throws AgentFileError {
    var field = fields.get(key);
    if (field == null || field.value() instanceof Json.Null) {
      throw new AgentFileError(
          field == null ? 1 : field.line(),
          "there is no %s; write %s: between two lines --- at the beginning: %s"
              .formatted(key, key, why));
    }
    if (field.value() instanceof Json.Text(var text)) {
      if (text.isBlank()) {
        throw new AgentFileError(field.line(), key + " is blank; " + why);
      }
      return text.strip();
    }
    throw new AgentFileError(
        field.line(),
        "%s must be a text, and not %s; put it in quotes".formatted(key, field.value().print()));
  }

  private static int line(Map<String, FrontMatter.Field> fields, String key) {
    var field = fields.get(key);
    return field == null ? 1 : field.line();
  }

  private static void requireName(String name, int line, Path file) throws AgentFileError {
    if (!isName(name)) {
      throw new AgentFileError(
          line,
          "'%s' is no name for a skill; use at most %d of a to z, 0 to 9 and single hyphens between them"
              .formatted(name, MOST_OF_A_NAME));
    }
    var called = folderName(file);
    if (!name.equals(called)) {
      throw new AgentFileError(
          line,
          "the skill is called %s, and its folder %s; give both the same name"
              .formatted(name, called));
    }
  }

  private static Json.Object about(Map<String, FrontMatter.Field> fields, List<String> warnings)
      throws AgentFileError {
    var about = new LinkedHashMap<String, Json>();
    for (var field : fields.entrySet()) {
      var key = field.getKey();
      var value = field.getValue().value();
      int line = field.getValue().line();
      if (!KNOWN.contains(key)) {
        warnings.add(
            "line %d: %s %s"
                .formatted(
                    line, key, RULES.contains(key) ? "is not heeded" : "means nothing here"));
      } else if (!key.equals("name") && !key.equals("description")) {
        requireFit(key, value, line);
        about.put(key, value);
      }
    }
    return new Json.Object(about);
  }

  private static void requireFit(String key, Json value, int line) throws AgentFileError {
    boolean fits =
        switch (key) {
          case "metadata" -> value instanceof Json.Object;
          case "allowed-tools" -> value instanceof Json.Text || value instanceof Json.Array;
          case "compatibility" ->
              value instanceof Json.Text(var text) && text.length() <= MOST_OF_COMPATIBILITY;
          default -> value instanceof Json.Text;
        };
    if (!fits) {
      var what =
          switch (key) {
            case "metadata" -> "keys with values, on indented lines below it";
            case "allowed-tools" -> "names of tools, with blanks between them";
            case "compatibility" ->
                "a text of at most %d characters".formatted(MOST_OF_COMPATIBILITY);
            default -> "a text";
          };
      throw new AgentFileError(line, key + " must be " + what);
    }
  }
}
