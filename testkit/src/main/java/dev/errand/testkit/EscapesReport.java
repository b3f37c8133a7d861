package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.JobId;
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

  /// Whether the report is of restricted mode, and not of what holds where code may say anything.
  protected abstract boolean restricted();

  @Test
  void the_page_says_which_attempts_are_held() throws Exception {
    var fence = restricted() ? Escape.Where.RESTRICTED : Escape.Where.CONFINED;
    var report = introduction() + table(Escape.heldBy(fence).toList());
    var made = Files.writeString(Path.of("target", page().getFileName().toString()), report);
    assertThat(page())
        .as("Something is held that was not, or the reverse; if that is right, copy %s", made)
        .content()
        .isEqualTo(report);
  }

  private String table(List<Escape> all) throws Exception {
    var taken = taken(all);
    var families = new TreeMap<String, List<Escape>>();
    all.forEach(
        one -> families.computeIfAbsent(one.category(), ignored -> new ArrayList<>()).add(one));
    var lines = new ArrayList<String>();
    lines.add("\n| family | attempts | held | not held |\n|---|---|---|---|");
    families.forEach((family, attempts) -> lines.add(row(family, attempts, taken)));
    lines.add(row("all", all, taken));
    if (!taken.isEmpty()) {
      lines.add("\nNot held, and what it got:\n");
      taken.forEach((escape, loot) -> lines.add("- " + escape + " (" + named(loot) + ")"));
    }
    return String.join("\n", lines) + "\n";
  }

  private static String row(String family, List<Escape> attempts, Map<Escape, Set<Prize>> taken) {
    long lost = attempts.stream().filter(taken::containsKey).count();
    return "| %s | %d | %d | %d |".formatted(family, attempts.size(), attempts.size() - lost, lost);
  }

  private static String named(Set<Prize> loot) {
    return loot.stream()
        .map(prize -> prize.name().toLowerCase(Locale.ROOT).replace('_', ' '))
        .collect(Collectors.joining(", "));
  }

  /// The attempts that got something. One victim serves for all of them, until somebody gets at it.
  private Map<Escape, Set<Prize>> taken(List<Escape> attempts) throws Exception {
    var taken = new LinkedHashMap<Escape, Set<Prize>>();
    try (var other = new DrivenJob(runtime(), new JobId("victim"));
        var fresh = attacker()) {
      var before = Treasury.probed(fresh);
      for (var escape : attempts) {
        var place = Files.createTempDirectory(folder, "attempt");
        try (var treasury = new Treasury(place, other, signsOfTheDriver());
            var job = treasury.equip(attacker())) {
          var loot = treasury.take(escape, job, before);
          if (!loot.isEmpty()) {
            taken.put(escape, loot);
          }
        }
      }
    }
    return taken;
  }

  private DrivenJob attacker() {
    var job = new DrivenJob(runtime(), new JobId("attacker"));
    return restricted() ? job : job.unrestricted();
  }
}
