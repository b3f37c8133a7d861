package dev.errand.agents;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The folders that agent files are looked for in, in the order in which they are looked into.
///
/// Nothing is kept: each call looks at the files as they are. Safe for use by several threads.
///
/// @param folders of which those that are not there count as empty
public record AgentFolders(List<Path> folders) {
  private static final int MOST_LEVELS = 16;

  public AgentFolders {
    folders = List.copyOf(folders);
  }

  /// What a file in such a folder is.
  public sealed interface Listed {
    /// The file.
    Path path();

    /// An agent.
    record Found(AgentFile file) implements Listed {
      @Override
      public Path path() {
        return file.path();
      }
    }

    /// An agent whose name is taken.
    ///
    /// @param by the file that comes before it
    record Hidden(AgentFile file, Path by) implements Listed {
      @Override
      public Path path() {
        return file.path();
      }
    }

    /// A file that cannot be read.
    ///
    /// @param message what is wrong with it
    record Broken(Path path, String message) implements Listed {}
  }

  /// The usual ones: `.errand/agents` and `.claude/agents` in the working directory, and then in
  /// the home directory.
  public static AgentFolders of(Path directory, Path home) {
    return new AgentFolders(
        List.of(
            directory.resolve(".errand/agents"),
            directory.resolve(".claude/agents"),
            home.resolve(".errand/agents"),
            home.resolve(".claude/agents")));
  }

  /// All files `*.md` below the folders, in their order, and within each by their paths. Of several
  /// agents of one name the first counts; a file that is met twice is listed once.
  public List<Listed> list() {
    var listed = new ArrayList<Listed>();
    Map<String, Path> taken = new HashMap<>();
    Set<Path> seen = new HashSet<>();
    for (var folder : folders) {
      for (var path : filesBelow(folder)) {
        if (seen.add(real(path))) {
          listed.add(look(path, taken));
        }
      }
    }
    return List.copyOf(listed);
  }

  /// The working directory may be the home directory, and links may lead to one file.
  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException unreadable) {
      return path;
    }
  }

  private static Listed look(Path path, Map<String, Path> taken) {
    try {
      var file = AgentFile.read(path);
      var first = taken.putIfAbsent(file.name(), path);
      return first == null ? new Listed.Found(file) : new Listed.Hidden(file, first);
    } catch (IllegalArgumentException broken) {
      return new Listed.Broken(path, String.valueOf(broken.getMessage()));
    }
  }

  /// The agent of that name, or in that file if it ends with `.md` or has a `/` in it.
  ///
  /// @throws IllegalArgumentException if there is none, or its file is broken; the message says
  ///   which there are
  public AgentFile find(String nameOrPath) {
    if (nameOrPath.toLowerCase(Locale.ROOT).endsWith(".md") || nameOrPath.contains("/")) {
      return AgentFile.read(Path.of(nameOrPath));
    }
    var names = new ArrayList<String>();
    for (var listed : list()) {
      switch (listed) {
        case Listed.Found(var file) when file.name().equals(nameOrPath) -> {
          return file;
        }
        case Listed.Broken(var path, var message) when AgentFile.nameOf(path).equals(nameOrPath) ->
            throw new IllegalArgumentException(message);
        case Listed.Found(var file) -> names.add(file.name());
        case Listed.Hidden ignored -> {}
        case Listed.Broken ignored -> {}
      }
    }
    throw unknown(nameOrPath, names);
  }

  private IllegalArgumentException unknown(String name, List<String> names) {
    var places = String.join(", ", folders.stream().map(Path::toString).toList());
    return new IllegalArgumentException(
        names.isEmpty()
            ? "There is no agent %s, nor any other: there are no files *.md in %s"
                .formatted(name, places)
            : "There is no agent %s; there are %s, in %s"
                .formatted(name, String.join(", ", names), places));
  }

  /// What cannot be looked into is passed over; links are followed, as far as they do not go round.
  private static List<Path> filesBelow(Path folder) {
    var files = new ArrayList<Path>();
    if (!Files.isDirectory(folder)) {
      return files;
    }
    try {
      Files.walkFileTree(folder, Set.of(FileVisitOption.FOLLOW_LINKS), MOST_LEVELS, into(files));
    } catch (IOException unreadable) {
      return files;
    }
    files.sort(null);
    return files;
  }

  private static SimpleFileVisitor<Path> into(List<Path> files) {
    return new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
        if (file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".md")) {
          files.add(file);
        }
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult visitFileFailed(Path file, IOException unreadable) {
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult postVisitDirectory(Path below, @Nullable IOException unreadable) {
        return FileVisitResult.CONTINUE;
      }
    };
  }
}
