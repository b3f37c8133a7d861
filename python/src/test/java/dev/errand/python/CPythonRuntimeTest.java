package dev.errand.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.errand.job.CodeBlock;
import dev.errand.job.JobId;
import dev.errand.job.Limits;
import dev.errand.job.TaskError;
import dev.errand.job.WorkspaceException;
import dev.errand.spi.Workspace;
import dev.errand.spi.Workspace.Ending;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.RecordingHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CPythonRuntimeTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final int SPARES = 4;
  private static final String OPEN_DESCRIPTORS =
      """
      def is_open(n):
          try:
              return os.fstat(n) is not None
          except OSError:
              return False

      [n for n in range(4096) if is_open(n)]
      """;
  @TempDir Path folder;

  private static Workspace open(WorkspaceRuntime runtime) {
    return runtime.open(
        new WorkspaceRuntime.Opening(
            new JobId("root"), "main", false, Limits.DEFAULT, List.of(), null));
  }

  private static Ending run(Workspace workspace, String source) {
    var host = new RecordingHost(new JobId("root"));
    return workspace.run(host.again(CodeBlock.python(source)), host);
  }

  private static String value(Workspace workspace, String source) {
    return ((Ending.Finished) run(workspace, source)).value().text();
  }

  private static TaskError death(Ending ending) {
    return ((Ending.Died) ending).error();
  }

  private Path script(String text) throws IOException {
    var file = folder.resolve("python3");
    Files.writeString(file, "#!/bin/sh\n" + text + "\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  private static CPythonRuntime with(Path interpreter) {
    return CPythonRuntime.builder().interpreter(interpreter).spares(0).build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"never", "halt", "return"})
  void no_process_and_no_folder_outlives_the_jvm_however_it_ends(String how) throws Exception {
    var pids = folder.resolve("pids");
    var jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                LeftBehind.class.getName(),
                pids.toString(),
                how)
            .inheritIO()
            .start();
    await().atMost(SOON).until(() -> Files.exists(pids));
    if (how.equals("never")) {
      jvm.destroyForcibly();
    }
    assertThat(jvm.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    var processes = Files.readAllLines(pids).stream().map(Long::parseLong).toList();
    assertThat(processes).as("the zygote, three workspaces, four spares").hasSize(8);
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(processes).filteredOn(CPythonRuntimeTest::isRunning).isEmpty());
    assertThat(Path.of(Files.readString(folder.resolve("folder")))).doesNotExist();
  }

  private static boolean isRunning(long pid) {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
  }

  @Test
  void closing_the_runtime_leaves_no_process_and_no_folder() {
    var runtime = CPythonRuntime.create();
    var workspace = open(runtime);
    long python = Long.parseLong(value(workspace, "import os\nos.getppid()"));
    long child = Long.parseLong(value(workspace, "os.getpid()"));
    var command = ProcessHandle.of(python).orElseThrow().info().arguments().orElseThrow();
    var folder = Path.of(command[command.length - 1]);
    assertThat(folder).isDirectory();
    runtime.close();
    assertThat(isRunning(python)).isFalse();
    await().atMost(SOON).until(() -> !isRunning(child));
    assertThat(folder).doesNotExist();
    assertThatExceptionOfType(WorkspaceException.class)
        .isThrownBy(() -> open(runtime))
        .withMessage("The Python runtime is closed.");
  }

  @Test
  void a_runtime_whose_zygote_was_killed_starts_another() {
    try (var runtime = CPythonRuntime.create()) {
      var workspace = open(runtime);
      long zygote = Long.parseLong(value(workspace, "import os\nos.getppid()"));
      ProcessHandle.of(zygote).orElseThrow().destroyForcibly();
      var ending = run(workspace, "while True: pass");
      assertThat(death(ending).kind()).isEqualTo(TaskError.Kind.WORKSPACE);
      assertThat(((Ending.Died) ending).mayRetry()).isTrue();
      await().atMost(SOON).until(() -> !isRunning(zygote));
      await().atMost(SOON).until(() -> opens(runtime));
      assertThat(value(open(runtime), "1 + 1")).isEqualTo("2");
    }
  }

  private static boolean opens(WorkspaceRuntime runtime) {
    try {
      open(runtime).close();
      return true;
    } catch (WorkspaceException notYetNoticed) {
      return false;
    }
  }

  @Test
  void a_spare_process_that_died_is_not_given_out() {
    try (var runtime = CPythonRuntime.create()) {
      open(runtime).close();
      var zygote = ProcessHandle.current().children().toList();
      await()
          .atMost(SOON)
          .until(() -> zygote.stream().flatMap(ProcessHandle::children).count() >= 4);
      zygote.stream().flatMap(ProcessHandle::children).forEach(ProcessHandle::destroyForcibly);
      await()
          .atMost(SOON)
          .until(() -> zygote.stream().flatMap(ProcessHandle::children).findAny().isEmpty());
      assertThat(value(open(runtime), "1 + 1")).isEqualTo("2");
    }
  }

  @Test
  void a_process_has_nothing_of_the_hosts() {
    try (var runtime = CPythonRuntime.create()) {
      var workspace = open(runtime);
      assertThat(value(workspace, "import os, sys\nsorted(os.environ)"))
          .isEqualTo(
              "[\"LANG\",\"LD_BIND_NOW\",\"OMP_NUM_THREADS\",\"OPENBLAS_NUM_THREADS\",\"PATH\","
                  + "\"PYTHONHASHSEED\"]");
      assertThat(value(workspace, "sys.flags.hash_randomization")).isEqualTo("0");
      assertThat(value(workspace, OPEN_DESCRIPTORS)).isEqualTo("[0,1,2,3]");
      assertThat(
              value(
                  workspace,
                  "[os.fstat(n).st_rdev == os.stat('/dev/null').st_rdev for n in range(3)]"))
          .isEqualTo("[true,true,true]");
      assertThat(value(workspace, "os.getsid(0) == os.getppid()")).isEqualTo("true");
      assertThat(value(workspace, "any('errand' in folder for folder in sys.path)"))
          .isEqualTo("false");
    }
  }

  @Test
  void a_script_that_stands_before_an_interpreter_is_seen_through() throws Exception {
    try (var runtime = with(script("exec python3 \"$@\""))) {
      assertThat(value(open(runtime), "import sys\nsys.executable"))
          .isNotEqualTo(folder.resolve("python3").toString());
    }
  }

  @Test
  void packages_of_a_virtual_environment_can_be_imported() throws Exception {
    var environment = folder.resolve("env");
    var maker =
        new ProcessBuilder(
            Interpreter.find("python3").toString(),
            "-m",
            "venv",
            "--without-pip",
            environment.toString());
    assertThat(maker.inheritIO().start().waitFor()).isZero();
    try (var libraries = Files.newDirectoryStream(environment.resolve("lib"))) {
      var packages = libraries.iterator().next().resolve("site-packages");
      Files.writeString(packages.resolve("carried.py"), "NAME = 'carried along'");
    }
    try (var runtime = with(environment.resolve("bin/python3"))) {
      assertThat(value(open(runtime), "import carried\ncarried.NAME")).isEqualTo("carried along");
    }
  }

  @Test
  void a_missing_interpreter_is_named_with_advice() {
    try (var runtime = with(folder.resolve("none"))) {
      assertThatExceptionOfType(WorkspaceException.class)
          .isThrownBy(() -> open(runtime))
          .withMessageContaining("There is no " + folder.resolve("none"))
          .withMessageContaining("Install Python 3.10 or later");
    }
  }

  @Test
  void a_script_that_leads_nowhere_is_named() throws Exception {
    try (var runtime = with(script("exit 3"))) {
      assertThatExceptionOfType(WorkspaceException.class)
          .isThrownBy(() -> open(runtime))
          .withMessageContaining("does not lead to a Python");
    }
  }

  @Test
  void an_interpreter_that_is_too_old_is_refused() throws Exception {
    var old = script("echo old 3.9.1");
    assertThatExceptionOfType(WorkspaceException.class)
        .isThrownBy(() -> Zygote.start(old, 0, Duration.ZERO, CageSettings.DEFAULT))
        .withMessageContaining("is Python 3.9.1. Install Python 3.10 or later");
  }

  @Test
  void an_interpreter_that_does_not_come_up_is_quoted() throws Exception {
    var broken = script("echo something is missing >&2; exit 1");
    assertThatExceptionOfType(WorkspaceException.class)
        .isThrownBy(() -> Zygote.start(broken, 0, Duration.ZERO, CageSettings.DEFAULT))
        .withMessageContaining("did not come up. something is missing");
  }

  @Test
  void a_process_that_waits_for_a_job_makes_pages_its_own_meanwhile() throws Exception {
    long asForked;
    try (var zygote = zygote(Duration.ofDays(1))) {
      asForked = pagesOf(forkedBy(zygote));
    }
    try (var zygote = zygote(Duration.ZERO)) {
      var process = forkedBy(zygote);
      await().untilAsserted(() -> assertThat(pagesOf(process)).isGreaterThan(asForked + 100));
    }
  }

  private static Zygote zygote(Duration rest) {
    return Zygote.start(Interpreter.find("python3"), 0, rest, CageSettings.DEFAULT);
  }

  private static ProcessHandle forkedBy(Zygote zygote) {
    zygote.take();
    var children = ProcessHandle.current().children().flatMap(ProcessHandle::children);
    return children.findAny().orElseThrow();
  }

  /// How many pages it has copied or been given: the count of its page faults.
  private static long pagesOf(ProcessHandle process) throws IOException {
    var line = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    return Long.parseLong(line.substring(line.lastIndexOf(')') + 2).split(" ", -1)[7]);
  }

  @Test
  void an_interrupted_run_ends_its_process() throws Exception {
    try (var runtime = CPythonRuntime.create()) {
      var workspace = open(runtime);
      long pid = Long.parseLong(value(workspace, "import os\nos.getpid()"));
      var ending = new Ending[1];
      var thread = Thread.ofVirtual().start(() -> ending[0] = run(workspace, "while True: pass"));
      await().atMost(SOON).until(() -> thread.getState() == Thread.State.WAITING);
      thread.interrupt();
      thread.join();
      assertThat(death(ending[0]).message()).isEqualTo("The workspace was interrupted.");
      await().atMost(SOON).until(() -> !isRunning(pid));
    }
  }

  @Test
  void a_process_that_does_not_keep_to_the_protocol_ends() {
    try (var runtime = CPythonRuntime.create()) {
      var noise = "import os\nos.write(3, b'\\0\\0\\0\\2\\0\\0\\0\\0[]')\nwhile True: pass";
      assertThat(death(run(open(runtime), noise)).message()).contains("was not understood");
      var lies = "import os\nos.write(3, b'\\0\\0\\0\\x11\\0\\0\\0\\0{\"do\":\"rm\",\"s\":0}')\n1";
      assertThat(death(run(open(runtime), lies)).message()).contains("asked for rm");
    }
  }

  @Test
  void thousands_of_workspaces_one_after_another_leave_nothing_behind() {
    try (var runtime = CPythonRuntime.create()) {
      for (int i = 0; i < 2000; i++) {
        open(runtime).close();
      }
      await().atMost(SOON).until(() -> ProcessHandle.current().descendants().count() == 1 + SPARES);
    }
  }
}
