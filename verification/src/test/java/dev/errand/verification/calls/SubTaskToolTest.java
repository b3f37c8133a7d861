package dev.errand.verification.calls;

import static dev.errand.verification.calls.Talk.call;
import static dev.errand.verification.calls.Talk.calls;
import static dev.errand.verification.calls.Talk.entries;
import static dev.errand.verification.calls.Talk.isSubTask;
import static dev.errand.verification.calls.Talk.nth;
import static dev.errand.verification.calls.Talk.results;
import static dev.errand.verification.calls.Talk.says;
import static dev.errand.verification.calls.Talk.subTask;
import static dev.errand.verification.calls.Talk.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.agent.SubTaskSpec;
import dev.errand.agent.ToolFunction;
import dev.errand.agent.ToolHook;
import dev.errand.job.Budget;
import dev.errand.job.Entry;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.ModelException;
import dev.errand.job.Outcome;
import dev.errand.job.ToolCall;
import dev.errand.job.ToolSpec;
import dev.errand.job.Usage;
import dev.errand.spi.ModelProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The tool `SubTask`: the cases of SwarmSDK's specification by their numbers, P for what it does
/// too, B for what it does not; `docs/subtask-tool.md` lists them.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SubTaskToolTest {
  @AutoClose private final Talk talk = new Talk();

  /// An agent with the tool: its root says these, and a subtask what `below` says.
  private Agent.Builder agent(Function<Model.Request, Model.Reply> below, Model.Reply... replies) {
    return talk.agent(
            "researcher",
            request -> isSubTask(request) ? below.apply(request) : nth(request, replies))
        .instructions("You look things up.")
        .tools(ToolFunction.SUB_TASK);
  }

  private static Function<Model.Request, Model.Reply> saying(String answer) {
    return request -> says(answer);
  }

  private static Model.Reply one(Object title, Object instructions) {
    return calls(subTask(title, instructions));
  }

  /// What the root was told of its one call.
  private Message.ToolResult told() {
    return results(talk.asked().getLast()).getFirst();
  }

  private static String code(Job job) {
    return entries(job, Entry.Kind.TOOL).getLast().data().text("code").orElse("");
  }

  private List<Entry> tree(Job job) {
    return talk.errand().events(job.id(), 0, 100_000);
  }

  private List<Entry> events(Job job, Entry.Kind kind) {
    return tree(job).stream().filter(entry -> entry.kind() == kind).toList();
  }

  /// P1 to P4
  @ParameterizedTest
  @CsvSource({
    "'', work, title is required",
    "a, '', instructions are required",
    "'', '', title is required",
    "'  \t', work, title is required",
    "a, ' \n ', instructions are required"
  })
  void p01_to_p04_what_is_blank_is_refused_and_nothing_begins(
      String title, String instructions, String why) {
    var job = talk.submit(agent(saying("?"), one(title, instructions), says("Oh.")), "Go.");
    assertThat(talk.answer(job)).isEqualTo("Oh.");
    assertThat(told().text())
        .isEqualTo("<tool_use_error>InputValidationError: " + why + "</tool_use_error>");
    assertThat(code(job)).isEqualTo("INVALID_INPUT");
    assertThat(talk.asked()).hasSize(2);
    assertThat(events(job, Entry.Kind.SUBTASK_SPAWNED)).isEmpty();
    assertThat(events(job, Entry.Kind.SUBTASK_REFUSED)).isEmpty();
  }

  @Test
  void p05_p06_other_arguments_are_ignored_and_a_title_that_is_no_text_is_made_one() {
    var odd =
        call("SubTask", Json.object("title", 12).with("instructions", "work").with("model", "x"));
    talk.answer(agent(saying("Done."), calls(odd), says("Good.")), "Go.");
    assertThat(talk.asked("# SubTask: 12\n\nwork")).hasSize(1);
  }

  @Test
  void p07_p08_b13_a_root_may_delegate_and_its_subtask_may_not() {
    Function<Model.Request, Model.Reply> below =
        request ->
            nth(
                request,
                one("deeper", "dig"),
                says(texts(request).isEmpty() ? "" : texts(request).getFirst()));
    var job = talk.submit(agent(below, one("dig", "dig here"), says("So.")), "Go.");
    talk.answer(job);
    assertThat(told().text())
        .contains("Maximum subtask depth (1) exceeded. Cannot spawn nested subtask at depth 2.");
    assertThat(events(job, Entry.Kind.SUBTASK_SPAWNED)).hasSize(1);
    assertThat(events(job, Entry.Kind.SUBTASK_REFUSED))
        .singleElement()
        .satisfies(
            refused -> {
              assertThat(refused.job()).isEqualTo(job.id().child(1));
              assertThat(refused.data().text("title")).hasValue("deeper");
              assertThat(refused.data().text("code")).hasValue("DEPTH_EXCEEDED");
            });
    assertThat(job.children())
        .singleElement()
        .satisfies(child -> assertThat(child.children()).isEmpty());
  }

  @Test
  void p09_with_a_depth_of_0_nobody_may() {
    talk.errand().subTasks(rules -> rules.maxDepth(0));
    var job = talk.submit(agent(saying("?"), one("dig", "dig"), says("No.")), "Go.");
    talk.answer(job);
    assertThat(told().text()).contains("depth (0) exceeded").contains("at depth 1");
    assertThat(job.children()).isEmpty();
  }

  @Test
  void p10_b12_with_a_depth_of_3_three_levels_run_and_the_last_is_not_told_of_the_tool() {
    talk.errand().subTasks(rules -> rules.maxDepth(3));
    Function<Model.Request, Model.Reply> below =
        request -> nth(request, one("next", "dig"), says("up"));
    var job = talk.submit(agent(below, one("first", "dig"), says("Out.")), "Go.");
    talk.answer(job);
    assertThat(events(job, Entry.Kind.SUBTASK_SPAWNED))
        .extracting(entry -> entry.data().number("depth").orElseThrow())
        .containsExactly(1L, 2L, 3L);
    assertThat(events(job, Entry.Kind.SUBTASK_REFUSED))
        .singleElement()
        .satisfies(refused -> assertThat(refused.job().depth()).isEqualTo(3));
    var offered = new HashMap<Boolean, Integer>();
    talk.asked().forEach(request -> offered.merge(offers(request), 1, Integer::sum));
    assertThat(offered).containsEntry(false, 2);
    assertThat(offers(talk.asked().getFirst())).isTrue();
  }

  private static boolean offers(Model.Request request) {
    return request.tools().stream().map(ToolSpec::name).anyMatch("SubTask"::equals);
  }

  @Test
  void p11_a_limit_that_is_changed_between_two_calls_counts() {
    talk.errand().subTasks(rules -> rules.maxDepth(0));
    var raising =
        talk.agent(
                "raising",
                request -> {
                  if (!isSubTask(request) && request.replies() == 1) {
                    talk.errand().subTasks(rules -> rules.maxDepth(1));
                  }
                  return isSubTask(request)
                      ? says("done")
                      : nth(request, one("early", "dig"), one("late", "dig"), says("Out."));
                })
            .tools(ToolFunction.SUB_TASK);
    var job = talk.submit(raising, "Go.");
    talk.answer(job);
    assertThat(entries(job, Entry.Kind.TOOL))
        .extracting(entry -> entry.data().text("code").orElse(""))
        .containsExactly("DEPTH_EXCEEDED", "COMPLETED");
  }

  @Test
  void p14_p15_the_tool_is_offered_where_it_is_listed_and_nowhere_else() {
    talk.answer(talk.agent("plain", calls(subTask("a", "b")), says("Oh.")), "Go.");
    assertThat(offers(talk.asked().getFirst())).isFalse();
    assertThat(told().text()).isEqualTo("Error: there is no tool SubTask here; there are none");
    talk.answer(agent(saying("?"), says("Hm.")), "Go.");
    assertThat(offers(talk.asked().getLast())).isTrue();
  }

  @Test
  void p18_the_prompt_is_a_heading_and_the_instructions_trimmed_outside_only() {
    talk.answer(
        agent(saying("Done."), one("  Dig  ", "\n  one\n\n  two  \n"), says("Good.")), "Go.");
    assertThat(talk.asked("# SubTask: Dig").getFirst().messages())
        .containsExactly(new Message.User("# SubTask: Dig\n\none\n\n  two\n"));
  }

  @Test
  void p19_p20_p21_p22_a_subtask_sees_its_prompt_alone_and_its_parent_its_answer_alone() {
    var both = calls(subTask("a", "find a"), subTask("b", "find b"));
    var agent =
        agent(request -> says("found it"), both, says("Good.")).instructions("You are {who}.");
    var job =
        talk.errand().submit(agent.build(), spec -> spec.message("A secret.").param("who", "Eve"));
    talk.answer(job);
    var below = talk.asked("# SubTask");
    assertThat(below)
        .hasSize(2)
        .allSatisfy(
            request -> {
              assertThat(request.messages()).hasSize(1);
              assertThat(Talk.first(request)).doesNotContain("secret");
              assertThat(request.system())
                  .startsWith("You are Eve.")
                  .isEqualTo(talk.asked().getFirst().system());
            });
    assertThat(talk.asked().getLast().messages())
        .extracting(message -> message.getClass().getSimpleName())
        .containsExactly("User", "Assistant", "ToolResult", "ToolResult");
    assertThat(job.children()).extracting(Job::id).doesNotHaveDuplicates();
    assertThat(job.children())
        .extracting(child -> child.record().origin().agent())
        .containsOnly("researcher");
  }

  /// P23: the agent's own choice, the runtime's, the agent's model.
  @Test
  void p23_the_model_of_a_subtask_is_the_first_of_three_that_is_named() throws Exception {
    var asked = Collections.synchronizedList(new ArrayList<String>());
    var provider =
        new ModelProvider() {
          @Override
          public String provider() {
            return "named";
          }

          @Override
          public Model model(String name) {
            return request -> {
              asked.add(name);
              return says("found");
            };
          }
        };
    try (var talk = new Talk(builder -> builder.models(provider))) {
      var agent = talk.agent("r", one("a", "b"), says("Good.")).tools(ToolFunction.SUB_TASK);
      talk.errand().subTasks(rules -> rules.model("named:runtime"));
      talk.answer(agent, "Go.");
      talk.answer(agent.subTaskModel("named:agent"), "Go.");
      assertThat(asked).containsExactly("runtime", "agent");
    }
    talk.answer(agent(saying("own"), one("a", "b"), says("Good.")), "Go.");
    assertThat(talk.asked("# SubTask: a")).hasSize(1);
  }

  @Test
  void p33_p36_the_answer_is_told_with_its_title_and_none_is_told_so() {
    talk.answer(agent(saying("It is 42."), one("Sum", "add"), says("Good.")), "Go.");
    assertThat(told().text()).isEqualTo("SubTask 'Sum' completed.\n\nIt is 42.");
    assertThat(told().failed()).isFalse();
    var job = talk.submit(agent(saying("  "), one("Sum", "add"), says("Good.")), "Go.");
    talk.answer(job);
    assertThat(told().text()).isEqualTo("SubTask 'Sum' ended without an answer.");
    assertThat(code(job)).isEqualTo("EMPTY");
  }

  /// P34, B63
  @Test
  void p34_b63_a_model_that_fails_fails_its_subtask_and_its_parent_goes_on() {
    Function<Model.Request, Model.Reply> below =
        request -> {
          if (request.replies() == 0) {
            return calls(call("nothing", Json.Object.EMPTY));
          }
          throw new ModelException("the line is dead");
        };
    var job = talk.submit(agent(below, one("Sum", "add"), says("I see.")), "Go.");
    assertThat(talk.answer(job)).isEqualTo("I see.");
    assertThat(told().text())
        .isEqualTo("Error: Subtask 'Sum' failed: ModelError: the line is dead");
    assertThat(told().failed()).isTrue();
    assertThat(code(job)).isEqualTo("SUBTASK_FAILED");
    assertThat(events(job, Entry.Kind.SUBTASK_FAILED))
        .singleElement()
        .satisfies(
            failed -> {
              assertThat(failed.job()).isEqualTo(job.id().child(1));
              assertThat(failed.data().text("text")).hasValue("the line is dead");
            });
    assertThat(job.children().getFirst().record().usage()).isEqualTo(Talk.PRICE);
  }

  @Test
  void b39_a_long_answer_is_shortened_for_the_model_and_kept_whole() {
    talk.errand().subTasks(rules -> rules.answerCharacters(10));
    var job =
        talk.submit(agent(saying("0123456789abcdef"), one("Sum", "add"), says("Good.")), "Go.");
    talk.answer(job);
    assertThat(told().text())
        .isEqualTo(
            "SubTask 'Sum' completed.\n\n"
                + "0123456789\n"
                + "[… 6 more characters: the whole answer is kept as the result of job "
                + job.id().child(1)
                + "]");
    assertThat(talk.answer(job.children().getFirst())).isEqualTo("0123456789abcdef");
  }

  @Test
  void p42_b45_it_is_spawned_before_its_model_is_asked_and_ends_once() {
    var spawned = Collections.synchronizedList(new ArrayList<Integer>());
    Function<Model.Request, Model.Reply> below =
        request -> {
          spawned.add(
              (int)
                  talk.errand().jobs().stream()
                      .flatMap(root -> talk.errand().events(root.id(), 0, 1000).stream())
                      .filter(entry -> entry.kind() == Entry.Kind.SUBTASK_SPAWNED)
                      .count());
          return says("found");
        };
    var job = talk.submit(agent(below, one("Sum", "add"), says("Good.")), "Go.");
    talk.answer(job);
    assertThat(spawned).containsExactly(1);
    var event = events(job, Entry.Kind.SUBTASK_SPAWNED).getFirst();
    assertThat(event.job()).isEqualTo(job.id().child(1));
    assertThat(event.data().text("agent")).hasValue("researcher");
    assertThat(event.data().text("title")).hasValue("Sum");
    assertThat(event.data().number("depth")).hasValue(1L);
    assertThat(ends(job)).hasSize(1);
  }

  private List<Entry> ends(Job job) {
    return tree(job).stream()
        .filter(
            entry ->
                switch (entry.kind()) {
                  case SUBTASK_COMPLETED, SUBTASK_FAILED, SUBTASK_CANCELLED, SUBTASK_TIMED_OUT ->
                      true;
                  default -> false;
                })
        .toList();
  }

  @Test
  void b46_the_tree_of_fifty_parallel_subtasks_can_be_built_from_its_events() {
    var many =
        IntStream.range(0, 50).mapToObj(n -> subTask("t" + n, "n" + n)).toArray(ToolCall[]::new);
    var job =
        talk.submit(agent(saying("ok"), calls(many), says("Good.")).concurrentTools(50), "Go.");
    talk.answer(job);
    var events = tree(job);
    assertThat(events)
        .extracting(Entry::sequence)
        .isEqualTo(IntStream.rangeClosed(1, events.size()).mapToObj(Long::valueOf).toList());
    var spawned = events(job, Entry.Kind.SUBTASK_SPAWNED);
    assertThat(spawned)
        .hasSize(50)
        .allSatisfy(one -> assertThat(one.job().parent()).hasValue(job.id()));
    assertThat(ends(job))
        .extracting(Entry::job)
        .containsExactlyInAnyOrderElementsOf(spawned.stream().map(Entry::job).toList());
    assertThat(results(talk.asked().getLast())).hasSize(50);
  }

  @Test
  void p48_three_at_once_overlap_and_are_answered_in_the_order_of_the_calls() {
    var all = new CyclicBarrier(3);
    Function<Model.Request, Model.Reply> below =
        request -> {
          meet(all);
          return says("from " + Talk.first(request).strip().lines().findFirst().orElse(""));
        };
    talk.answer(
        agent(below, calls(subTask("a", "x"), subTask("b", "x"), subTask("c", "x")), says("Good.")),
        "Go.");
    assertThat(texts(talk.asked().getLast()))
        .containsExactly(
            "SubTask 'a' completed.\n\nfrom # SubTask: a",
            "SubTask 'b' completed.\n\nfrom # SubTask: b",
            "SubTask 'c' completed.\n\nfrom # SubTask: c");
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await(1, TimeUnit.MINUTES);
    } catch (Exception broken) {
      throw new AssertionError(broken);
    }
  }

  @Test
  void p49_one_that_fails_leaves_its_siblings() {
    Function<Model.Request, Model.Reply> below =
        request -> {
          if (Talk.first(request).contains(": b")) {
            throw new ModelException("no");
          }
          return says("fine");
        };
    talk.answer(
        agent(below, calls(subTask("a", "x"), subTask("b", "x"), subTask("c", "x")), says("Ok.")),
        "Go.");
    assertThat(results(talk.asked().getLast()))
        .extracting(Message.ToolResult::failed)
        .containsExactly(false, true, false);
  }

  @Test
  void p50_no_more_subtasks_are_at_work_than_tools_may_be() {
    var now = new AtomicInteger();
    var most = new AtomicInteger();
    Function<Model.Request, Model.Reply> below =
        request -> {
          most.accumulateAndGet(now.incrementAndGet(), Math::max);
          Thread.onSpinWait();
          now.decrementAndGet();
          return says("fine");
        };
    var many = IntStream.range(0, 9).mapToObj(n -> subTask("t" + n, "x")).toArray(ToolCall[]::new);
    var job = talk.submit(agent(below, calls(many), says("Ok.")).concurrentTools(2), "Go.");
    talk.answer(job);
    assertThat(most.get()).isBetween(1, 2);
    int open = 0;
    for (var event : tree(job)) {
      open +=
          switch (event.kind()) {
            case SUBTASK_SPAWNED -> 1;
            case SUBTASK_COMPLETED -> -1;
            default -> 0;
          };
      assertThat(open).isLessThanOrEqualTo(2);
    }
    assertThat(texts(talk.asked().getLast())).hasSize(9);
  }

  @Test
  void b51_a_worker_of_two_finishes_a_tree_that_is_three_deep_and_three_wide() {
    try (var talk = new Talk(builder -> builder)) {
      talk.errand().subTasks(rules -> rules.maxDepth(3));
      var three = calls(subTask("a", "x"), subTask("b", "x"), subTask("c", "x"));
      var agent =
          talk.agent(
                  "r", request -> offers(request) ? nth(request, three, says("up")) : says("leaf"))
              .tools(ToolFunction.SUB_TASK);
      var job = talk.submit(agent, "Go.");
      assertThat(talk.answer(job)).isEqualTo("up");
      assertThat(talk.asked()).hasSize(2 + 3 * 2 + 9 * 2 + 27);
    }
  }

  @Test
  void b52_each_cap_refuses_the_next_with_a_code_of_its_own() {
    talk.errand().subTasks(rules -> rules.perJob(2));
    var three = calls(subTask("a", "x"), subTask("b", "x"), subTask("c", "x"));
    var job = talk.submit(agent(saying("ok"), three, says("Ok.")), "Go.");
    talk.answer(job);
    assertThat(entries(job, Entry.Kind.TOOL))
        .extracting(entry -> entry.data().text("code").orElse(""))
        .containsExactlyInAnyOrder("COMPLETED", "COMPLETED", "LIFETIME_EXCEEDED");
    talk.errand().subTasks(rules -> rules.perJob(100));
    var full =
        talk.submit(
            agent(saying("ok"), three, says("Ok.")).limits(limits -> limits.withDescendants(2)),
            "Go.");
    talk.answer(full);
    assertThat(texts(talk.asked().getLast()))
        .filteredOn(text -> text.contains("as many jobs as it may have"))
        .hasSize(1);
    var none =
        talk.submit(
            agent(saying("ok"), three, says("Ok.")).limits(limits -> limits.withChildren(0)),
            "Go.");
    talk.answer(none);
    assertThat(entries(none, Entry.Kind.TOOL))
        .hasSize(3)
        .allSatisfy(entry -> assertThat(entry.data().text("code")).hasValue("REFUSED"));
  }

  @Test
  void b53_two_hundred_subtasks_of_one_reply_all_answer() {
    var many =
        IntStream.range(0, 200).mapToObj(n -> subTask("t" + n, "x")).toArray(ToolCall[]::new);
    talk.answer(agent(saying("ok"), calls(many), says("Good.")).concurrentTools(64), "Go.");
    assertThat(results(talk.asked().getLast())).hasSize(200).noneMatch(Message.ToolResult::failed);
  }

  /// P54, B56
  @Test
  void p54_b56_what_is_cancelled_ends_below_it_and_no_model_is_asked_after_that() throws Exception {
    talk.errand().subTasks(rules -> rules.maxDepth(2));
    var asking = new CountDownLatch(2);
    Function<Model.Request, Model.Reply> below =
        request -> {
          if (Talk.first(request).contains("top")) {
            return calls(subTask("leaf", "x"), subTask("leaf", "x"));
          }
          asking.countDown();
          throw new AssertionError(await(new CountDownLatch(1)));
        };
    var job = talk.submit(agent(below, one("top", "x"), says("?")), "Go.");
    assertThat(asking.await(1, TimeUnit.MINUTES)).isTrue();
    job.cancel("enough");
    assertThat(talk.outcome(job)).isInstanceOf(Outcome.Cancelled.class);
    Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> allDone(job));
    assertThat(ends(job))
        .hasSize(3)
        .allSatisfy(end -> assertThat(end.kind()).isEqualTo(Entry.Kind.SUBTASK_CANCELLED));
    assertThat(talk.asked()).hasSize(4);
  }

  private boolean allDone(Job job) {
    return job.record().status() == JobStatus.DONE
        && job.children().stream().allMatch(this::allDone);
  }

  private static String await(CountDownLatch never) {
    try {
      return "never came: " + never.await(1, TimeUnit.HOURS);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new ModelException("stopped");
    }
  }

  @Test
  void b57_a_subtask_that_takes_too_long_times_out_with_what_it_had_and_its_parent_goes_on() {
    talk.errand().subTasks(rules -> rules.timeout(Duration.ofMillis(500)));
    Function<Model.Request, Model.Reply> below =
        request -> {
          if (request.replies() == 0) {
            return new Model.Reply(
                "half of it", calls(call("nothing", Json.Object.EMPTY)).calls(), false, Talk.PRICE);
          }
          throw new AssertionError(await(new CountDownLatch(1)));
        };
    var job = talk.submit(agent(below, one("Sum", "add"), says("A pity.")), "Go.");
    assertThat(talk.answer(job)).isEqualTo("A pity.");
    assertThat(told().text())
        .startsWith("Error: Subtask 'Sum' failed: TimedOutError:")
        .contains("half of it");
    assertThat(code(job)).isEqualTo("TIMED_OUT");
    assertThat(job.children().getFirst().record().usage()).isEqualTo(Talk.PRICE);
    assertThat(events(job, Entry.Kind.SUBTASK_TIMED_OUT)).hasSize(1);
  }

  @Test
  void b58_the_deadline_of_a_subtask_is_never_later_than_its_parents() {
    var agent = agent(saying("ok"), one("Sum", "add"), says("Ok.")).build();
    var job =
        talk.errand().submit(agent, spec -> spec.message("Go.").timeout(Duration.ofMinutes(2)));
    talk.answer(job);
    assertThat(job.children().getFirst().record().origin().deadline())
        .isBeforeOrEqualTo(job.record().origin().deadline());
  }

  @Test
  void b60_what_a_tree_of_three_levels_cost_is_the_sum_of_its_calls() {
    talk.errand().subTasks(rules -> rules.maxDepth(2));
    var two = calls(subTask("a", "x"), subTask("b", "x"));
    var agent =
        talk.agent("r", request -> offers(request) ? nth(request, two, says("up")) : says("leaf"))
            .tools(ToolFunction.SUB_TASK);
    var job = talk.submit(agent, "Go.");
    talk.answer(job);
    assertThat(total(job)).isEqualTo(new Usage(10, 60, 40, 1000));
    assertThat(talk.asked()).hasSize(10);
  }

  private static Usage total(Job job) {
    return job.children().stream()
        .map(SubTaskToolTest::total)
        .reduce(job.record().usage(), Usage::plus);
  }

  @Test
  void b61_b62_parallel_subtasks_cannot_both_spend_what_is_left() {
    var agent =
        agent(saying("ok"), calls(subTask("a", "x"), subTask("b", "x")), says("Ok.")).build();
    var job = talk.errand().submit(agent, spec -> spec.message("Go.").budget(Budget.tokens(45)));
    talk.outcome(job);
    Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> allDone(job));
    assertThat(total(job).inputTokens() + total(job).outputTokens()).isLessThanOrEqualTo(45);
  }

  @Test
  void a_message_ends_the_wait_and_the_subtask_goes_on_and_its_end_is_told() throws Exception {
    var asked = new CountDownLatch(1);
    var free = new CountDownLatch(1);
    Function<Model.Request, Model.Reply> below =
        request -> {
          asked.countDown();
          try {
            assertThat(free.await(1, TimeUnit.MINUTES)).isTrue();
          } catch (InterruptedException stopped) {
            throw new AssertionError(stopped);
          }
          return says("found");
        };
    var job = talk.submit(agent(below, one("Sum", "add"), says("I wait."), says("Found.")), "Go.");
    assertThat(asked.await(1, TimeUnit.MINUTES)).isTrue();
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> job.record().status() == JobStatus.SUSPENDED);
    job.say("How is it going?");
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> job.record().status() == JobStatus.DONE);
    assertThat(told().text()).startsWith("The subtask goes on as job " + job.id().child(1));
    assertThat(talk.asked().getLast().messages().getLast().text()).isEqualTo("How is it going?\n");
    free.countDown();
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(
            () ->
                talk.outcome(job).equals(new Outcome.Succeeded(dev.errand.job.Value.of("Found."))));
    assertThat(talk.asked().getLast().messages().getLast().text())
        .startsWith("[Notification] sub-task 'Sum' completed successfully. Result: found");
  }

  @Test
  void p35_a_subtask_that_cannot_be_made_is_refused_and_has_no_job() {
    var agent =
        agent(saying("?"), one("Sum", "add"), says("So.")).limits(limits -> limits.withChildren(0));
    var job = talk.submit(agent, "Go.");
    assertThat(talk.answer(job)).isEqualTo("So.");
    assertThat(events(job, Entry.Kind.SUBTASK_REFUSED))
        .singleElement()
        .satisfies(
            refused -> {
              assertThat(refused.job()).isEqualTo(job.id());
              assertThat(refused.data().text("text").orElse("")).contains("may have no children");
            });
    assertThat(job.children()).isEmpty();
  }

  @Test
  void b41_what_a_parents_result_must_look_like_is_not_asked_of_its_subtasks() {
    var researcher = agent(saying("words"), one("Sum", "add"), says("12"));
    talk.errand().register(researcher.build());
    var boss =
        Agent.named("boss")
            .program(
                scope -> {
                  var spec = SubTaskSpec.of("researcher").message("Go.").resultType(Integer.class);
                  return scope
                      .start(spec)
                      .await()
                      .error()
                      .map(error -> error.kind().code())
                      .orElse("none");
                })
            .build();
    var job = talk.errand().submit(boss);
    // The researcher itself delivers no number; its own subtask was not held to that.
    assertThat(talk.answer(job)).isEqualTo("no_result");
    assertThat(told().text()).isEqualTo("SubTask 'Sum' completed.\n\nwords");
  }

  @Test
  @SuppressWarnings("try")
  void b44_who_listens_hears_the_words_of_subtasks_with_their_jobs() throws Exception {
    var heard = new ArrayList<String>();
    var all = new CountDownLatch(2);
    Model model =
        new Model() {
          @Override
          public Reply reply(Request request) {
            return isSubTask(request)
                ? says("from below")
                : nth(request, one("Sum", "add"), says("from above"));
          }

          @Override
          public Reply reply(Request request, Consumer<String> said) {
            var reply = reply(request);
            if (!reply.text().isEmpty()) {
              said.accept(reply.text());
            }
            return reply;
          }
        };
    try (var listening =
        talk.errand()
            .listen(
                words -> {
                  heard.add(words.job() + " " + words.text());
                  all.countDown();
                })) {
      var job = talk.submit(Agent.named("r").model(model).tools(ToolFunction.SUB_TASK), "Go.");
      talk.answer(job);
      assertThat(all.await(1, TimeUnit.MINUTES)).isTrue();
      assertThat(heard)
          .containsExactly(job.id().child(1) + " from below", job.id() + " from above");
    }
  }

  @Test
  void b59_a_subtask_that_is_cancelled_leaves_its_siblings() throws Exception {
    var asking = new CountDownLatch(1);
    Function<Model.Request, Model.Reply> below =
        request -> {
          if (!Talk.first(request).contains(": b")) {
            return says("fine");
          }
          asking.countDown();
          throw new AssertionError(await(new CountDownLatch(1)));
        };
    var job =
        talk.submit(
            agent(
                below, calls(subTask("a", "x"), subTask("b", "x"), subTask("c", "x")), says("Ok.")),
            "Go.");
    assertThat(asking.await(1, TimeUnit.MINUTES)).isTrue();
    job.children().get(1).cancel("not that one");
    assertThat(talk.answer(job)).isEqualTo("Ok.");
    assertThat(texts(talk.asked().getLast()).get(1))
        .startsWith("Error: Subtask 'b' failed: CancelledError:")
        .contains("not that one");
    assertThat(results(talk.asked().getLast()))
        .extracting(Message.ToolResult::failed)
        .containsExactly(false, true, false);
  }

  @Test
  void p70_b71_a_hook_halts_a_tool_in_a_subtask_and_knows_where_it_is() {
    var uses = Collections.synchronizedList(new ArrayList<ToolHook.Use>());
    var look = ToolFunction.of("look", "", List.of(), call -> "seen");
    Function<Model.Request, Model.Reply> below =
        request ->
            nth(
                request,
                calls(call("look", Json.Object.EMPTY)),
                says(String.join("|", texts(request))));
    var agent =
        agent(below, calls(call("look", Json.Object.EMPTY)), one("Sum", "add"), says("Ok."))
            .tools(look)
            .beforeTool(
                use -> {
                  uses.add(use);
                  return use.depth() == 0
                      ? ToolHook.Decision.goOn()
                      : ToolHook.Decision.halt("not down here");
                });
    var job = talk.submit(agent, "Go.");
    talk.answer(job);
    assertThat(told().text()).endsWith("look: not down here");
    assertThat(uses).extracting(ToolHook.Use::depth).containsExactly(0, 1);
    assertThat(uses.getLast().parent()).hasValue(job.id());
    assertThat(uses.getLast().agent()).isEqualTo("researcher");
    talk.answer(
        agent(below, calls(call("look", Json.Object.EMPTY)), says("Ok."))
            .tools(look)
            .beforeTool(use -> ToolHook.Decision.replace("nothing")),
        "Go.");
    assertThat(told().text()).isEqualTo("nothing");
  }

  @Test
  void p43_b72_nobody_listens_and_a_subtask_has_no_other_tools_than_its_parent() {
    var look = ToolFunction.of("look", "", List.of(), call -> "seen");
    Function<Model.Request, Model.Reply> below =
        request ->
            nth(
                request,
                calls(call("look", Json.Object.EMPTY), call("Write", Json.Object.EMPTY)),
                says(String.join("|", texts(request))));
    talk.answer(agent(below, one("Sum", "add"), says("Ok.")).tools(look), "Go.");
    assertThat(told().text()).contains("seen|Error: there is no tool Write here");
  }
}
