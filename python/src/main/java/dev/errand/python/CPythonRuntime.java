package dev.errand.python;

import dev.errand.job.WorkspaceException;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Workspaces as CPython processes, one each, forked from a warm one.
///
/// The interpreter is started with the first workspace, or by [#warmUp]. Its processes end with the
/// runtime, and with the JVM however that ends.
public final class CPythonRuntime implements WorkspaceRuntime {
  private static final String SYNTAX =
      """
      import sys
      try:
          compile(sys.stdin.buffer.read().decode(), "code", "exec", 0, True)
      except SyntaxError as error:
          print("line %d: %s" % (error.lineno or 1, error.msg))
      except (ValueError, RecursionError, MemoryError) as error:
          print(str(error) or type(error).__name__)
      """;

  private static final Logger LOG = LoggerFactory.getLogger(CPythonRuntime.class);

  private final FoundPython python;
  private final int spares;
  private final Duration rest;
  private final CageSettings cage;
  private final ScheduledThreadPoolExecutor timer;
  private @Nullable Zygote zygote;
  private boolean closed;
  private boolean logged;

  /// A runtime that uses the `python3` of the `PATH`, as found by `java.util.ServiceLoader`.
  public CPythonRuntime() {
    this(new Builder());
  }

  private CPythonRuntime(Builder builder) {
    this.python = new FoundPython(builder.interpreter);
    this.spares = builder.spares;
    this.rest = builder.rest;
    this.cage = builder.cage;
    this.timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("errand-python-clock").factory());
    timer.setRemoveOnCancelPolicy(true);
  }

  /// A runtime that uses the `python3` of the `PATH`.
  public static CPythonRuntime create() {
    return builder().build();
  }

  /// Starts the description of a runtime.
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "cpython";
  }

  /// Starts the interpreter in the background, so that the first workspace need not wait for it.
  ///
  /// A problem shows when the first workspace is opened.
  public void warmUp() {
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                zygote();
              } catch (WorkspaceException reportedByOpen) {
                // Tried again there.
              }
            });
  }

  /// What keeps Python from compiling that code, such as `line 3: invalid syntax`; empty if nothing
  /// does.
  ///
  /// @throws WorkspaceException if there is no Python that can be used
  public Optional<String> syntaxError(String code) {
    var error = python.ask(SYNTAX, code);
    return error.isEmpty() ? Optional.empty() : Optional.of(error);
  }

  /// The Python that is used: its version and where it is.
  ///
  /// @throws WorkspaceException if there is none that can be used
  public String python() {
    return python.ask("import sys; print('%d.%d.%d' % sys.version_info[:3])", "")
        + ", "
        + python.program();
  }

  /// How the operating system locks in the processes of this runtime: every layer, and whether it
  /// holds.
  ///
  /// Starts the interpreter if it was not started yet.
  ///
  /// @throws WorkspaceException if there is no Python that can be used, or isolation is required
  ///   and a layer is missing
  public List<Layer> isolation() {
    return zygote().layers();
  }

  @Override
  public Workspace open(Opening opening) {
    return PythonWorkspace.open(
        () -> new CPythonProcess(zygote(), opening.limits()), timer, opening);
  }

  private synchronized Zygote zygote() {
    if (closed) {
      throw new WorkspaceException("The Python runtime is closed.");
    }
    var current = zygote;
    if (current == null || !current.alive()) {
      if (current != null) {
        current.close();
      }
      current = zygote = Zygote.start(python.program(), spares, rest, cage);
      logMissing(current.layers());
    }
    return current;
  }

  private void logMissing(List<Layer> layers) {
    var missing = layers.stream().filter(layer -> layer.standing() == Layer.Standing.MISSING);
    var words = missing.map(Layer::toString).collect(Collectors.joining(". "));
    if (!words.isEmpty() && !logged) {
      logged = true;
      LOG.warn("The code of jobs is not isolated as it could be: {}", words);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    timer.shutdownNow();
    if (zygote != null) {
      zygote.close();
    }
  }

  /// Describes a [CPythonRuntime].
  public static final class Builder {
    private String interpreter = "python3";
    private int spares = 4;
    private Duration rest = Duration.ofMillis(100);
    private CageSettings cage = CageSettings.DEFAULT;

    private Builder() {}

    /// The Python to use, 3.10 or later; default the `python3` of the `PATH`.
    public Builder interpreter(Path program) {
      this.interpreter = program.toAbsolutePath().toString();
      return this;
    }

    /// How many processes are forked ahead of need, about 2.6 MB each; default 4.
    public Builder spares(int count) {
      if (count < 0) {
        throw new IllegalArgumentException("spares must not be negative, but is " + count);
      }
      this.spares = count;
      return this;
    }

    /// How long a process that was forked ahead waits for a job before it rehearses once by itself.
    Builder rest(Duration most) {
      this.rest = most;
      return this;
    }

    /// How far the operating system must lock processes in; default [Isolation#BEST_EFFORT].
    public Builder isolation(Isolation isolation) {
      this.cage = cage.isolation(isolation);
      return this;
    }

    /// Files and folders that code may read, beside Python's own library and packages and the
    /// system's libraries; default none.
    public Builder readable(Path... paths) {
      this.cage = cage.readable(paths);
      return this;
    }

    /// Files and folders that code may read and change, beside a folder of each process's own;
    /// default none.
    public Builder writable(Path... paths) {
      this.cage = cage.writable(paths);
      return this;
    }

    /// Variables of this process's environment that code may see; default none. Those that are not
    /// set are left out.
    public Builder environment(String... names) {
      this.cage = cage.environment(names);
      return this;
    }

    /// Lets calls of the kernel fail as if it had none of them.
    Builder absent(String... calls) {
      this.cage = cage.absent(calls);
      return this;
    }

    /// The runtime.
    public CPythonRuntime build() {
      return new CPythonRuntime(this);
    }
  }
}
