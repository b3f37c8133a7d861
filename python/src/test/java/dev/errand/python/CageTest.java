package dev.errand.python;

import static dev.errand.python.Code.error;
import static dev.errand.python.Code.open;
import static dev.errand.python.Code.run;
import static dev.errand.python.Code.value;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.errand.job.WorkspaceException;
import dev.errand.python.Layer.Kind;
import dev.errand.python.Layer.Standing;
import dev.errand.spi.Workspace;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the operating system takes from code that nothing else restricts, on Linux with all layers.
class CageTest {
  private static CPythonRuntime runtime;
  @TempDir static Path outside;

  @BeforeAll
  static void start() throws Exception {
    var python = PythonWith.packages("numpy", "pandas");
    runtime = CPythonRuntime.builder().interpreter(python).isolation(Isolation.REQUIRED).build();
  }

  @AfterAll
  static void stop() {
    runtime.close();
  }

  private static String raised(String source) {
    try (var workspace = open(runtime)) {
      return error(run(workspace, "import os\n" + source)).message();
    }
  }

  private static String value(String source) {
    try (var workspace = open(runtime)) {
      return Code.value(workspace, source);
    }
  }

  // Files

  @ParameterizedTest
  @ValueSource(
      strings = {
        "open('/etc/shadow')",
        "open('/etc/passwd')",
        "open('/proc/self/environ')",
        "open('/proc/%d/maps' % os.getppid())",
        "os.listdir('/')",
        "os.listdir('/root')",
        "os.listdir('..')",
        "os.listdir('/home')",
        "open('/tmp/errand-was-here', 'w')",
        "open('/usr/lib/errand-was-here', 'w')",
        "open(os.__file__, 'a')",
        "os.open(os.__file__, os.O_RDONLY | os.O_TRUNC)",
        "os.truncate(os.__file__, 0)",
        "os.unlink(os.__file__)",
        "os.rename(os.__file__, 'os.py')",
        "os.link('/etc/shadow', 'shadow')",
        "os.symlink('/etc/shadow', 'shadow')\nopen('shadow')",
        "os.mkdir('../mine')",
        "os.mknod('device', 0o60600, os.makedev(8, 0))",
        "os.chroot('.')"
      })
  void files_of_others_can_be_neither_read_nor_changed(String source) {
    assertThat(raised(source)).containsAnyOf("PermissionError", "Invalid cross-device link");
  }

  @Test
  void the_way_out_by_a_file_handle_is_closed() {
    assertThat(
            value(
                """
                import ctypes
                libc = ctypes.CDLL(None, use_errno=True)
                [libc.name_to_handle_at(-100, b'/etc', None, None, 0), ctypes.get_errno(),
                 libc.open_by_handle_at(3, None, 0), ctypes.get_errno()]\
                """))
        .isEqualTo("[-1,1,-1,1]");
  }

  @Test
  void modes_owners_and_times_of_files_stay_as_they_are() throws Exception {
    var file = Files.writeString(outside.resolve("theirs"), "theirs");
    var before = Files.readAttributes(file, "unix:mode,uid,lastModifiedTime");
    var code =
        """
        import os, shutil
        os.chmod('%1$s', 0o777)
        os.chown('%1$s', 1, 1)
        os.utime('%1$s', (1, 1))
        open('a', 'w').write('text')
        os.chmod('a', 0o777)
        shutil.copy2('a', 'b')
        [oct(os.stat('a').st_mode), open('b').read()]\
        """
            .formatted(file);
    assertThat(value(code)).isEqualTo("[\"0o100600\",\"text\"]");
    assertThat(Files.readAttributes(file, "unix:mode,uid,lastModifiedTime")).isEqualTo(before);
  }

  @Test
  void a_process_has_a_folder_of_its_own_which_goes_with_it() {
    var workspace = open(runtime);
    var folder = Path.of(Code.value(workspace, "import os\nos.getcwd()"));
    assertThat(folder).isEmptyDirectory();
    var code =
        """
        os.makedirs('a/b/c')
        os.mkdir('closed', 0)
        open('a/b/c/file', 'w').write('text')
        os.symlink('/', 'a/root')
        oct(os.stat('.').st_mode)\
        """;
    assertThat(Code.value(workspace, code)).isEqualTo("0o40700");
    try (var other = open(runtime)) {
      var look = "import os\nos.listdir('%s')".formatted(folder);
      assertThat(error(run(other, look)).message()).contains("PermissionError");
    }
    workspace.close();
    await().atMost(Duration.ofSeconds(20)).until(() -> !Files.exists(folder));
    assertThat(folder.getParent()).isDirectory();
  }

