package dev.errand.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullMarked
class PermissionsTest {
  private static final Permissions CAREFUL =
      Permissions.ALL
          .allow("Read", "Bash(git status)", "Bash(git diff:*)", "Bash(ls *)")
          .ask("Bash", "Write(src/*)", "Read(secrets/**)")
          .deny("Bash(rm:*)", "Write(**/.git/**)", "mcp__bank");

  @ParameterizedTest
  @CsvSource({
    "Read, ALLOW",
    "Bash, ASK",
    "Write, ALLOW",
    "mcp__bank__pay, DENY",
    "mcp__bankrupt__pay, ALLOW",
    "WebFetch, ALLOW"
  })
  void a_rule_without_a_pattern_is_about_all_calls_of_its_tool(String tool, Verdict verdict) {
    assertThat(verdict(CAREFUL, tool, Rule.Subject.text("something"))).isEqualTo(verdict);
  }

  @ParameterizedTest
  @CsvSource({
    "git status, ALLOW",
    "git status -s, ASK",
    "git diff, ALLOW",
    "git diff HEAD~1 -- a/b, ALLOW",
    "git difftool, ASK",
    "ls a/b/c, ALLOW",
    "rm, DENY",
    "rm -rf /, DENY",
    "rmdir x, ASK"
  })
  void patterns_of_texts_are_beginnings_or_have_stars_for_anything(
      String command, Verdict verdict) {
    assertThat(verdict(CAREFUL, "Bash", Rule.Subject.text(command))).isEqualTo(verdict);
  }

  @ParameterizedTest
  @CsvSource({
    "src/a.txt, ASK",
    "src/a/b.txt, ALLOW",
    "src/.git/config, DENY",
    "a/b/.git/config, DENY",
    ".git/config, DENY",
    "readme, ALLOW"
  })
  void a_star_in_the_pattern_of_a_path_ends_at_a_slash_and_two_do_not(
      String path, Verdict verdict) {
    assertThat(verdict(CAREFUL, "Write", Rule.Subject.path(path))).isEqualTo(verdict);
  }

  @Test
  void the_narrower_rule_counts_before_the_wider_and_a_denial_before_all() {
    assertThat(verdict(CAREFUL, "Read", Rule.Subject.path("secrets/a/b"))).isEqualTo(Verdict.ASK);
    assertThat(verdict(CAREFUL, "Read", Rule.Subject.path("open"))).isEqualTo(Verdict.ALLOW);
    var denied = CAREFUL.deny("Read").allow("Read(open)");
    assertThat(verdict(denied, "Read", Rule.Subject.path("open"))).isEqualTo(Verdict.DENY);
  }

  @Test
  void all_parts_of_a_call_must_be_allowed_and_one_is_enough_to_deny_it() {
    assertThat(verdict(CAREFUL, "Bash", text("git status"), text("ls x"))).isEqualTo(Verdict.ALLOW);
    assertThat(verdict(CAREFUL, "Bash", text("git status"), text("make"))).isEqualTo(Verdict.ASK);
    assertThat(verdict(CAREFUL, "Bash", text("git status"), text("rm x"))).isEqualTo(Verdict.DENY);
  }

  @Test
  void what_no_pattern_can_judge_is_denied_by_any_and_allowed_by_none() {
    assertThat(verdict(CAREFUL, "Bash")).isEqualTo(Verdict.DENY);
    var without = Permissions.ALL.allow("Bash(ls:*)").otherwise(Verdict.ASK);
    assertThat(verdict(without, "Bash")).isEqualTo(Verdict.ASK);
    assertThat(verdict(without.allow("Bash"), "Bash")).isEqualTo(Verdict.ALLOW);
    assertThat(verdict(Permissions.ALL.ask("Bash(curl:*)"), "Bash")).isEqualTo(Verdict.ASK);
  }

  @Test
  void a_tool_that_is_held_to_some_calls_makes_no_others() {
    var held = Permissions.ALL.only("Bash(git diff:*)", "Bash(git log)").ask("Bash(git log)");
    assertThat(verdict(held, "Bash", text("git diff a"))).isEqualTo(Verdict.ALLOW);
    assertThat(verdict(held, "Bash", text("git diff a"), text("git log"))).isEqualTo(Verdict.ASK);
    assertThat(verdict(held, "Bash", text("git diff a"), text("rm"))).isEqualTo(Verdict.DENY);
    assertThat(verdict(held, "Bash")).isEqualTo(Verdict.DENY);
    assertThat(verdict(held, "Read", text("x"))).isEqualTo(Verdict.ALLOW);
    assertThat(verdict(held.deny("Bash"), "Bash", text("git log"))).isEqualTo(Verdict.DENY);
  }

