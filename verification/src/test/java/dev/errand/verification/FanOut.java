package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.testkit.MemoryStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/// A parent that delegates to some children, which call tools and print: what tests disturb at each
/// of its commits, and what must have come of it.
final class FanOut {
  /// The key of the parent.
  static final String KEY = "the one";

  static final int CHILDREN = 4;

  /// The same as [#delegate], in Python.
  static final String IN_PYTHON =
      """
      print("start")
      def work(n):
          note(text="begin %d" % n)
          print("child", n)
          look(text="look %d" % n)
          note(text="end %d" % n)
          return n * n
      tasks = [delegate(work, n, id="n%d" % n) for n in range(4)]
      note(text="delegated")
      sum = 0
      for task in tasks:
          sum += task.result
          print("sum", sum)
      exit(sum)
      """;

  private final EffectPolicy policy;

  /// What the outside saw: the words of calls, by effect key.
  private final Map<String, List<String>> effects = new ConcurrentHashMap<>();

  /// @param policy how the calls are treated that the outside sees
  FanOut(EffectPolicy policy) {
    this.policy = policy;
  }

  void register(Errand errand) {
    errand.register(Agent.named("worker").program(FanOut::work).tools(tools()).build());
  }

  /// The parent, without a program.
  Agent.Builder parent() {
    return Agent.named("root").tools(tools());
  }

  static Object delegate(JobScope scope) {
    scope.print("start");
    var handlers = new ArrayList<SubTaskHandler>();
    for (int n = 0; n < CHILDREN; n++) {
      handlers.add(scope.start(SubTaskSpec.of("worker").id("n" + n).var("n", n)));
    }
    scope.call("note", Json.object("text", "delegated"));
    int sum = 0;
    for (var handler : handlers) {
      sum += handler.await().result(Integer.class);
      scope.print("sum " + sum);
    }
    return sum;
  }

  private static Object work(JobScope scope) {
    int n = scope.var("n", Integer.class);
    scope.call("note", Json.object("text", "begin " + n));
    scope.print("child " + n);
    scope.call("look", Json.object("text", "look " + n));
    scope.call("note", Json.object("text", "end " + n));
    return n * n;
  }

  private ToolFunction[] tools() {
    return new ToolFunction[] {
      ToolFunction.of(
              "note",
              "",
              List.of("text"),
              call ->
                  effects
                      .computeIfAbsent(call.key(), key -> new CopyOnWriteArrayList<>())
                      .add(call.text("text")))
          .policy(policy),
      ToolFunction.of("look", "", List.of("text"), call -> null).policy(EffectPolicy.READ_ONLY)
    };
  }

  /// That it has come to its end, with nothing lost, nothing twice, and nothing out of order. An
  /// idempotent tool may be called again under the same key, with the same words, if its outcome
  /// was not committed.
  void check(MemoryStore store, String when) {
    var root = store.findByKey(KEY).orElseThrow();
    assertThat(root.outcome()).as(when).isInstanceOf(Outcome.Succeeded.class);
    var events = store.events(root.id(), 0, 10_000);
    var byKind = events.stream().collect(Collectors.groupingBy(Entry::kind, Collectors.counting()));
    assertThat(byKind.get(Entry.Kind.SUBTASK_SPAWNED)).as(when).isEqualTo(CHILDREN);
    assertThat(byKind.get(Entry.Kind.SUBTASK_COMPLETED)).as(when).isEqualTo(CHILDREN);
    assertThat(byKind.get(Entry.Kind.JOB_ENDED)).as(when).isEqualTo(CHILDREN + 1);
    for (int i = 0; i < events.size(); i++) {
      assertThat(events.get(i).sequence()).as(when).isEqualTo(i + 1);
    }
    assertThat(console(store, root.id()))
        .as(when)
        .isEqualTo("start\nsum 0\nsum 1\nsum 5\nsum 14\n");
    for (int n = 0; n < CHILDREN; n++) {
      assertThat(console(store, root.id().child(n + 1))).as(when).isEqualTo("child " + n + "\n");
    }
    assertThat(effects).as(when).hasSize(2 * CHILDREN + 1);
    boolean isOnce = policy == EffectPolicy.AT_MOST_ONCE;
    assertThat(effects.values())
        .as(when)
        .allMatch(calls -> isOnce ? calls.size() == 1 : calls.stream().distinct().count() == 1);
  }

  private static String console(MemoryStore store, JobId job) {
    return store.history(job, 0, 1000).stream()
        .filter(entry -> entry.kind() == Entry.Kind.CONSOLE)
        .map(entry -> entry.data().text("text").orElseThrow())
        .collect(Collectors.joining());
  }
}
