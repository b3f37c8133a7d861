package dev.errand.agents;

import dev.errand.agent.ToolFunction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The skills of an agent: their names and descriptions for its prompt, and the tool that loads
/// one.
///
/// What the prompt says is frozen in the job's definition, for its subtasks too; what the tool
/// returns is read from the files with each call, of the folder where the skill was found when this
/// was made: one of the same name that turns up elsewhere does not take its place. Safe for use by
/// several threads.
public final class Skills {
  private static final String PREFACE =
      """
      You have skills: instructions for particular kinds of work, of which you see only what each is \
      for. When one fits what you are to do, load it first, by Skill with its name, and go by it:
      """;

  private final SkillFolders folders;
  private final @Nullable Set<String> chosen;
  private final List<Skill> found;

  /// Where each is read from, those too that were broken.
  private final Map<String, Path> files;

  private final List<String> warnings;

  private Skills(SkillFolders folders, @Nullable Set<String> chosen) {
    this.folders = folders;
    this.chosen = chosen;
    var all = new LinkedHashMap<String, Skill>();
    var told = new ArrayList<String>();
    var broken = new HashMap<String, Path>();
    for (var listed : folders.list()) {
      switch (listed) {
        case SkillFolders.Listed.Found(var skill) when isGiven(skill.name()) -> {
          all.put(skill.name(), skill);
          skill.warnings().forEach(words -> told.add("Skill " + skill.name() + ", " + words));
        }
        case SkillFolders.Listed.Broken(var file, var why) when isGiven(Skill.folderName(file)) -> {
          told.add(why);
          broken.putIfAbsent(Skill.folderName(file), file);
        }
        case SkillFolders.Listed.Broken ignored -> {}
        case SkillFolders.Listed.Found ignored -> {}
        case SkillFolders.Listed.Hidden ignored -> {}
      }
    }
    var names = chosen == null ? all.keySet() : chosen;
    names.stream()
        .filter(name -> !all.containsKey(name) && !broken.containsKey(name))
        .forEach(name -> told.add(missing(name)));
    this.found = names.stream().flatMap(name -> Stream.ofNullable(all.get(name))).toList();
    this.warnings = List.copyOf(told);
    var places = new HashMap<>(broken);
    found.forEach(skill -> places.put(skill.name(), skill.file()));
    this.files = Map.copyOf(places);
  }

  private String missing(String name) {
    return "Skill %s is not in %s; the agent has to do without it"
        .formatted(name, folders.places());
  }

  /// All that there are in these folders: each holds folders with a `SKILL.md`, or one itself.
  public static Skills in(Path... folders) {
    return of(new SkillFolders(List.of(folders)));
  }

  /// All that there are in these folders.
  public static Skills of(SkillFolders folders) {
    return new Skills(folders, null);
  }

  /// Those of them with these names, in that order; one that is not there is left out, with a
  /// [warning][#warnings].
  ///
  /// @throws IllegalArgumentException if no skill may have such a name
  public Skills only(String... names) {
    for (var name : names) {
      if (!Skill.isName(name)) {
        throw new IllegalArgumentException(
            "'%s' is no name of a skill; they have a to z, 0 to 9 and hyphens".formatted(name));
      }
    }
    return new Skills(
        folders,
        Stream.of(names)
            .filter(this::isGiven)
            .collect(Collectors.toCollection(LinkedHashSet::new)));
  }

  /// The skills.
  public List<Skill> all() {
    return found;
  }

  /// What was left out, and why, and what in the files means nothing here.
  public List<String> warnings() {
    return warnings;
  }

  /// An agent's instructions, followed by the names and descriptions of the skills.
  public String instructions(String instructions) {
    if (found.isEmpty()) {
      return instructions;
    }
    var listed =
        found.stream()
            .map(skill -> "- %s: %s".formatted(skill.name(), oneLine(skill.description())))
            .collect(Collectors.joining("\n"));
    return Stream.of(instructions.stripTrailing(), PREFACE + listed)
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining("\n\n"));
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s+", " ");
  }

  /// The tool `Skill`, which loads a skill, or a file of its folder, as it is at that moment.
  public ToolFunction tool() {
    return Heeding.tool(new SkillTool(this));
  }

  /// Whether the agent may have a skill of that name.
  boolean isGiven(String name) {
    return chosen == null || chosen.contains(name);
  }

  /// The skill of that name, as it is now.
  ///
  /// @throws IllegalArgumentException if it is not the agent's, is gone, or is broken
  Skill load(String name) {
    var file = files.get(name);
    if (file == null) {
      throw new IllegalArgumentException(unknown(name));
    }
    if (!Files.exists(file)) {
      throw new IllegalArgumentException(
          "Skill %s is gone: it is not in %s any more. Go on without it."
              .formatted(name, Skill.folderOf(file)));
    }
    return Skill.read(file);
  }

  private String unknown(String name) {
    var names = found.stream().map(Skill::name).collect(Collectors.joining(", "));
    return "There is no skill %s here; %s"
        .formatted(name, names.isEmpty() ? "there are none" : "there are " + names);
  }
}
