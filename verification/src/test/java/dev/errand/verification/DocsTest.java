package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.JobStatus;
import dev.errand.job.Outcome;
import dev.errand.job.TaskError;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What the documentation says and the code can confirm.
class DocsTest {
  private static final Page LIFECYCLE = Page.of("docs/job-lifecycle.md");

  @Test
  void the_lifecycle_names_every_status() {
    assertThat(LIFECYCLE.table("status").names()).isEqualTo(names(JobStatus.values()));
  }

  @Test
  void the_table_of_moves_is_what_a_status_allows() {
    var written = LIFECYCLE.table("from").rows();
    var allowed = new ArrayList<List<String>>();
    allowed.add(Stream.concat(Stream.of("from"), names(JobStatus.values()).stream()).toList());
    for (var from : JobStatus.values()) {
      var row = new ArrayList<>(List.of("`" + from + "`"));
      for (var to : JobStatus.values()) {
        row.add(from == to ? "stays" : from.mayBecome(to) ? "yes" : "no");
      }
      allowed.add(row);
    }
    assertThat(written).isEqualTo(allowed);
  }

  @Test
  void the_lifecycle_names_every_outcome() {
    var outcomes =
        Stream.of(Outcome.class.getPermittedSubclasses()).map(Class::getSimpleName).toList();
    assertThat(LIFECYCLE.table("outcome").names())
        .isEqualTo(outcomes.stream().map(DocsTest::code).toList());
  }

  @Test
  void the_lifecycle_names_every_reason() {
    assertThat(LIFECYCLE.table("reason").names())
        .isEqualTo(Stream.of(TaskError.Kind.values()).map(TaskError.Kind::code).toList());
  }

  @Test
  void the_lifecycle_names_every_policy() {
    assertThat(LIFECYCLE.table("policy").names().stream().map(DocsTest::firstWord))
        .isEqualTo(names(EffectPolicy.values()));
  }

  @Test
  void the_history_page_names_every_kind_of_entry() {
    assertThat(Page.of("docs/history.md").table("kind", "when").names())
        .isEqualTo(Stream.of(Entry.Kind.values()).map(Entry.Kind::code).toList());
  }

  @Test
  void the_readme_names_every_module() {
    var pom = Page.of("pom.xml").lines();
    var modules =
        pom.stream()
            .map(String::strip)
            .filter(line -> line.startsWith("<module>"))
            .map(line -> line.replaceAll("</?module>", ""))
            .toList();
    assertThat(Page.of("README.md").table("module").names())
        .containsExactlyInAnyOrderElementsOf(modules);
  }

  @Test
  void every_decision_is_listed() {
    var listed = Page.of("docs/decisions/README.md").links();
    var files =
        Page.in("docs/decisions").stream()
            .map(page -> page.file().getFileName().toString())
            .filter(file -> !file.equals("README.md"))
            .toList();
    assertThat(listed).isEqualTo(files);
  }

  @Test
  void every_link_leads_somewhere() {
    var pages = Stream.concat(Page.forUsers().stream(), Page.in("docs/decisions").stream());
    assertThat(
            pages.flatMap(
                page ->
                    page.links().stream()
                        .filter(link -> isBroken(page, link))
                        .map(link -> page.name() + ": " + link)))
        .as("links that lead nowhere")
        .isEmpty();
  }

  private static boolean isBroken(Page page, String link) {
    if (link.matches("[a-z]+:.*")) {
      return false;
    }
    int hash = link.indexOf('#');
    var path = hash < 0 ? link : link.substring(0, hash);
    var target = path.isEmpty() ? page.file() : page.file().resolveSibling(path).normalize();
    if (!target.startsWith(Page.ROOT) || !Files.exists(target)) {
      return true;
    }
    return hash >= 0
        && !Page.of(Page.ROOT.relativize(target).toString())
            .anchors()
            .contains(link.substring(hash + 1));
  }

  private static List<String> names(Enum<?>[] values) {
    return Stream.of(values).map(Enum::name).toList();
  }

  private static String firstWord(String text) {
    return text.split(" ", 2)[0];
  }

  /// `BudgetExhausted` becomes `budget_exhausted`.
  private static String code(String name) {
    return name.replaceAll("(?<=.)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }
}