  @Test
  void a_child_may_do_what_it_and_all_above_it_may() {
    var parent = List.of(Permissions.ALL.ask("Write").answerWithin(Duration.ofDays(2)));
    var child =
        Permissions.below(parent, "child", List.of(CAREFUL.answerWithin(Duration.ofDays(1))));
    assertThat(judge(child, "Write", text("x")).verdict()).isEqualTo(Verdict.ASK);
    // The shortest time that any of them has, whichever of them asks.
    assertThat(judge(child, "Write", text("x")).answerWithin()).isEqualTo(Duration.ofDays(1));
    assertThat(judge(child, "Bash", text("rm x")).verdict()).isEqualTo(Verdict.DENY);
    assertThat(judge(child, "Read", text("x")).verdict()).isEqualTo(Verdict.ALLOW);
    var both = Permissions.below(child, "child", List.of(Permissions.ALL.ask("Bash")));
    assertThat(judge(both, "Bash", text("make")).answerWithin()).isEqualTo(Duration.ofDays(1));
  }

  @Test
  void a_child_of_the_same_agent_has_the_same_permissions() {
    assertThat(Permissions.below(List.of(CAREFUL), "same", List.of(CAREFUL)))
        .containsExactly(CAREFUL);
    assertThat(Permissions.below(List.of(), "same", List.of(Permissions.ALL))).isEmpty();
  }

  @Test
  void a_grant_lifts_what_it_is_part_of_for_its_agent_and_what_is_below_and_nothing_else() {
    var narrow = Permissions.ALL.deny("Bash").grant("deploys", "worker", "Bash(make deploy)");
    var worker = Permissions.below(List.of(narrow), "worker", List.of());
    assertThat(judge(worker, "Bash", text("make deploy")).verdict()).isEqualTo(Verdict.ALLOW);
    assertThat(judge(worker, "Bash", text("make")).verdict()).isEqualTo(Verdict.DENY);
    assertThat(worker.getFirst().granted())
        .extracting(Permissions.Grant::name)
        .containsExactly("deploys");
    var other = Permissions.below(List.of(narrow), "other", List.of());
    assertThat(judge(other, "Bash", text("make deploy")).verdict()).isEqualTo(Verdict.DENY);
    var below = Permissions.below(worker, "other", List.of());
    assertThat(judge(below, "Bash", text("make deploy")).verdict()).isEqualTo(Verdict.ALLOW);
    var above =
        Permissions.below(List.of(Permissions.ALL.ask("Bash"), narrow), "worker", List.of());
    assertThat(judge(above, "Bash", text("make deploy")).verdict()).isEqualTo(Verdict.ASK);
  }

  /// The one law of narrowing, for rules at random: without grants no child may do what its parent
  /// may not.
  @Test
  void no_child_may_do_more_than_its_parent_whatever_the_rules() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int n = 0; n < 3000; n++) {
      var parent = List.of(permissions(random));
      var child = Permissions.below(parent, "c", List.of(permissions(random)));
      var parts = IntStream.range(0, random.nextInt(3)).mapToObj(i -> subject(random)).toList();
      var name = List.of("A", "B", "C").get(random.nextInt(3));
      assertThat(Permissions.judge(child, List.of(name), parts).verdict())
          .as("seed %d, round %d: %s of %s by %s", seed, n, name, parts, child)
          .isGreaterThanOrEqualTo(Permissions.judge(parent, List.of(name), parts).verdict());
    }
  }

  private static Permissions permissions(Random random) {
    return Permissions.ALL
        .allow(rules(random))
        .ask(rules(random))
        .deny(rules(random))
        .only(rules(random))
        .otherwise(List.of(Verdict.values()).get(random.nextInt(3)));
  }

  private static String[] rules(Random random) {
    var some = List.of("A", "B", "C", "A(x:*)", "B(x y)", "C(*)", "A(x*)", "B(*y)", "*");
    return Stream.generate(() -> some.get(random.nextInt(some.size())))
        .limit(random.nextInt(3))
        .toArray(String[]::new);
  }

  private static Rule.Subject subject(Random random) {
    return text(List.of("x", "x y", "y", "z").get(random.nextInt(4)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "Bash(", "Bash()", "(x)", "1x", "Bash(x) y"})
  void what_is_no_rule_is_refused_with_an_example(String text) {
    assertThatThrownBy(() -> Rule.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("(?s).*(write a tool, as in Bash|empty pattern; write Bash).*");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bash", "Bash(git diff:*)", "mcp__a__*", "Write(src/**)", "*"})
  void a_rule_is_written_as_it_was_read(String text) {
    assertThat(Rule.of(text)).hasToString(text);
  }

  private static Rule.Subject text(String text) {
    return Rule.Subject.text(text);
  }

  private static Verdict verdict(Permissions permissions, String tool, Rule.Subject... parts) {
    return permissions.judge(List.of(tool), List.of(parts)).verdict();
  }

  private static Permissions.Judgement judge(
      List<Permissions> all, String tool, Rule.Subject... parts) {
    return Permissions.judge(all, List.of(tool), List.of(parts));
  }
}