  @Test
  void a_folder_is_given_to_another_process_only_if_it_was_left_empty() {
    var look =
        """
        import os
        os.getcwd() if os.listdir('.') == [] and os.stat('.').st_mode == 0o40700 else None\
        """;
    var used = new ArrayList<String>();
    var left = new ArrayList<String>();
    for (int i = 0; i < 200; i++) {
      try (var workspace = open(runtime)) {
        var folder = Code.value(workspace, look);
        assertThat(folder).startsWith("/").isNotIn(left);
        if (i % 3 == 0) {
          Code.value(workspace, "open('.mine', 'w').write('text')");
          left.add(folder);
        }
        used.add(folder);
      }
    }
    assertThat(Set.copyOf(used)).as("folders of %s", used).hasSizeLessThan(used.size());
  }

  @Test
  void a_folder_that_is_deeper_than_a_path_can_say_is_removed_too() {
    var workspace = open(runtime);
    var folder = Path.of(Code.value(workspace, "import os\nos.getcwd()"));
    var code =
        """
        for _ in range(3000):
            os.mkdir('deep')
            os.chdir('deep')\
        """;
    run(workspace, code);
    workspace.close();
    await().atMost(Duration.ofSeconds(20)).until(() -> !Files.exists(folder));
  }

  @Test
  void what_was_allowed_can_be_read_and_changed() throws Exception {
    var readable = Files.createDirectory(outside.resolve("readable"));
    var writable = Files.createDirectory(outside.resolve("writable"));
    Files.writeString(readable.resolve("file"), "read");
    try (var allowing = CPythonRuntime.builder().readable(readable).writable(writable).build();
        var workspace = open(allowing)) {
      var code =
          "open('%s/file').read() + str(open('%s/file', 'w').write('text'))"
              .formatted(readable, writable);
      assertThat(Code.value(workspace, code)).isEqualTo("read4");
      assertThat(writable.resolve("file")).hasContent("text");
      var change = "open('%s/file', 'a')".formatted(readable);
      assertThat(error(run(workspace, change)).message()).contains("PermissionError");
    }
  }

  @Test
  void a_variable_of_the_environment_is_seen_only_where_it_was_named() {
    try (var naming = CPythonRuntime.builder().environment("HOME", "NOT_SET_ANYWHERE").build();
        var workspace = open(naming)) {
      assertThat(Code.value(workspace, "import os\nos.environ['HOME']"))
          .isEqualTo(System.getenv("HOME"));
      assertThat(Code.value(workspace, "'NOT_SET_ANYWHERE' in os.environ")).isEqualTo("false");
    }
    assertThat(value("import os\n'HOME' in os.environ")).isEqualTo("false");
  }

  // Calls

