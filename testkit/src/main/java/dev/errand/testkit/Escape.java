package dev.errand.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// An attempt of a job's code to get at what is not its own.
///
/// The attempts stand in `escapes/CATEGORY.txt`, one after another: a line `=== NAME`, which may
/// end in `[confined]` or `[both]`, and Python. A line `---` ends a block; between two blocks the
/// workspace is given up and opened again. `@WORDS@` are filled in by [Treasury].
///
/// @param category what kind of way it tries
/// @param name what it tries
/// @param where which fence it is for
/// @param blocks its code
record Escape(String category, String name, Where where, List<String> blocks) {
  /// Which fence must hold it.
  enum Where {
    /// The rules and guards of restricted mode.
    RESTRICTED,
    /// The operating system's confinement, where code may say anything.
    CONFINED,
    /// Either by itself.
    BOTH;

    boolean isFor(Where fence) {
      return this == BOTH || this == fence;
    }
  }

  private static final List<String> CATEGORIES =
      List.of(
          "attributes",
          "classes",
          "driver",
          "endings",
          "formats",
          "frames",
          "imports",
          "library",
          "otherjobs",
          "pickles",
          "system");
  private static final Pattern HEAD = Pattern.compile("=== (.+?)(?: \\[(\\w+)])?");

  Escape {
    blocks = List.copyOf(blocks);
  }

  /// All attempts.
  static List<Escape> all() {
    return CATEGORIES.stream().flatMap(category -> in(category).stream()).toList();
  }

  /// Those that a fence must hold.
  static Stream<Escape> heldBy(Where fence) {
    return all().stream().filter(escape -> escape.where.isFor(fence));
  }

  /// The attempts of one file.
  static List<Escape> in(String category) {
    var escapes = new ArrayList<Escape>();
    for (var part : ("\n" + text(category + ".txt")).split("\n(?==== )", -1)) {
      var lines = part.split("\n", 2);
      var head = HEAD.matcher(lines[0]);
      if (head.matches()) {
        var where = head.group(2) == null ? "RESTRICTED" : head.group(2).toUpperCase(Locale.ROOT);
        escapes.add(
            new Escape(
                category,
                head.group(1),
                Where.valueOf(where),
                List.of(lines[1].split("(?m)^---\n", -1))));
      }
    }
    return escapes;
  }

  /// The text of a file beside the attempts.
  static String text(String file) {
    var resource = "escapes/" + file;
    try (var content = Escape.class.getResourceAsStream(resource)) {
      var bytes = Objects.requireNonNull(content, resource).readAllBytes();
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  @Override
  public String toString() {
    return category + ": " + name;
  }
}
