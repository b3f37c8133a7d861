package dev.errand.python;

import static org.awaitility.Awaitility.await;

import dev.errand.job.CodeBlock;
import dev.errand.job.JobId;
import dev.errand.job.Limits;
import dev.errand.job.Value;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.RecordingHost;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// A program that opens workspaces and does not close them: one idle, one waiting for its host, one
/// in an endless loop. It writes the ids of all Python processes to the file it is given, the
/// zygote's folder to a file `folder` beside it, and ends as its second argument says: `never`
/// waits to be killed, `halt` and `return` end at once.
final class LeftBehind {
  /// The zygote, three workspaces, four spares.
  private static final int PROCESSES = 8;

  private LeftBehind() {}

  public static void main(String[] args) throws Exception {
    var runtime = CPythonRuntime.create();
    var begun = new CountDownLatch(2);
    open(runtime);
    start(runtime, "begun()\nwait()", host("waiting", begun));
    start(runtime, "begun()\nwhile True: pass", host("looping", begun));
    begun.await();
    await().until(() -> ProcessHandle.current().descendants().count() == PROCESSES);
    var command =
        ProcessHandle.current().children().toList().getFirst().info().arguments().orElseThrow();
    var pids = ProcessHandle.current().descendants().map(process -> "" + process.pid()).toList();
    var file = Path.of(args[0]);
    var written = file.resolveSibling("pids.new");
    Files.writeString(file.resolveSibling("folder"), command[command.length - 1]);
    Files.write(written, pids, StandardCharsets.UTF_8);
    Files.move(written, file);
    switch (args[1]) {
      case "halt" -> Runtime.getRuntime().halt(3);
      case "return" -> {}
      default -> waitForever();
    }
  }

  private static RecordingHost host(String job, CountDownLatch begun) {
    return new RecordingHost(new JobId(job))
        .tool("wait", ignored -> waitForever())
        .tool(
            "begun",
            ignored -> {
              begun.countDown();
              return Value.none();
            });
  }

  private static Workspace open(WorkspaceRuntime runtime) {
    return runtime.open(
        new WorkspaceRuntime.Opening(
            new JobId("left"),
            "main",
            true,
            Limits.DEFAULT,
            List.of(
                new WorkspaceRuntime.ToolSignature("wait", "", List.of()),
                new WorkspaceRuntime.ToolSignature("begun", "", List.of())),
            null));
  }

  private static void start(WorkspaceRuntime runtime, String source, RecordingHost host) {
    var workspace = open(runtime);
    Thread.ofVirtual().start(() -> workspace.run(host.again(CodeBlock.python(source)), host));
  }

  private static Value waitForever() {
    try {
      new CountDownLatch(1).await();
      return Value.none();
    } catch (InterruptedException interrupt) {
      throw new IllegalStateException(interrupt);
    }
  }
}