  @ParameterizedTest
  @ValueSource(
      strings = {
        "import socket\nsocket.socket()",
        "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "import socket\nsocket.socket(socket.AF_UNIX)",
        "import socket\nsocket.socketpair()",
        "import socket\nsocket.fromfd(3, socket.AF_UNIX, socket.SOCK_STREAM).bind('\\0mine')",
        "import socket\nsocket.fromfd(3, socket.AF_UNIX, socket.SOCK_STREAM).listen()",
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:1')",
        "os.execv('/bin/true', ['true'])",
        "import subprocess\nsubprocess.run(['/bin/true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.kill(os.getppid(), 0)",
        "os.kill(1, 0)",
        "os.kill(-1, 0)",
        "os.killpg(0, 0)",
        "os.pidfd_open(os.getppid())",
        "os.setuid(65534)",
        "os.setgroups([])",
        "os.nice(1)",
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 5)",
        "os.sched_setaffinity(os.getppid(), {0})",
        "os.memfd_create('program')",
        "import resource\nresource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
        "import fcntl\nfcntl.fcntl(3, fcntl.F_SETOWN, os.getppid())",
        "import fcntl, termios\nfcntl.ioctl(3, termios.TIOCSTI, b'x')",
        "import fcntl\nfcntl.ioctl(os.open(os.__file__, 0), 0x40086602, bytes(8))",
        "import fcntl\nfcntl.fcntl(os.open(os.__file__, 0), fcntl.F_SETLEASE, fcntl.F_RDLCK)",
        "import time\ntime.clock_settime(time.CLOCK_REALTIME, 0)",
        "import socket\nsocket.sethostname('mine')",
        "from multiprocessing import shared_memory\nshared_memory.SharedMemory(create=True, size=9)"
      })
  void what_reaches_beyond_the_process_is_refused(String source) {
    assertThat(raised(source)).containsAnyOf("PermissionError", "Operation not permitted");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fork()",
        "vfork()",
        "ptrace(16, os.getppid(), 0, 0)",
        "process_vm_readv(os.getppid(), 0, 0, 0, 0, 0)",
        "unshare(0x10000000)",
        "setns(3, 0)",
        "mount(b'none', b'.', b'tmpfs', 0, 0)",
        "umount2(b'/', 2)",
        "pivot_root(b'.', b'.')",
        "personality(0)",
        "reboot(0)",
        "swapoff(b'/swap')",
        "shmget(0, 4096, 0o1600)",
        "semget(0, 1, 0o1600)",
        "msgget(0, 0o1600)",
        "inotify_init1(0)",
        "fanotify_init(0, 0)",
        "prctl(1, 0, 0, 0, 0)",
        "klogctl(3, 0, 0)",
        "init_module(0, 0, b'')",
        "acct(0)",
        "capset(0, 0)"
      })
  void what_only_c_can_call_is_refused_too(String call) {
    var code = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n";
    assertThat(value(code + "[libc." + call + ", ctypes.get_errno()]")).isEqualTo("[-1,1]");
  }

  @Test
  void the_rights_of_root_are_gone_and_none_can_be_had() {
    var code =
        """
        import ctypes, struct
        libc = ctypes.CDLL(None)
        head, has = ctypes.create_string_buffer(struct.pack('=Ii', 0x20080522, 0)), ctypes.create_string_buffer(24)
        [libc.capget(head, has), has.raw == bytes(24), libc.prctl(39, 0, 0, 0, 0)]\
        """;
    assertThat(value(code)).isEqualTo("[0,true,1]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_CPU", "RLIMIT_NOFILE", "RLIMIT_CORE"})
  void a_limit_cannot_be_raised_again(String limit) {
    var code =
        "import resource as r\nr.setrlimit(r.%s, (r.RLIM_INFINITY, r.RLIM_INFINITY))"
            .formatted(limit);
    assertThat(raised(code)).contains("not allowed to raise maximum limit");
  }

  // What code needs

  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        import zoneinfo, datetime
        str(datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin'))).endswith('+02:00')\
        """,
        "import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b'x')\nTrue",
        """
        import tempfile
        with tempfile.TemporaryDirectory() as d: open(d + '/f', 'w').close()
        True\
        """,
        "import tempfile, os\ntempfile.gettempdir() == os.getcwd()",
        "import random\n0 <= random.random() < 1",
        "import uuid\nlen({uuid.uuid1(), uuid.uuid4()}) == 2",
        "import hashlib\nlen(hashlib.new('sha3_256', b'x').digest()) == 32",
        "import decimal\ndecimal.Decimal('0.1') * 3 == decimal.Decimal('0.3')",
        "import sqlite3\nsqlite3.connect('file.db').execute('select 1').fetchone() == (1,)",
        "import ssl\nssl.create_default_context() is not None",
        "import lzma, bz2, zlib\nlzma.decompress(lzma.compress(b'x')) == b'x'",
        """
        import zipfile
        with zipfile.ZipFile('z', 'w') as z: z.writestr('a', 'b')
        zipfile.ZipFile('z').extractall('out')
        open('out/a').read() == 'b'\
        """,
        """
        import tarfile
        open('a', 'w').close()
        with tarfile.open('t.tgz', 'w:gz') as t: t.add('a')
        tarfile.open('t.tgz').extractall('out')
        True\
        """,
        "import ctypes\nctypes.CDLL('libm.so.6') is not None",
        "import os\nlen(os.urandom(8)) == 8",
        "import time\ntime.strftime('%Y', time.localtime()) > '2000'",
        "import mmap\nlen(mmap.mmap(-1, 4096)) == 4096",
        "import os\nos.read(os.open('/dev/zero', os.O_RDONLY), 1) == b'\\0'",
        "print('x', file=open('/dev/null', 'w'))\nTrue",
        """
        import signal
        signal.signal(signal.SIGUSR1, lambda *_: None)
        signal.raise_signal(signal.SIGUSR1)
        True\
        """,
        "import asyncio\nawait asyncio.sleep(0)\nTrue",
        "import numpy, pandas\nlen(pandas.DataFrame({'a': numpy.arange(10)}).describe()) == 8",
        "import numpy\nbool(numpy.linalg.inv(numpy.eye(300)).sum() == 300)",
        """
        import numpy, pandas
        pandas.DataFrame({'a': [1, 2]}).to_csv('f.csv')
        len(pandas.read_csv('f.csv')) == 2\
        """,
        "import numpy\nnumpy.random.default_rng().random() < 1"
      })
  void what_code_needs_works(String source) {
    assertThat(value(source)).isEqualTo("true");
  }

  // What is missing

  private static Standing standing(CPythonRuntime runtime, Kind kind) {
    return runtime.isolation().stream()
        .filter(layer -> layer.kind() == kind)
        .findFirst()
        .orElseThrow()
        .standing();
  }

  @Test
  void every_layer_holds_here() {
    assertThat(runtime.isolation().stream().map(Layer::kind)).containsExactly(Kind.values());
    assertThat(runtime.isolation().stream().map(Layer::standing)).containsOnly(Standing.HELD);
  }

  @Test
  void a_kernel_without_landlock_is_said_to_lack_it_and_the_other_layers_hold() {
    try (var old = CPythonRuntime.builder().absent("landlock_create_ruleset").build();
        var workspace = open(old)) {
      assertThat(standing(old, Kind.FILES)).isEqualTo(Standing.MISSING);
      assertThat(standing(old, Kind.CALLS)).isEqualTo(Standing.HELD);
      assertThat(old.isolation().get(1).toString())
          .startsWith("files missing: Function not implemented; it needs Linux 5.13 or later");
      assertThat(Code.value(workspace, "open('/etc/passwd').close()\n1")).isEqualTo("1");
      assertThat(error(run(workspace, "import socket\nsocket.socket()")).message())
          .contains("PermissionError");
    }
  }

  @Test
  void a_kernel_without_seccomp_is_said_to_lack_it_and_the_other_layers_hold() {
    try (var old = CPythonRuntime.builder().absent("seccomp").build();
        var workspace = open(old)) {
      assertThat(standing(old, Kind.CALLS)).isEqualTo(Standing.MISSING);
      assertThat(standing(old, Kind.FILES)).isEqualTo(Standing.HELD);
      assertThat(error(run(workspace, "open('/etc/passwd')")).message())
          .contains("PermissionError");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock_create_ruleset", "landlock_restrict_self", "seccomp", "capset"})
  void where_isolation_is_required_nothing_is_opened_without_a_layer(String call) {
    try (var old = CPythonRuntime.builder().isolation(Isolation.REQUIRED).absent(call).build()) {
      assertThatExceptionOfType(WorkspaceException.class)
          .isThrownBy(() -> open(old))
          .withMessageStartingWith("Isolation is required, but this machine does not have all")
          .withMessageContaining("missing: Function not implemented; it needs Linux")
          .withMessageContaining("make do with the rest by Isolation.BEST_EFFORT");
    }
  }

  @Test
  void what_is_missing_is_logged_once() {
    var errors = System.err;
    var logged = new ByteArrayOutputStream();
    System.setErr(new PrintStream(logged, true, UTF_8));
    try (var old = CPythonRuntime.builder().absent("seccomp").build()) {
      open(old).close();
      long zygote = Long.parseLong(Code.value(open(old), "import os\nos.getppid()"));
      var killed = ProcessHandle.of(zygote).orElseThrow();
      killed.destroyForcibly();
      await().atMost(Duration.ofSeconds(20)).until(() -> startsAnother(old, zygote));
    } finally {
      System.setErr(errors);
    }
    assertThat(logged.toString(UTF_8))
        .containsOnlyOnce("The code of jobs is not isolated as it could be: calls missing: ");
  }

  private static boolean startsAnother(CPythonRuntime runtime, long before) {
    try (var workspace = open(runtime)) {
      return !Code.value(workspace, "import os\nos.getppid()").equals(Long.toString(before));
    } catch (WorkspaceException notYetNoticed) {
      return false;
    }
  }

  @Test
  void isolation_that_is_off_is_said_to_be_off() {
    try (var off = CPythonRuntime.builder().isolation(Isolation.OFF).build();
        Workspace workspace = open(off)) {
      assertThat(standing(off, Kind.RIGHTS)).isEqualTo(Standing.OFF);
      assertThat(standing(off, Kind.FILES)).isEqualTo(Standing.OFF);
      assertThat(standing(off, Kind.CALLS)).isEqualTo(Standing.OFF);
      assertThat(standing(off, Kind.LIMITS)).isEqualTo(Standing.HELD);
      assertThat(Code.value(workspace, "import socket\nsocket.socket().close()\n1")).isEqualTo("1");
    }
  }
}
