package dev.errand.job;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Which calls of tools an agent's jobs may make, and of which a person is asked first.
///
/// A rule that denies a call counts before all others, and so does one of [#only] of its tool that
/// is not about it. Of the others one with a pattern counts before one for the whole tool, and of
/// two alike the one that asks before the one that allows. What no rule is about is [#otherwise].
///
/// They count for the job and for all below it: a child may make a call where the permissions of
/// its own agent and those of every job above it allow that. A [Grant] is the exception.
///
/// @param allow what is allowed
/// @param ask what a person is asked for
/// @param deny what is not to be done
/// @param only of the tools which these are about, no other calls are made
/// @param otherwise what becomes of calls that no rule is about; default they are allowed
/// @param answerWithin how long a question waits for its answer, before the call is not made; null
///   for as long as its job may live
/// @param grants what children of some agents may do all the same
/// @param granted what the job may do all the same, under the grant of a job above it
public record Permissions(
    List<Rule> allow,
    List<Rule> ask,
    List<Rule> deny,
    List<Rule> only,
    Verdict otherwise,
    @Nullable Duration answerWithin,
    List<Grant> grants,
    List<Grant> granted) {
  /// All calls are allowed.
  public static final Permissions ALL =
      new Permissions(
          List.of(), List.of(), List.of(), List.of(), Verdict.ALLOW, null, List.of(), List.of());

  /// What jobs of an agent may do that are below a job which may not: the one way in which a child
  /// may do more than its parent. It lifts the permissions that it is part of, and no others.
  ///
  /// @param name why, for those who read what was done under it
  /// @param agent the agent of the children
  /// @param rules which calls are allowed to them
  public record Grant(String name, String agent, List<Rule> rules) {
    public Grant {
      rules = List.copyOf(rules);
      if (name.isBlank() || rules.isEmpty()) {
        throw new IllegalArgumentException(
            "A grant to agent " + agent + " needs a name and at least one rule");
      }
    }
  }

  public Permissions {
    allow = List.copyOf(allow);
    ask = List.copyOf(ask);
    deny = List.copyOf(deny);
    only = List.copyOf(only);
    grants = List.copyOf(grants);
    granted = List.copyOf(granted);
    if (answerWithin != null && !answerWithin.isPositive()) {
      throw new IllegalArgumentException("answerWithin must be positive, not " + answerWithin);
    }
  }

  /// These, and calls of those [rules][Rule#of] are allowed.
  ///
  /// @throws IllegalArgumentException if one is no rule
  public Permissions allow(String... rules) {
    return new Permissions(
        with(allow, rules), ask, deny, only, otherwise, answerWithin, grants, granted);
  }

  /// These, and a person is asked before calls of those [rules][Rule#of].
  ///
  /// @throws IllegalArgumentException if one is no rule
  public Permissions ask(String... rules) {
    return new Permissions(
        allow, with(ask, rules), deny, only, otherwise, answerWithin, grants, granted);
  }

  /// These, and no calls of those [rules][Rule#of] are made.
  ///
  /// @throws IllegalArgumentException if one is no rule
  public Permissions deny(String... rules) {
    return new Permissions(
        allow, ask, with(deny, rules), only, otherwise, answerWithin, grants, granted);
  }

  /// These, and of the tools which those [rules][Rule#of] are about no other calls are made.
  ///
  /// @throws IllegalArgumentException if one is no rule
  public Permissions only(String... rules) {
    return new Permissions(
        allow, ask, deny, with(only, rules), otherwise, answerWithin, grants, granted);
  }

  /// These, with another verdict on what no rule is about.
  public Permissions otherwise(Verdict verdict) {
    return new Permissions(allow, ask, deny, only, verdict, answerWithin, grants, granted);
  }

  /// These, but that a question which nobody answers for so long is answered with no.
  ///
  /// @throws IllegalArgumentException if it is not positive
  public Permissions answerWithin(Duration time) {
    return new Permissions(allow, ask, deny, only, otherwise, time, grants, granted);
  }

  /// These, but that children of that agent may make calls of those [rules][Rule#of] all the same.
  ///
  /// @param name why, which is recorded with each child that has it
  /// @throws IllegalArgumentException if there is no rule, or one is none
  public Permissions grant(String name, String agent, String... rules) {
    var grant = new Grant(name, agent, with(List.of(), rules));
    return new Permissions(
        allow, ask, deny, only, otherwise, answerWithin, plus(grants, grant), granted);
  }

  private static List<Rule> with(List<Rule> some, String... rules) {
    return Stream.concat(some.stream(), Stream.of(rules).map(Rule::of)).toList();
  }

  private static <T> List<T> plus(List<T> some, T one) {
    return Stream.concat(some.stream(), Stream.of(one)).toList();
  }

  /// As they count for a child of that agent.
  Permissions over(String agent) {
    var given = grants.stream().filter(grant -> grant.agent().equals(agent)).toList();
    if (given.isEmpty() || granted.containsAll(given)) {
      return this;
    }
    var all = new ArrayList<>(granted);
    given.stream().filter(grant -> !granted.contains(grant)).forEach(all::add);
    return new Permissions(allow, ask, deny, only, otherwise, answerWithin, grants, all);
  }

  /// The permissions of a child: those of the jobs above it, and its own agent's.
  ///
  /// @param above those of its parent
  /// @param agent its agent's name
  /// @param own those of its agent
  public static List<Permissions> below(
      List<Permissions> above, String agent, List<Permissions> own) {
    return Stream.concat(above.stream().map(one -> one.over(agent)), own.stream())
        .filter(one -> !one.equals(ALL))
        .distinct()
        .toList();
  }

  /// What becomes of a call, and by which rule.
  ///
  /// @param names the names that the tool is known by
  /// @param subjects what the call is about; empty for one that no pattern can judge: it is denied
  ///   or asked for by any pattern of its tool, and allowed by none
  public Judgement judge(List<String> names, List<Rule.Subject> subjects) {
    if (granted.stream().anyMatch(grant -> isAllowed(grant.rules(), names, subjects))) {
      return new Judgement(Verdict.ALLOW, null, answerWithin);
    }
    return strict(deny, Verdict.DENY, names, subjects, true)
        .or(() -> strict(deny, Verdict.DENY, names, subjects, false))
        .or(() -> beyond(names, subjects))
        .or(() -> strict(ask, Verdict.ASK, names, subjects, true))
        .or(() -> lax(names, subjects, true))
        .or(() -> strict(ask, Verdict.ASK, names, subjects, false))
        .or(() -> lax(names, subjects, false))
        .orElseGet(() -> new Judgement(otherwise, null, answerWithin));
  }

  /// What every permission allows of a call: the strictest of their judgements, and the shortest
  /// time to answer that any of them has, whichever of them asks.
  public static Judgement judge(
      List<Permissions> all, List<String> names, List<Rule.Subject> subjects) {
    var judgement = new Judgement(Verdict.ALLOW, null, null);
    for (var one : all) {
      judgement = judgement.and(one.judge(names, subjects));
    }
    return judgement;
  }

  /// What a tool is held to, and the call is not.
  private Optional<Judgement> beyond(List<String> names, List<Rule.Subject> subjects) {
    return isAllowed(only, names, subjects)
        ? Optional.empty()
        : about(only, names, true)
            .findFirst()
            .map(rule -> new Judgement(Verdict.DENY, rule, answerWithin));
  }

  /// By a rule that is about any part of the call.
  private Optional<Judgement> strict(
      List<Rule> rules,
      Verdict verdict,
      List<String> names,
      List<Rule.Subject> subjects,
      boolean withPattern) {
    return about(rules, names, withPattern)
        .filter(rule -> subjects.isEmpty() || subjects.stream().anyMatch(rule::matches))
        .findFirst()
        .map(rule -> new Judgement(verdict, rule, answerWithin));
  }

  /// By a rule for the whole tool, or by rules that together are about all parts of the call.
  private Optional<Judgement> lax(
      List<String> names, List<Rule.Subject> subjects, boolean withPattern) {
    return (withPattern ? isCovered(allow, names, subjects) : isWhole(allow, names))
        ? Optional.of(new Judgement(Verdict.ALLOW, null, answerWithin))
        : Optional.<Judgement>empty();
  }

  private static boolean isAllowed(
      List<Rule> rules, List<String> names, List<Rule.Subject> subjects) {
    return isWhole(rules, names) || isCovered(rules, names, subjects);
  }

  private static boolean isWhole(List<Rule> rules, List<String> names) {
    return about(rules, names, false).findAny().isPresent();
  }

  private static boolean isCovered(
      List<Rule> rules, List<String> names, List<Rule.Subject> subjects) {
    return !subjects.isEmpty()
        && subjects.stream()
            .allMatch(part -> about(rules, names, true).anyMatch(rule -> rule.matches(part)));
  }

  private static Stream<Rule> about(List<Rule> rules, List<String> names, boolean withPattern) {
    return rules.stream()
        .filter(rule -> withPattern == (rule.pattern() != null))
        .filter(rule -> names.stream().anyMatch(rule::isAbout));
  }

  /// What becomes of a call.
  ///
  /// @param verdict what
  /// @param rule by which rule; null where no rule is about the call
  /// @param answerWithin how long a person has to answer; null for as long as the job may live
  public record Judgement(Verdict verdict, @Nullable Rule rule, @Nullable Duration answerWithin) {
    private Judgement and(Judgement other) {
      var stricter = other.verdict.compareTo(verdict) > 0 ? other : this;
      var shortest =
          Stream.of(this, other)
              .flatMap(one -> Stream.ofNullable(one.answerWithin))
              .min(Duration::compareTo);
      return new Judgement(stricter.verdict, stricter.rule, shortest.orElse(null));
    }
  }
}
