package dev.errand.python;

import static dev.errand.python.Code.error;
import static dev.errand.python.Code.open;
import static dev.errand.python.Code.run;
import static dev.errand.python.Code.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.errand.job.CodeBlock;
import dev.errand.job.JobId;
import dev.errand.job.Limits;
import dev.errand.job.TaskError;
import dev.errand.job.Value;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace.Ending;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.RecordingHost;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Jobs that mean no good, or lost their way. Beside each of them another job is at work, which is
/// not to notice.
@Timeout(120)
class RunawayTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Limits SHORT = Limits.DEFAULT.withBlockTime(Duration.ofMillis(300));
  private static final Limits SMALL =
      Limits.DEFAULT
          .withBlockTime(Duration.ofSeconds(30))
          .withMemoryBytes(400L << 20)
          .withFileBytes(8 << 20)
          .withStoredBytes(4 << 20)
          .withOutputCharacters(1_000_000);

  private static CPythonRuntime runtime;
  private static Path folder;

  private CountDownLatch over;
  private CompletableFuture<Ending> bystander;

  @BeforeAll
  static void start() throws Exception {
    var python = PythonWith.packages("numpy");
    runtime = CPythonRuntime.builder().interpreter(python).isolation(Isolation.REQUIRED).build();
    try (var workspace = open(runtime)) {
      folder = Path.of(value(workspace, "import os\nos.path.realpath('../..')"));
    }
  }

  @AfterAll
  static void nothing_is_left() {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(folder.resolve("jobs").toFile().listFiles())
                    .allSatisfy(left -> assertThat(left).isEmptyDirectory()));
    runtime.close();
    await().atMost(SOON).until(() -> ProcessHandle.current().descendants().findAny().isEmpty());
    assertThat(folder).doesNotExist();
  }

  @BeforeEach
  void another_job_begins() throws Exception {
    over = new CountDownLatch(1);
    var begun = new CountDownLatch(1);
    var host =
        new RecordingHost(new JobId("bystander")).tool("wait", ignored -> waitFor(begun, over));
    var tools = List.of(new WorkspaceRuntime.ToolSignature("wait", "", List.of()));
    var workspace =
        runtime.open(
            new WorkspaceRuntime.Opening(
                new JobId("bystander"), "main", true, SHORT.withBlockTime(SOON), tools, null));
    bystander = new CompletableFuture<>();
    var code = "kept = ['mine']\nwait()\nkept.append(sum(range(1000)))\nkept";
    Thread.ofVirtual()
        .start(
            () -> {
              try (workspace) {
                bystander.complete(workspace.run(host.again(CodeBlock.python(code)), host));
              }
            });
    begun.await();
  }

  private static Value waitFor(CountDownLatch begun, CountDownLatch over) {
    begun.countDown();
    try {
      over.await();
      return Value.none();
    } catch (InterruptedException interrupt) {
      throw new IllegalStateException(interrupt);
    }
  }

  @AfterEach
  void another_job_ends_as_if_nothing_had_been() {
    over.countDown();
    assertThat(bystander.join())
        .isInstanceOfSatisfying(
            Ending.Finished.class,
            finished -> assertThat(finished.value().text()).isEqualTo("[\"mine\",499500]"));
    try (var next = open(runtime)) {
      assertThat(value(next, "1 + 1")).isEqualTo("2");
    }
  }

  private static TaskError failure(Limits limits, String source) {
    try (var workspace = open(runtime, limits)) {
      return error(run(workspace, source));
    }
  }

  private static TaskError limit(Limits limits, String source) {
    var error = failure(limits, source);
    assertThat(error.kind()).as(error.message()).isEqualTo(TaskError.Kind.LIMIT);
    assertThat(error.advice()).contains("give the agent a larger");
    return error;
  }

  // Time

  @ParameterizedTest
  @ValueSource(
      strings = {
        "while True: pass",
        "10 ** 10 ** 8",
        "import re\nre.match('(a+)+b', 'a' * 99)",
        "sum(range(10 ** 12))",
        "import time\ntime.sleep(10 ** 6)",
        "try:\n    while True: pass\nexcept BaseException:\n    while True: pass",
        "import signal as s\ns.pthread_sigmask(s.SIG_BLOCK, range(1, 65))\nwhile True: pass",
        """
        import signal as s
        for n in {*range(1, 32)} - {9, 19}: s.signal(n, s.SIG_IGN)
        while True: pass\
        """,
        "import ctypes\nctypes.CDLL(None).pause()",
        "class Slow:\n    def __reduce__(self):\n        while True: pass\nslow = Slow()",
        "class Slow:\n    def __del__(self):\n        while True: pass\nSlow()",
        "class Slow:\n    def __repr__(self):\n        while True: pass\nraise ValueError(Slow())",
        "import sys\ndef loop(*_):\n    while True: pass\nsys.settrace(loop)\n(lambda: 1)()",
        "import os\nos.dup2(0, 3)\nwhile True: pass"
      })
  void code_that_does_not_come_to_an_end_is_stopped(String source) {
    assertThat(failure(SHORT, source).message())
        .containsAnyOf("longer than the 300 ms", "closed its connection");
  }

  @Test
  void a_block_that_was_stopped_leaves_the_workspace_where_it_was_kept_last() {
    var host = new RecordingHost(new JobId("root"));
    try (var workspace = open(runtime, SHORT)) {
      host.over(finished(workspace.run(host.again(CodeBlock.python("kept = 1")), host)));
      var ending = workspace.run(host.again(CodeBlock.python("kept = 2\nwhile True: pass")), host);
      assertThat(((Ending.Died) ending).mayRetry()).isFalse();
    }
    var opening =
        new WorkspaceRuntime.Opening(
            new JobId("root"), "main", false, SHORT, List.of(), host.state());
    try (var again = runtime.open(opening)) {
      assertThat(value(again, "kept")).isEqualTo("1");
    }
  }

  private static Host.Mark finished(Ending ending) {
    return ((Ending.Finished) ending).mark();
  }

  // Memory

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x = []\nwhile True: x.append('x' * len(x))",
        "x = b'x'\nwhile True: x += x",
        "x = bytes(10 ** 12)",
        "[0] * 10 ** 10",
        "x = {}\nwhile True: x[len(x)] = x",
        "x = 'x' * 10 ** 11",
        "import numpy\nnumpy.ones(10 ** 10)",
        "import numpy\nx = []\nwhile True: x.append(numpy.ones(10 ** 6))",
        "import mmap\nx = []\nwhile True: x.append(mmap.mmap(-1, 1 << 24))",
        "x = 7\nwhile True: x = x << 10 ** 8",
        "x = []\nwhile True: x = [x, x, bytearray(1 << 20)]"
      })
  void a_memory_bomb_fails_alone(String source) {
    var error = failure(SMALL, source);
    if (error.kind() != TaskError.Kind.LIMIT) {
      assertThat(error.message()).containsAnyOf("MemoryError", "Cannot allocate");
    }
  }

  @Test
  void a_process_that_dies_with_its_memory_used_up_is_said_to_have_died_of_it() {
    assertThat(limit(SMALL, "import os\nx = b'x' * (350 << 20)\nos.abort()").message())
        .isEqualTo(
            "The code needed more memory than the 400 MiB that its process may have, and the"
                + " process died of it.");
  }

  @Test
  void memory_that_c_takes_is_bounded_too() {
    var code =
        """
        import ctypes
        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        taken = 0
        while libc.malloc(1 << 20):
            taken += 1
        taken < 400\
        """;
    try (var workspace = open(runtime, SMALL)) {
      assertThat(value(workspace, code)).isEqualTo("true");
    }
  }

  @Test
  void after_a_memory_error_that_was_caught_the_job_goes_on() {
    try (var workspace = open(runtime, SMALL)) {
      var code = "try:\n    bytes(10 ** 10)\nexcept MemoryError:\n    caught = 'caught'\ncaught";
      assertThat(value(workspace, code)).isEqualTo("caught");
    }
  }

  // Processes and threads

  @ParameterizedTest
  @ValueSource(
      strings = {
        "import os\nwhile True: os.fork()",
        "import multiprocessing as m\nwhile True: m.Process(target=print).start()",
        "import subprocess\nwhile True: subprocess.Popen(['sleep', '60'])",
        "import os\nwhile True: os.posix_spawn('/bin/sleep', ['sleep', '60'], {})",
        "import threading\nwhile True: threading.Thread(target=print).start()"
      })
  void a_fork_bomb_does_not_go_off(String source) {
    assertThat(failure(SMALL, source).message())
        .containsAnyOf("cannot be started in a job", "PermissionError");
  }

  @Test
  void a_fork_bomb_in_c_does_not_go_off_either() {
    var code =
        "import ctypes, os\nlibc = ctypes.CDLL(None)\n[libc.fork(), libc.vfork(), os.getpid() > 1]";
    try (var workspace = open(runtime)) {
      assertThat(value(workspace, code)).isEqualTo("[-1,-1,true]");
    }
  }

  // Output

  @ParameterizedTest
  @ValueSource(
      strings = {
        "for _ in range(10 ** 4): print('x' * 10 ** 6)",
        "while True: print('x')",
        "print('x' * 10 ** 7)",
        "import sys\nwhile True: sys.stderr.write('x' * 1000)"
      })
  void a_flood_of_output_is_cut_off(String source) {
    assertThat(limit(SMALL, source).message())
        .isEqualTo("The code printed more than the 1,000,000 characters that a block may print.");
  }

  // Statements and stored bytes

  @Test
  void a_block_of_too_many_statements_is_refused_before_it_begins() {
    try (var workspace = open(runtime, Limits.DEFAULT.withStatements(100))) {
      var error = error(run(workspace, "x = 1\n".repeat(101)));
      assertThat(error.kind()).isEqualTo(TaskError.Kind.LIMIT);
      assertThat(error.message())
          .isEqualTo(
              "The code has 101 statements at its top level, more than the 100 that a block may"
                  + " have.");
      assertThat(value(workspace, "'x' in globals()")).isEqualTo("false");
      assertThat(value(workspace, "x = 1\n".repeat(99) + "x")).isEqualTo("1");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "import os\nx = os.urandom(5 << 20)",
        "import os\nx = [os.urandom(1000) for _ in range(10_000)]",
        "import os\nx = os.urandom(3 << 20)\ny = os.urandom(3 << 20)",
        "import os\nx = os.urandom(100 << 20)",
        "'x' * (100 << 20)"
      })
  void a_workspace_that_would_store_too_much_is_not_stored(String source) {
    assertThat(limit(SMALL, source).message())
        .isEqualTo(
            "The code keeps, or hands on, more than the 4 MiB that a workspace may take where it is"
                + " stored.");
  }

  @Test
  void what_was_deleted_does_not_count() {
    try (var workspace = open(runtime, SMALL)) {
      for (int i = 0; i < 5; i++) {
        value(workspace, "import os\nx = os.urandom(3 << 20)\n1");
        value(workspace, "del x\n1");
      }
      value(workspace, "x = [os.urandom(1000) for _ in range(3000)]\n1");
      for (int i = 0; i < 5; i++) {
        value(workspace, "x[%d] = os.urandom(1000)\n1".formatted(i));
      }
      assertThat(value(workspace, "len(x)")).isEqualTo("3000");
    }
  }

  // Recursion

  @ParameterizedTest
  @ValueSource(
      strings = {
        "def f(): return f()\nf()",
        "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(): return f()\nf()",
        """
        import sys
        sys.setrecursionlimit(10 ** 9)
        class A:
            def __getattr__(self, n): return getattr(self, n + 'x')
        A().x\
        """,
        "x = []\nfor _ in range(10 ** 6): x = [x]\nrepr(x)",
        """
        import sys
        sys.setrecursionlimit(10 ** 9)
        x = []
        for _ in range(10 ** 6): x = [x]
        repr(x)\
        """,
        "import json\nx = []\nfor _ in range(10 ** 5): x = [x]\njson.dumps(x)",
        "import json\njson.loads('[' * 10 ** 6)",
        "import pickle\nx = []\nfor _ in range(10 ** 5): x = [x]\npickle.dumps(x)",
        "compile('(' * 10 ** 5, '', 'eval')",
        "compile('-' * 10 ** 6 + '1', '', 'eval')",
        "eval('[' * 50 + ']' * 50 + '.a' * 10 ** 6)",
        "class A:\n    def __repr__(self): return repr(self)\nrepr(A())",
        """
        class A:
            def __reduce__(self): return A, (A(),)
        x = A()
        import copy
        copy.deepcopy(x)\
        """
      })
  void a_recursion_bomb_is_an_error(String source) {
    assertThat(failure(SMALL, source).message()).isNotBlank();
  }

  // Its own end

  @ParameterizedTest
  @ValueSource(
      strings = {
        "import os\nos.kill(os.getpid(), 9)",
        "import os\nos._exit(0)",
        "import os\nos.abort()",
        "import ctypes\nctypes.string_at(0)",
        "import signal\nsignal.raise_signal(signal.SIGTERM)",
        "import ctypes\nctypes.CDLL(None).exit(3)",
        "import os\nos.close(3)",
        "import os\nos.close(3)\nwhile True: pass",
        "import socket\nsocket.socket(fileno=3).shutdown(2)\nwhile True: pass",
        "import faulthandler\nfaulthandler._sigabrt()"
      })
  void a_process_that_ends_itself_is_the_end_of_that_process_only(String source) {
    var error = failure(SMALL, source);
    assertThat(error.kind()).isEqualTo(TaskError.Kind.WORKSPACE);
    assertThat(error.message()).startsWith("The Python process of the workspace ");
  }

  // Its folder and its descriptors

  @Test
  void one_file_that_is_too_large_is_an_error_where_it_is_written() {
    var code = "with open('f', 'wb') as f:\n    while True: f.write(bytes(1 << 20))";
    assertThat(failure(SMALL, code).message()).contains("OSError", "File too large");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "n = 0\nwhile True:\n    n += 1\n    open(str(n), 'wb').write(bytes(1 << 20))",
        "n = 0\nwhile True:\n    n += 1\n    open(str(n), 'wb').close()",
        "import os\nwhile True:\n    os.mkdir('d')\n    os.chdir('d')"
      })
  void a_folder_that_is_filled_ends_the_block(String source) {
    assertThat(limit(SMALL, source).message())
        .startsWith("The files in the job's folder took more than the 8 MiB");
  }

  @Test
  void descriptors_run_out_for_the_job_alone() {
    var code = "kept = []\nwhile True: kept.append(open('/dev/null'))";
    assertThat(failure(SMALL, code).message()).contains("Too many open files");
  }

  // Exceptions in odd places

  @ParameterizedTest
  @ValueSource(strings = {"SystemExit", "KeyboardInterrupt", "GeneratorExit", "MemoryError"})
  void an_exception_in_an_odd_place_is_harmless(String exception) {
    var places =
        List.of(
            "raise E",
            "class A:\n    def __del__(self): raise E\nA()",
            "class A:\n    def __repr__(self): raise E\nraise ValueError(A())",
            "class A:\n    def __reduce__(self): raise E\na = A()",
            "class A:\n    def __llm_repr__(self): raise E\nA()",
            "class A(dict):\n    def items(self): raise E\na = A()",
            "class A:\n    def __getattribute__(self, n): raise E\na = A()\nA()",
            "class A(Exception):\n    def __str__(self): raise E\nraise A",
            "import sys\ndef f(*_): raise E\nsys.setprofile(f)\nsys.settrace(f)",
            "import sys\ndef f(*_): raise E\nsys.excepthook = sys.unraisablehook = f\nraise E",
            "import sys\nclass A:\n    def write(self, t): raise E\nsys.stdout = A()\nprint('x')",
            "import gc\ndef f(*_): raise E\ngc.callbacks.append(f)\ngc.collect()",
            "import atexit\ndef f(*_): raise E\natexit.register(f)",
            """
            import signal
            def f(*_): raise E
            signal.signal(14, f)
            signal.setitimer(0, .001, .001)
            for _ in range(10 ** 6): pass\
            """,
            "import builtins\ndef f(*_): raise E\nbuiltins.__import__ = builtins.len = f");
    for (var place : places) {
      try (var workspace = open(runtime, SMALL.withBlockTime(Duration.ofSeconds(5)))) {
        assertThat(run(workspace, "E = %s\n".formatted(exception) + place)).isNotNull();
      }
      try (var next = open(runtime)) {
        assertThat(value(next, "1 + 1")).isEqualTo("2");
      }
    }
  }

  @Test
  void the_text_of_an_error_is_cut_where_it_is_long() {
    var error = failure(SMALL, "raise ValueError('x' * 10 ** 7 + 'the end')");
    assertThat(error.message()).startsWith("ValueError: xxx").endsWith("xxxthe end");
    assertThat(error.message() + error.trace()).hasSizeLessThan(50_000);
  }

  @Test
  void the_kernel_has_the_limits_of_the_job() {
    var code =
        """
        import resource as r
        [r.getrlimit(n)[1] for n in (r.RLIMIT_AS, r.RLIMIT_FSIZE, r.RLIMIT_CPU, r.RLIMIT_NOFILE, r.RLIMIT_CORE)]\
        """;
    try (var workspace = open(runtime, SMALL)) {
      assertThat(value(workspace, code)).isEqualTo("[419430400,8388608,360,256,0]");
    }
  }

  // Its connection

  private static String write(String bytes) {
    return "import os, struct\n"
        + "def frame(head, blob=b'', said=None):\n"
        + "    return struct.pack('>II', len(head), len(blob) if said is None else said) +"
        + " head + blob\n"
        + "def write(data):\n"
        + "    while data: data = data[os.write(3, data):]\n"
        + bytes;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "write(struct.pack('>II', 0x7fffffff, 0x7fffffff))\nwhile True: pass",
        "write(struct.pack('>II', 1 << 30, 0))\nwhile True: write(bytes(1 << 20))",
        "write(frame(b'[' * 10 ** 5))\nwhile True: pass",
        "write(frame(b'{\"a\":' * 10 ** 5))\nwhile True: pass",
        "write(frame(b'{}', said=-1 % 2 ** 32))\nwhile True: pass",
        "write(frame(b'{\"do\":\"note\",\"s\":0,\"snap\":{\"s\":0,\"n\":0,\"p\":[[1,9,9,[],[]]],\"d\":[]}}'))\n"
            + "while True: pass",
        "write(frame(b'{\"do\":\"note\",\"s\":0,\"snap\":{\"s\":0,\"n\":0,\"p\":[[1,0,2000000000,[[0,9,0,2000000000]],[]]],\"d\":[]},\"parts\":[0]}'))\n"
            + "while True: pass",
        "write(frame(b'[' + b'[],' * 10 ** 7 + b'1]'))\nwhile True: pass",
        "while True: write(frame(b'{\"do\":\"note\",\"s\":0}'))",
        "while True: write(frame(b'{\"do\":\"job\",\"s\":0}'))",
        "write(frame(b'{\"do\":\"job\",\"s\":0}')[:5])\nwhile True: pass"
      })
  void lies_on_the_connection_are_the_end_of_the_liar_only(String lies) {
    var error = failure(SHORT.withBlockTime(Duration.ofSeconds(2)), write(lies));
    assertThat(error.message())
        .containsAnyOf("was not understood", "longer than the 2 s", "more than the");
  }

  @Test
  void many_runaways_at_once_end_each_by_itself() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var all =
          threads.invokeAll(
              Collections.nCopies(12, () -> failure(SHORT, "while True: pass").kind()));
      for (var one : all) {
        assertThat(one.get()).isEqualTo(TaskError.Kind.LIMIT);
      }
    }
  }

  @Test
  void a_job_cannot_end_another() {
    try (var one = open(runtime);
        var other = open(runtime)) {
      var pid = value(other, "import os\nos.getpid()");
      assertThat(error(run(one, "import os\nos.kill(%s, 9)".formatted(pid))).message())
          .contains("PermissionError");
      assertThat(value(other, "1 + 1")).isEqualTo("2");
    }
  }
}
