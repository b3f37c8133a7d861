package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.JobId;
import dev.errand.testkit.Escape.Where;
import dev.errand.testkit.Treasury.Prize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Which [Escape]s a runtime holds that does not promise to hold them all: a page of the
/// documentation, which must be what comes out.
///
/// An implementation extends it and gives its runtime and the page. The tests are started with the
/// environment variable `ERRAND_PLANTED`.
@SuppressWarnings("JUnitClassModifiers") // it is for other modules to extend
public abstract class EscapesReport extends Escapes {
  /// The page that has the report.
  protected abstract Path page();

  /// What the page says before the report.
  protected abstract String introduction();

  /// Of how many attempts one is carried out, and the page believed in the others; default all are
  /// carried out.
  protected int oneIn() {
    return 1;
  }

  /// A section of the page.
  ///
  /// @param attempts what is tried
  /// @param restricted whether in restricted mode
  /// @param oneIn of how many one is carried out
  private record Section(String title, List<Escape> attempts, boolean restricted, int oneIn) {
    String heading() {
      return "\n## " + title + "\n";
    }

    /// What a page has of it.
    String in(String page) {
      int from = Math.max(0, page.indexOf(heading()));
      int end = page.indexOf("\n## ", from + 1);
      return page.substring(from, end < 0 ? page.length() : end);
    }
  }

  @Test
  void the_page_says_which_attempts_are_held() throws Exception {
    var published = Files.exists(page()) ? Files.readString(page()) : "";
    var report = new StringBuilder(introduction());
    for (var section : sections()) {
      report.append(section.heading()).append(table(section.attempts, taken(section, published)));
    }
    var made = Path.of("target", page().getFileName().toString());
    Files.writeString(made, report);
    assertThat(published)
        .as("Something is held that was not, or the reverse; if that is right, copy %s", made)
        .isEqualTo(report.toString());
  }

  private List<Section> sections() {
    var restricted = Escape.heldBy(Where.RESTRICTED).toList();
    var confined = Escape.heldBy(Where.CONFINED).toList();
    return List.of(
        new Section("In restricted mode", restricted, true, oneIn()),
        new Section("Outside restricted mode", confined, false, oneIn()),
        new Section("Controls, outside restricted mode", Escape.in("controls"), false, 1));
  }

  private static String table(List<Escape> all, Map<Escape, String> taken) {
    var families = new TreeMap<String, List<Escape>>();
    all.forEach(
        one -> families.computeIfAbsent(one.category(), ignored -> new ArrayList<>()).add(one));
    var lines = new ArrayList<String>();
    lines.add("\n| family | attempts | held | not held |\n|---|---|---|---|");
    families.forEach((family, attempts) -> lines.add(row(family, attempts, taken)));
    lines.add(row("all", all, taken));
    if (!taken.isEmpty()) {
      lines.add("\nNot held, and what it got:\n");
      taken.forEach((escape, loot) -> lines.add(start(escape) + loot + ")"));
    }
    return String.join("\n", lines) + "\n";
  }

  private static String row(String family, List<Escape> attempts, Map<Escape, String> taken) {
    long lost = attempts.stream().filter(taken::containsKey).count();
    return "| %s | %d | %d | %d |".formatted(family, attempts.size(), attempts.size() - lost, lost);
  }

  private static String start(Escape escape) {
    return "- " + escape + " (";
  }

  private static String published(Escape escape, String section) {
    return section
        .lines()
        .filter(line -> line.startsWith(start(escape)))
        .map(line -> line.substring(start(escape).length(), line.length() - 1))
        .findFirst()
        .orElse("");
  }

  private static String named(Set<Prize> loot) {
    return loot.stream()
        .map(prize -> prize.name().toLowerCase(Locale.ROOT).replace('_', ' '))
        .collect(Collectors.joining(", "));
  }

  /// The attempts that got something, and what. One victim serves for all of them, until somebody
  /// gets at it.
  private Map<Escape, String> taken(Section section, String page) throws Exception {
    var taken = new LinkedHashMap<Escape, String>();
    try (var other = new DrivenJob(runtime(), new JobId("victim"));
        var fresh = attacker(section.restricted)) {
      var before = Treasury.probed(fresh);
      for (int i = 0; i < section.attempts.size(); i++) {
        var escape = section.attempts.get(i);
        var loot =
            i % section.oneIn == 0
                ? loot(escape, other, section.restricted, before)
                : published(escape, section.in(page));
        if (!loot.isEmpty()) {
          taken.put(escape, loot);
        }
      }
    }
    return taken;
  }

  private String loot(Escape escape, DrivenJob other, boolean restricted, String before)
      throws Exception {
    var place = Files.createTempDirectory(folder, "attempt");
    try (var treasury = new Treasury(place, other, signsOfTheDriver());
        var job = treasury.equip(attacker(restricted))) {
      return named(treasury.take(escape, job, before));
    }
  }

  private DrivenJob attacker(boolean restricted) {
    var job = new DrivenJob(runtime(), new JobId("attacker"));
    return restricted ? job : job.unrestricted();
  }
}
