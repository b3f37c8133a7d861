package dev.errand.agents;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// The folders that skills are looked for in, in the order in which they are looked into: each
/// holds folders with a `SKILL.md`, or one itself.
///
/// Nothing is kept: each call looks at the files as they are. Safe for use by several threads.
///
/// @param folders of which those that are not there count as empty
public record SkillFolders(List<Path> folders) {
  public SkillFolders {
    folders = List.copyOf(folders);
  }

  /// What a folder with a `SKILL.md` is.
  public sealed interface Listed {
    /// A skill.
    record Found(Skill skill) implements Listed {}

    /// A skill whose name is taken.
    ///
    /// @param by the file that comes before it
    record Hidden(Skill skill, Path by) implements Listed {}

    /// One that cannot be read.
    ///
    /// @param message what is wrong with it
    record Broken(Path file, String message) implements Listed {}
  }

  /// The usual ones: `.errand/skills` and `.claude/skills` in the working directory, and then in
  /// the home directory.
  public static SkillFolders of(Path directory, Path home) {
    return new SkillFolders(
        List.of(
            directory.resolve(".errand/skills"),
            directory.resolve(".claude/skills"),
            home.resolve(".errand/skills"),
            home.resolve(".claude/skills")));
  }

  /// All skills, in the order of the folders, and within each by name. Of several of one name the
  /// first counts; a file that is met twice is listed once, and one that is a skill by one of the
  /// ways that lead to it is not broken for the others.
  public List<Listed> list() {
    var listed = new LinkedHashMap<Path, Listed>();
    Map<String, Path> taken = new HashMap<>();
    Set<Path> skills = new HashSet<>();
    for (var folder : folders) {
      for (var file : filesIn(folder)) {
        if (!listed.containsKey(file) && !skills.contains(real(file))) {
          var found = look(file, taken);
          listed.put(file, found);
          if (!(found instanceof Listed.Broken)) {
            skills.add(real(file));
          }
        }
      }
    }
    return listed.values().stream()
        .filter(
            one -> !(one instanceof Listed.Broken broken && skills.contains(real(broken.file()))))
        .toList();
  }

  private static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException unreadable) {
      return file;
    }
  }

  private static Listed look(Path file, Map<String, Path> taken) {
    try {
      var skill = Skill.read(file);
      var first = taken.putIfAbsent(skill.name(), file);
      return first == null ? new Listed.Found(skill) : new Listed.Hidden(skill, first);
    } catch (IllegalArgumentException broken) {
      return new Listed.Broken(file, String.valueOf(broken.getMessage()));
    }
  }

  private static List<Path> filesIn(Path folder) {
    if (isSkill(folder)) {
      return List.of(Skill.fileIn(folder));
    }
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> below = Files.list(folder)) {
      return below.filter(SkillFolders::isSkill).sorted().map(Skill::fileIn).toList();
    } catch (IOException unreadable) {
      return List.of();
    }
  }

  private static boolean isSkill(Path folder) {
    return Files.isDirectory(folder) && Files.exists(Skill.fileIn(folder));
  }

  /// Where they are, in words.
  String places() {
    return String.join(", ", folders.stream().map(Path::toString).toList());
  }
}
