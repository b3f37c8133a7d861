package dev.errand.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.agent.Model.Reply;
import dev.errand.agent.Model.Request;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.ToolCall;
import dev.errand.job.Usage;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Parents and subtasks that use one MCP server: cases P29 to B32 of the tool `SubTask`, with
/// `server-everything` of the npm registry.
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedServerTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Usage USAGE = new Usage(1, 1, 1, 1);

  @AutoClose
  private final McpServer server =
      McpServer.stdio("everything", Npm.everything()).linger(Duration.ZERO).build();

  @AutoClose
  private final Errand errand =
      Errand.builder().store(new MemoryStore(InstantSource.system())).open();

  /// What a model says next.
  @FunctionalInterface
  private interface Mind {
    Reply next(Request request) throws InterruptedException;
  }

  private Job submitted(Mind parent, Mind child) {
    Model model =
        request -> {
          try {
            return isSubTask(request) ? child.next(request) : parent.next(request);
          } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
          }
        };
    var agent =
        Agent.named("caller").model(model).tools(ToolFunction.SUB_TASK).tools(server).build();
    errand.worker().concurrency(16).poll(Duration.ofMillis(20)).start();
    return errand.submit(agent, spec -> spec.message("Go."));
  }

  private static String answer(Job job) throws InterruptedException {
    return job.await(LONG).value(String.class);
  }

  private static boolean isSubTask(Request request) {
    return request.messages().getFirst().text().startsWith("# SubTask: ");
  }

  private static Reply says(String text) {
    return new Reply(text, USAGE);
  }

  private static Reply calls(ToolCall... calls) {
    var numbered =
        IntStream.range(0, calls.length)
            .mapToObj(n -> new ToolCall("call_" + n, calls[n].name(), calls[n].arguments()))
            .toList();
    return new Reply("", numbered, false, USAGE);
  }

  private static ToolCall call(String tool, Json.Object arguments) {
    return new ToolCall("", tool, arguments);
  }

  private static ToolCall echo(String message) {
    return call("echo", Json.object("message", message));
  }

  private static ToolCall subTask(String title) {
    return call("SubTask", Json.object("title", title).with("instructions", "Do it."));
  }

  /// What the tools said that were called last.
  private static String told(Request request) {
    var texts = new ArrayList<String>();
    for (var message : request.messages().reversed()) {
      if (!(message instanceof Message.ToolResult result)) {
        break;
      }
      texts.addFirst(result.text());
    }
    return String.join(" | ", texts);
  }

  private ProcessHandle process() {
    return server.process().orElseThrow();
  }

  private void untilCalled() {
    await().atMost(LONG).until(() -> server.underWay() == 1 && server.isConnected());
  }

  private static List<Long> serversOfThisProcess() {
    return ProcessHandle.current()
        .descendants()
        .filter(SharedServerTest::isServer)
        .map(ProcessHandle::pid)
        .toList();
  }

  private static boolean isServer(ProcessHandle process) {
    return process.isAlive()
        && process.info().arguments().stream()
            .flatMap(Arrays::stream)
            .anyMatch(word -> word.contains("server-everything"));
  }

  @Test
  void p29_p30_a_subtask_calls_a_tool_and_when_it_has_ended_its_parent_calls_on() throws Exception {
    var pids = new ConcurrentHashMap<String, ProcessHandle>();
    var job =
        submitted(
            request ->
                switch (request.replies()) {
                  case 0 -> calls(echo("first"));
                  case 1 -> {
                    pids.put("before", process());
                    yield calls(subTask("child"));
                  }
                  case 2 -> {
                    pids.put("after", process());
                    yield calls(echo("from the parent; " + told(request)));
                  }
                  default -> says(told(request));
                },
            request ->
                request.replies() == 0 ? calls(echo("from the child")) : says(told(request)));

    assertThat(answer(job))
        .contains("Echo: from the parent")
        .contains("SubTask 'child'")
        .contains("Echo: from the child");
    assertThat(pids.get("after")).as("one process served both").isEqualTo(pids.get("before"));
    await().atMost(LONG).until(() -> !server.isConnected());
    await().atMost(LONG).until(() -> !Objects.requireNonNull(pids.get("before")).isAlive());
  }

  @Test
  void b31_five_parallel_subtasks_use_one_process_which_closes_when_the_last_user_ends()
      throws Exception {
    var allHaveCalled = new CountDownLatch(5);
    Set<ProcessHandle> seen = ConcurrentHashMap.newKeySet();
    Set<List<Long>> counted = ConcurrentHashMap.newKeySet();
    var job =
        submitted(
            request ->
                request.replies() == 0
                    ? calls(
                        IntStream.range(0, 5)
                            .mapToObj(n -> subTask("part " + n))
                            .toArray(ToolCall[]::new))
                    : says(told(request)),
            request -> {
              if (request.replies() == 0) {
                return calls(echo("called"));
              }
              seen.add(process());
              allHaveCalled.countDown();
              allHaveCalled.await(); // each of the five is at work
              counted.add(serversOfThisProcess());
              return says(told(request));
            });

    assertThat(answer(job).split("Echo: called", -1)).hasSize(5 + 1);
    assertThat(seen).hasSize(1);
    var process = seen.iterator().next();
    assertThat(counted).containsExactly(List.of(process.pid()));
    await().atMost(LONG).until(() -> !process.isAlive());
    assertThat(server.isConnected()).isFalse();
  }

  @Test
  void b32_a_server_that_dies_fails_the_call_of_one_subtask_and_nobody_else() throws Exception {
    var failed = new CountDownLatch(1);
    var killed = new ConcurrentHashMap<String, ProcessHandle>();
    var job =
        submitted(
            request ->
                switch (request.replies()) {
                  case 0 -> calls(echo("parent"));
                  case 1 -> calls(subTask("victim"), subTask("sibling"));
                  case 2 -> calls(echo("and the parent; " + told(request)));
                  default -> says(told(request));
                },
            request -> {
              boolean isVictim = request.messages().getFirst().text().contains("victim");
              if (request.replies() > 0) {
                failed.countDown();
                return says(told(request));
              }
              if (isVictim) {
                return calls(
                    call(
                        "trigger_long_running_operation",
                        Json.object("duration", 36_000).with("steps", 1)));
              }
              untilCalled();
              killed.put("victim's", process());
              process().destroyForcibly();
              failed.await();
              return calls(echo("sibling"));
            });

    assertThat(answer(job))
        .contains("MCP server everything broke off while trigger-long-running-operation was called")
        .contains("exit code 137")
        .contains("Echo: sibling")
        .contains("Echo: and the parent");
    assertThat(Objects.requireNonNull(killed.get("victim's")).isAlive()).isFalse();
    assertThat(job.children()).allSatisfy(child -> assertThat(child.outcome()).isPresent());
    await().atMost(LONG).until(() -> !server.isConnected());
  }

  @Test
  void a_call_whose_outcome_a_dead_server_did_not_tell_is_not_made_again() throws Exception {
    var job =
        submitted(
            request ->
                request.replies() == 0
                    ? calls(
                        call(
                            "trigger_long_running_operation",
                            Json.object("duration", 36_000).with("steps", 1)))
                    : says(told(request)),
            request -> says("?"));
    untilCalled();
    process().destroyForcibly();
    assertThat(answer(job)).contains("Whether the call did anything is not known");
    assertThat(job.history(0, 1000).stream().filter(entry -> entry.kind() == Entry.Kind.TOOL))
        .hasSize(1);
  }

  @Test
  void arguments_that_do_not_fit_the_servers_schema_do_not_reach_it() throws Exception {
    var job =
        submitted(
            request ->
                request.replies() == 0
                    ? calls(call("get_sum", Json.object("a", "two")))
                    : says(told(request)),
            request -> says("?"));
    assertThat(answer(job)).contains("InputValidationError").contains("/a");
  }

  @Test
  void a_job_that_is_cancelled_stops_its_call_and_leaves_the_server() throws Exception {
    var turns = new AtomicInteger();
    var job =
        submitted(
            request -> {
              turns.incrementAndGet();
              return calls(
                  call(
                      "trigger_long_running_operation",
                      Json.object("duration", 36_000).with("steps", 1)));
            },
            request -> says("?"));
    untilCalled();
    var process = process();
    job.kill("enough");
    assertThat(job.await(LONG).code()).isEqualTo("cancelled");
    await().atMost(LONG).until(() -> !process.isAlive());
    assertThat(turns).hasValue(1);
  }

  @Test
  void a_job_that_waits_without_a_place_here_does_not_keep_the_server() throws Exception {
    var agent = Agent.named("waiting").tools(server).build();
    errand.worker().warmJobs(0).poll(Duration.ofMillis(20)).start();
    var job =
        errand.submit(
            agent,
            spec ->
                spec.code(
                    """
                    before = echo(message="before")
                    answer = callback("go").result
                    exit([before, answer, echo(message="after")])
                    """));
    await().atMost(LONG).until(() -> job.callbacks().size() == 1);
    await().atMost(LONG).until(() -> !server.isConnected());
    job.answer("go", 42);
    assertThat((Object) job.await(LONG).value(List.class))
        .isEqualTo(List.of("Echo: before", 42, "Echo: after"));
    await().atMost(LONG).until(() -> !server.isConnected());
  }

  @Test
  void what_models_are_offered_is_what_the_server_says() throws Exception {
    var offered = new ConcurrentHashMap<String, Json.Object>();
    var job =
        submitted(
            request -> {
              request.tools().forEach(tool -> offered.put(tool.name(), tool.schema()));
              return says("Done.");
            },
            request -> says("?"));
    answer(job);
    assertThat(offered).containsKeys("SubTask", "echo", "get_sum");
    assertThat(Objects.requireNonNull(offered.get("echo")).get("properties"))
        .hasValueSatisfying(
            properties ->
                assertThat(((Json.Object) properties).members()).containsOnlyKeys("message"));
    assertThat(Map.copyOf(offered)).hasSizeGreaterThan(5);
  }
}
