package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.Model;
import dev.errand.agent.Program;
import dev.errand.agent.SubTaskSpec;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.Finding;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.RefusedException;
import dev.errand.job.StoreException;
import dev.errand.job.UnresolvableException;
import dev.errand.job.Usage;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What becomes of tool calls when their worker dies around them, by policy; every commit of the
/// job is tried, before and after.
class EffectsTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  /// The keys of the calls that were really made, in order.
  private final List<String> calls = Collections.synchronizedList(new ArrayList<>());

  /// Code in the place of the program; empty for none.
  private String python = "";

  /// In the place of the program; null for none.
  private @Nullable Model model;

  private ManualClock clock = ManualClock.create();
  private MemoryStore store = new MemoryStore(clock);

  private ToolFunction pay(EffectPolicy policy) {
    return ToolFunction.of(
            "pay",
            "",
            List.of("amount?"),
            call -> {
              calls.add(call.key());
              return "paid";
            })
        .policy(policy);
  }

  /// What the call comes to in the eyes of the code.
  private static Object payOnce(JobScope job) {
    try {
      return job.call("pay", Json.object("amount", 12));
    } catch (RefusedException refused) {
      return refused.type();
    }
  }

  private Job job(Errand errand, Program program, ToolFunction... tools) {
    var agent = Agent.named("clerk").tools(tools);
    if (model != null) {
      return errand.submit(agent.model(model).build(), spec -> spec.key("the one"));
    }
    return python.isEmpty()
        ? errand.submit(agent.program(program).build(), spec -> spec.key("the one"))
        : errand.submit(agent.build(), spec -> spec.key("the one").code(python));
  }

  /// Advances the job until it ends or the injector strikes; true if it struck. One job at a time
  /// and none kept warm: each wait for a child is followed by a replay.
  private boolean advance(CrashInjector injector, Program program, ToolFunction... tools)
      throws Exception {
    try (var errand = Errand.builder().store(injector.store()).clock(clock).open()) {
      errand.register(Agent.named("child").program(job -> 1).build());
      var job = job(errand, program, tools);
      errand.worker().concurrency(1).warmJobs(0).lease(LONG).poll(Duration.ofMillis(5)).start();
      while (job.outcome().isEmpty()) {
        errand.awaitChange(Duration.ofMillis(100));
      }
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
    }
    injector.awaitSilence();
    clock.advance(LONG.multipliedBy(2));
    return injector.crashed();
  }

  private void finish(Program program, ToolFunction... tools) throws Exception {
    advance(CrashInjector.failing(store, 0, false), program, tools);
  }

  private Errand looking() {
    return Errand.builder()
        .store(CrashInjector.failing(store, 0, false).store())
        .clock(clock)
        .open();
  }

  private void forget() {
    calls.clear();
    clock = ManualClock.create();
    store = new MemoryStore(clock);
  }

  /// What the job came to, for each place at which it was crashed.
  private Set<String> crashedEverywhere(boolean after, Runnable check, ToolFunction tool)
      throws Exception {
    var outcomes = new HashSet<String>();
    boolean crashed = true;
    for (int at = 1; crashed; at++) {
      forget();
      crashed = advance(CrashInjector.failing(store, at, after), EffectsTest::payOnce, tool);
      finish(EffectsTest::payOnce, tool);
      outcomes.add(value());
      check.run();
    }
    return outcomes;
  }

  private String value() {
    return outcome().value(String.class);
  }

  private Outcome outcome() {
    return Objects.requireNonNull(store.findByKey("the one").orElseThrow().outcome());
  }

  private List<Entry> entries(Entry.Kind kind) {
    var root = store.findByKey("the one").orElseThrow().id();
    return store.history(root, 0, 1000).stream().filter(entry -> entry.kind() == kind).toList();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void an_idempotent_tool_is_called_again_with_the_same_key(boolean after) throws Exception {
    var times = new HashSet<Integer>();

    var outcomes =
        crashedEverywhere(
            after,
            () -> {
              times.add(calls.size());
              assertThat(new HashSet<>(calls)).hasSize(1);
              assertThat(entries(Entry.Kind.TOOL)).hasSize(1);
            },
            pay(EffectPolicy.IDEMPOTENT));

    assertThat(outcomes).containsExactly("paid");
    assertThat(times).contains(1).isSubsetOf(1, 2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void an_at_most_once_tool_is_never_called_twice_and_who_does_not_know_is_told(boolean after)
      throws Exception {
    var outcomes =
        crashedEverywhere(
            after,
            () -> {
              assertThat(calls).hasSizeLessThan(2);
              boolean told = value().equals("EffectUnknown");
              assertThat(entries(Entry.Kind.EFFECT_UNKNOWN)).hasSize(told ? 1 : 0);
              assertThat(store.unknownEffects(null, null, 9)).hasSize(told ? 1 : 0);
              assertThat(told || calls.size() == 1).isTrue();
            },
            pay(EffectPolicy.AT_MOST_ONCE));

    assertThat(outcomes).containsExactlyInAnyOrder("paid", "EffectUnknown");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_read_only_tool_is_called_again_and_leaves_no_trace(boolean after) throws Exception {
    var outcomes =
        crashedEverywhere(
            after,
            () -> {
              assertThat(calls).isNotEmpty();
              assertThat(store.effects(null, null, 9)).isEmpty();
              assertThat(entries(Entry.Kind.TOOL)).isEmpty();
            },
            pay(EffectPolicy.READ_ONLY));

    assertThat(outcomes).containsExactly("paid");
  }

  @ParameterizedTest
  @EnumSource(names = {"IDEMPOTENT", "AT_MOST_ONCE"})
  void a_reconciler_that_knows_makes_it_exactly_once(EffectPolicy policy) throws Exception {
    var tool =
        pay(policy)
            .reconcile(
                call ->
                    Optional.of(
                        calls.contains(call.key()) ? Finding.returned("paid") : Finding.notMade()));

    for (boolean after : List.of(false, true)) {
      assertThat(crashedEverywhere(after, () -> assertThat(calls).hasSize(1), tool))
          .containsExactly("paid");
    }
  }

  @Test
  void a_reconciler_that_found_a_failure_lets_the_code_see_it() throws Exception {
    crashBetweenIntentionAndOutcome();

    finish(
        EffectsTest::payOnce,
        pay(EffectPolicy.AT_MOST_ONCE).reconcile(call -> Optional.of(Finding.raised("no money"))));

    assertThat(value()).isEqualTo("ToolError");
    assertThat(entries(Entry.Kind.TOOL).getFirst().data().text("error")).hasValue("pay: no money");
  }

  @Test
  void a_reconciler_that_fails_knows_nothing_and_the_history_says_why() throws Exception {
    crashBetweenIntentionAndOutcome();

    finish(
        EffectsTest::payOnce,
        pay(EffectPolicy.AT_MOST_ONCE)
            .reconcile(
                call -> {
                  throw new java.io.IOException("the bank is closed");
                }));

    assertThat(value()).isEqualTo("EffectUnknown");
    assertThat(entries(Entry.Kind.EFFECT_UNKNOWN).getFirst().data())
        .isEqualTo(
            Json.object("key", calls.getFirst())
                .with("tool", "pay")
                .with("arguments", Json.object("amount", 12))
                .with("reconciler", "the bank is closed"));
  }

  /// Dies when the call was made and before that is committed. How many commits there are depends
  /// on how fast the machine is, so a pass that finds no such place is followed by another.
  private void crashBetweenIntentionAndOutcome() throws Exception {
    var tool = pay(EffectPolicy.AT_MOST_ONCE);
    int at = 1;
    for (int n = 0; calls.isEmpty() || store.unknownEffects(null, null, 9).isEmpty(); n++) {
      assertThat(n).as("passes").isLessThan(1000);
      forget();
      boolean crashed =
          advance(CrashInjector.failing(store, at, false), EffectsTest::payOnce, tool);
      at = crashed ? at + 1 : 1;
    }
  }

  @Test
  void python_sees_it_as_an_exception_that_can_be_caught() throws Exception {
    python =
        """
        try:
            pay(12)
        except EffectUnknown as unknown:
            exit(str(unknown))
        """;
    crashBetweenIntentionAndOutcome();

    finish(job -> null, pay(EffectPolicy.AT_MOST_ONCE));

    assertThat(value())
        .isEqualTo(
            "The call of pay (%s) was begun and its outcome is not known; it is not made again. Find out what became of it before going on."
                .formatted(calls.getFirst()));
  }

  @Test
  void an_operator_who_is_quicker_than_the_replay_decides_what_it_sees() throws Exception {
    crashBetweenIntentionAndOutcome();
    resolve(Finding.returned("found in the books"));

    finish(EffectsTest::payOnce, pay(EffectPolicy.AT_MOST_ONCE));

    assertThat(value()).isEqualTo("found in the books");
    assertThat(calls).hasSize(1);
    assertThat(entries(Entry.Kind.EFFECT_UNKNOWN)).isEmpty();
  }

  @Test
  void a_call_that_an_operator_knows_was_not_made_is_made_by_the_replay() throws Exception {
    crashBetweenIntentionAndOutcome();
    resolve(Finding.notMade());

    finish(EffectsTest::payOnce, pay(EffectPolicy.AT_MOST_ONCE));

    assertThat(value()).isEqualTo("paid");
    assertThat(calls).hasSize(2);
    assertThat(new HashSet<>(calls)).hasSize(1);
  }

  private void resolve(Finding finding) {
    try (var errand = looking()) {
      var unknown = errand.unknownEffects();
      assertThat(unknown).hasSize(1);
      errand.resolve(unknown.getFirst().key(), finding);
      assertThat(errand.job("the one").unknownEffects()).isEmpty();
    }
  }

  @Test
  void what_the_code_was_told_stays_so_when_an_operator_resolves_it_before_a_replay()
      throws Exception {
    crashBetweenIntentionAndOutcome();
    var passes = new AtomicInteger();
    Program twice =
        job -> {
          var told = payOnce(job);
          job.print("told " + told);
          job.start(SubTaskSpec.of("child")).await();
          if (passes.incrementAndGet() == 1) {
            store.resolve(store.unknownEffects(null, null, 9).getFirst().key(), Finding.notMade());
          }
          job.start(SubTaskSpec.of("child")).await();
          return told;
        };

    finish(twice, pay(EffectPolicy.AT_MOST_ONCE));

    assertThat(passes).hasValue(2);
    assertThat(value()).isEqualTo("EffectUnknown");
    assertThat(calls).hasSize(1);
    assertThat(entries(Entry.Kind.EFFECT_UNKNOWN)).hasSize(1);
    assertThat(entries(Entry.Kind.EFFECT_RESOLVED)).hasSize(1);
    assertThat(entries(Entry.Kind.CONSOLE)).hasSize(1);
  }

  @Test
  void a_model_that_was_told_that_nobody_knows_is_told_what_was_found_out() throws Exception {
    var shown = new ArrayList<String>();
    var lines = List.of("pay(12)", "print('looking')", "exit('done')");
    model =
        request -> {
          int said = request.messages().size() / 2;
          shown.add(request.messages().getLast().text());
          if (said == 1) {
            resolve(Finding.returned("receipt 7"));
          }
          return new Model.Reply("```python\n" + lines.get(said) + "\n```\n", Usage.NONE);
        };
    crashBetweenIntentionAndOutcome();
    shown.clear();

    finish(job -> null, pay(EffectPolicy.AT_MOST_ONCE));

    assertThat(shown).hasSize(2);
    assertThat(entries(Entry.Kind.NOTIFICATION)).hasSize(1);
    assertThat(shown.get(0)).contains("EffectUnknown: The call of pay (" + calls.getFirst());
    assertThat(shown.get(1))
        .contains(calls.getFirst() + "), whose outcome was unknown, returned receipt 7");
    assertThat(value()).isEqualTo("done");
  }

  @Test
  void a_call_under_way_cannot_be_resolved() throws Exception {
    var refused = new ArrayList<Throwable>();
    var tool =
        ToolFunction.of(
            "pay",
            "",
            List.of("amount"),
            call -> {
              var key = store.unknownEffects(null, null, 9).getFirst().key();
              refused.add(catchThrowable(() -> store.resolve(key, Finding.notMade())));
              return "paid";
            });

    finish(EffectsTest::payOnce, tool);

    assertThat(refused).singleElement().isInstanceOf(UnresolvableException.class);
    assertThat(value()).isEqualTo("paid");
  }

  /// What the program fails with when its second pass differs from its first.
  private String divergence(Program program, ToolFunction... tools) throws Exception {
    finish(program, tools);
    if (outcome() instanceof Outcome.Failed(var error)) {
      return error.message();
    }
    throw new AssertionError("No divergence: " + outcome());
  }

  /// A program that is replayed once, and does something else then.
  private static Program differing(Program first, Program second) {
    var passes = new AtomicInteger();
    return job -> {
      var result = passes.getAndIncrement() == 0 ? first.run(job) : second.run(job);
      job.start(SubTaskSpec.of("child")).await();
      return result;
    };
  }

  @Test
  void another_tool_at_the_same_place_is_a_divergence_that_names_both() throws Exception {
    var refund = ToolFunction.of("refund", "", List.of(), call -> calls.add(call.key()));

    var message =
        divergence(
            differing(
                job -> job.call("pay", Json.Object.EMPTY),
                job -> job.call("refund", Json.Object.EMPTY)),
            pay(EffectPolicy.IDEMPOTENT),
            refund);

    assertThat(message).contains("ReplayDivergence").contains("asks for refund", "pay was called");
    assertThat(calls).hasSize(1);
  }

  @Test
  void other_arguments_at_the_same_place_are_a_divergence() throws Exception {
    var message =
        divergence(
            differing(
                job -> job.call("pay", Json.object("amount", 1)),
                job -> job.call("pay", Json.object("amount", 2))),
            pay(EffectPolicy.IDEMPOTENT));

    assertThat(message).contains("asks for pay", "with other arguments");
    assertThat(calls).hasSize(1);
  }

  @Test
  void a_call_that_moved_to_another_place_is_not_made_there_again() throws Exception {
    var read = ToolFunction.of("read", "", List.of(), call -> 1).policy(EffectPolicy.READ_ONLY);

    var message =
        divergence(
            differing(
                job -> {
                  job.call("read", Json.Object.EMPTY);
                  return job.call("pay", Json.Object.EMPTY);
                },
                job -> job.call("pay", Json.Object.EMPTY)),
            pay(EffectPolicy.IDEMPOTENT),
            read);

    assertThat(message).containsPattern("At .*/0/0/0 the code asks for pay, but pay .*/0/0/1");
    assertThat(calls).hasSize(1);
  }

  @Test
  void code_that_catches_a_divergence_makes_no_second_effect_either() throws Exception {
    Program stubborn =
        job -> {
          try {
            return job.call("pay", Json.object("amount", 2));
          } catch (RefusedException diverged) {
            return job.call("pay", Json.object("amount", 3));
          }
        };

    var message =
        divergence(
            differing(job -> job.call("pay", Json.object("amount", 1)), stubborn),
            pay(EffectPolicy.IDEMPOTENT));

    assertThat(message).contains("ReplayDivergence");
    assertThat(calls).hasSize(1);
  }

  @Test
  void a_clock_that_is_read_where_a_tool_was_called_is_a_divergence() throws Exception {
    var passes = new AtomicInteger();
    var pass =
        ToolFunction.of("passed", "", List.of(), call -> passes.getAndIncrement())
            .policy(EffectPolicy.READ_ONLY);
    python =
        """
        import time

        def one():
            return 1

        def step():
            if passed() > 0:
                time.time()
            pay(12)
            return delegate(one).result

        exit(step())
        """;

    var message = divergence(job -> null, pay(EffectPolicy.IDEMPOTENT), pass);

    assertThat(message).contains("ReplayDivergence");
    assertThat(calls).hasSize(1);
  }
}
