package dev.errand.verification;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// One page of the documentation, as its tests read it.
///
/// @param file where it is
/// @param lines its text
record Page(Path file, List<String> lines) {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\(([^)\\s]+)\\)");
  private static final Pattern COMMENT = Pattern.compile("<!--\\s*(.*?)\\s*-->");

  /// A fenced block of code.
  ///
  /// @param line of its first line of code, from 1
  /// @param language the word after the fence; empty for none
  /// @param steering what the comment on the line before says; empty for none
  /// @param code its text
  record Fence(int line, String language, String steering, String code) {}

  /// A table: its cells by row, the header first and the ruler left out.
  record Table(List<List<String>> rows) {
    List<String> header() {
      return rows.getFirst();
    }

    List<List<String>> body() {
      return rows.subList(1, rows.size());
    }

    /// The first cells of the body, without the marks of code.
    List<String> names() {
      return body().stream().map(row -> row.getFirst().replace("`", "")).toList();
    }
  }

  static Page of(String path) {
    return read(ROOT.resolve(path));
  }

  /// The pages for users; decisions, which speak of their day, left out.
  static List<Page> forUsers() {
    return Stream.of(
            List.of(of("README.md"), of("CONTRIBUTING.md"), of("CHANGELOG.md")), in("docs"))
        .flatMap(List::stream)
        .toList();
  }

  /// The pages of one folder.
  static List<Page> in(String folder) {
    try (var files = Files.list(ROOT.resolve(folder))) {
      return files
          .filter(file -> file.toString().endsWith(".md"))
          .sorted()
          .map(Page::read)
          .toList();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static Page read(Path file) {
    try {
      return new Page(file, Files.readAllLines(file));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  String name() {
    return ROOT.relativize(file).toString();
  }

  /// The one table whose header begins with these cells.
  Table table(String... header) {
    var found =
        tables().stream()
            .filter(table -> table.header().size() >= header.length)
            .filter(table -> table.header().subList(0, header.length).equals(List.of(header)))
            .toList();
    if (found.size() != 1) {
      throw new AssertionError(
          name() + " has " + found.size() + " tables with the header " + List.of(header));
    }
    return found.getFirst();
  }

  private List<Table> tables() {
    var tables = new ArrayList<Table>();
    var rows = new ArrayList<List<String>>();
    for (var line : Stream.concat(prose().stream(), Stream.of("")).toList()) {
      if (line.startsWith("|")) {
        rows.add(cells(line));
      } else if (!rows.isEmpty()) {
        rows.remove(1);
        tables.add(new Table(List.copyOf(rows)));
        rows.clear();
      }
    }
    return tables;
  }

  private static List<String> cells(String line) {
    var inner = line.strip().replaceFirst("^\\|", "").replaceFirst("\\|$", "");
    return Stream.of(inner.split("(?<!\\\\)\\|", -1)).map(String::strip).toList();
  }

  /// The code on the page.
  List<Fence> fences() {
    var fences = new ArrayList<Fence>();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).startsWith("```")) {
        continue;
      }
      int end = i + 1;
      while (!lines.get(end).startsWith("```")) {
        end++;
      }
      var code = String.join("\n", lines.subList(i + 1, end)) + "\n";
      fences.add(new Fence(i + 2, lines.get(i).substring(3).strip(), steering(i - 1), code));
      i = end;
    }
    return fences;
  }

  private String steering(int line) {
    int above = line >= 0 && lines.get(line).isBlank() ? line - 1 : line;
    var comment = COMMENT.matcher(above < 0 ? "" : lines.get(above));
    return comment.matches() ? comment.group(1) : "";
  }

  /// The page without its code.
  private List<String> prose() {
    var prose = new ArrayList<String>();
    boolean fenced = false;
    for (var line : lines) {
      if (line.startsWith("```")) {
        fenced = !fenced;
      } else if (!fenced) {
        prose.add(line);
      }
    }
    return prose;
  }

  /// Where its links lead, as written.
  List<String> links() {
    return prose().stream()
        .flatMap(line -> LINK.matcher(line).results().map(link -> link.group(1)))
        .toList();
  }

  /// The anchors of its headings, as a forge makes them.
  List<String> anchors() {
    return prose().stream()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("^#+\\s*", "").toLowerCase(java.util.Locale.ROOT))
        .map(title -> title.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .toList();
  }
}
