package dev.errand.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.ToolFunction;
import dev.errand.job.ChatStyle;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.ToolCall;
import dev.errand.job.Usage;
import dev.errand.testkit.MemoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The tools as models call them, in jobs.
class ToolsInJobsTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  private Errand errand;
  private final List<String> seen = new CopyOnWriteArrayList<>();

  @BeforeEach
  void open() throws IOException {
    folder = folder.toRealPath();
    errand = Errand.builder().store(new MemoryStore(InstantSource.system())).open();
    errand.worker().start();
  }

  @AfterEach
  void close() {
    errand.close();
  }

  /// One whose model makes these calls, reply by reply, and then says that it is done.
  private Agent calling(Toolbox toolbox, List<List<ToolCall>> replies) {
    Model model =
        request -> {
          if (request.messages().getLast() instanceof Model.Message.ToolResult) {
            request.messages().reversed().stream()
                .takeWhile(Model.Message.ToolResult.class::isInstance)
                .forEach(result -> seen.add(result.text()));
          }
          return request.replies() < replies.size()
              ? new Model.Reply("", replies.get(request.replies()), false, new Usage(1, 1, 1, 0))
              : new Model.Reply("done", new Usage(1, 1, 1, 0));
        };
    var tools = toolbox.names().stream().map(toolbox::tool).toArray(ToolFunction[]::new);
    return Agent.named("worker").model(model).style(ChatStyle.DIRECT).tools(tools).build();
  }

  private static ToolCall call(String id, String tool, Map<String, Object> arguments) {
    return new ToolCall(id, tool, Json.of(arguments));
  }

  @Test
  void a_model_writes_edits_and_reads_a_file() throws Exception {
    var worker =
        calling(
            Toolbox.in(folder),
            List.of(
                List.of(call("1", "Write", Map.of("path", "a.txt", "content", "one\ntwo\n"))),
                List.of(
                    call(
                        "2",
                        "Edit",
                        Map.of("path", "a.txt", "old_string", "one", "new_string", "1")),
                    call(
                        "3",
                        "Edit",
                        Map.of("path", "a.txt", "old_string", "two", "new_string", "2"))),
                List.of(
                    call("4", "Read", Map.of("path", "a.txt")),
                    call("5", "Read", Map.of("path", "../secret")))));

    var outcome = errand.submit(worker, spec -> spec.message("Go.")).await(LONG);

    assertThat(outcome).isInstanceOf(Outcome.Succeeded.class);
    assertThat(folder.resolve("a.txt")).hasContent("1\n2");
    assertThat(seen)
        .contains("Created a.txt: 8 bytes.", "     1\t1\n     2\t2")
        .anyMatch(text -> text.contains("outside the working directory"));
  }

  @Test
  void p55_a_job_that_is_killed_takes_its_command_with_it() throws Exception {
    var worker =
        calling(
            Toolbox.in(folder).bash(),
            List.of(
                List.of(
                    call(
                        "1",
                        "Bash",
                        Map.of("command", "sleep 600 & echo $! > pid; : > begun; wait")))));
    var job = errand.submit(worker, spec -> spec.message("Go."));
    await().atMost(LONG).until(() -> Files.exists(folder.resolve("begun")));
    long pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());

    job.kill("enough");

    assertThat(job.await(LONG)).isInstanceOf(Outcome.Cancelled.class);
    await().atMost(LONG).until(() -> !BashTest.isAtWork(pid));
  }
}
