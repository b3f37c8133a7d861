package dev.errand.graalpy;

import dev.errand.job.WorkspaceException;
import dev.errand.python.PythonWorkspace;
import dev.errand.spi.Capability;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/// Workspaces as contexts of GraalPy within this JVM, for trusted code on hosts without a Python.
///
/// Nothing bounds the memory of code, and some of it cannot be stopped: `docs/graalpy.md` says what
/// to know. GraalPy is started with the first workspace, which takes seconds.
public final class GraalPyRuntime implements WorkspaceRuntime {
  /// What the heap is taken to hold of contexts, each with some data.
  private static final long BYTES_EACH = 32L << 20;

  private final Embedding.Settings settings;
  private final int most;
  private final Duration rest;
  private final Duration patience;
  private final ScheduledThreadPoolExecutor timer;
  private @Nullable Contexts contexts;
  private boolean closed;

  /// A runtime with the defaults, as found by `java.util.ServiceLoader`.
  public GraalPyRuntime() {
    this(new Builder());
  }

  private GraalPyRuntime(Builder builder) {
    this.settings = new Embedding.Settings(builder.readable, builder.writable, builder.environment);
    this.most = builder.contexts;
    this.rest = builder.rest;
    this.patience = builder.patience;
    this.timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("errand-graalpy-clock").factory());
    timer.setRemoveOnCancelPolicy(true);
  }

  /// A runtime with the defaults.
  public static GraalPyRuntime create() {
    return builder().build();
  }

  /// Starts the description of a runtime.
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "graalpy";
  }

  @Override
  public String version() {
    return "GraalPy " + Embedding.version() + ", within this JVM";
  }

  @Override
  public Map<Capability, String> lacks() {
    return Lacks.WORDS;
  }

  /// How many contexts could not be stopped and were left behind, each with a thread that may stay
  /// busy and with what it holds of the heap.
  public synchronized int abandoned() {
    return contexts == null ? 0 : contexts.abandoned();
  }

  /// How many workspaces rest: between two blocks, or while they wait for an answer.
  synchronized int resting() {
    return contexts == null ? 0 : contexts.resting();
  }

  @Override
  public Workspace open(Opening opening) {
    return PythonWorkspace.open(() -> contexts().take(), timer, opening);
  }

  private synchronized Contexts contexts() {
    if (closed) {
      throw new WorkspaceException("The GraalPy runtime is closed.");
    }
    var known = contexts;
    if (known == null) {
      try {
        known = contexts = new Contexts(Embedding.create(settings), timer, most, rest, patience);
      } catch (IOException problem) {
        throw new WorkspaceException(
            "GraalPy could not be started: " + problem.getMessage() + ".", problem);
      }
    }
    return known;
  }

  @Override
  public void close() {
    Contexts left;
    synchronized (this) {
      closed = true;
      left = contexts;
    }
    if (left != null) {
      left.close();
    }
    timer.shutdownNow();
  }

  /// Describes a [GraalPyRuntime].
  public static final class Builder {
    private final List<Path> readable = new ArrayList<>();
    private final List<Path> writable = new ArrayList<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private int contexts = Math.clamp(Runtime.getRuntime().maxMemory() / BYTES_EACH, 2, 256);

    private Duration rest = Duration.ofMillis(200);
    private Duration patience = Duration.ofSeconds(5);

    private Builder() {}

    /// How many contexts are in use at a time, one for each workspace that is open; default one for
    /// every 32 MB of the heap's largest size, 2 at least and 256 at most. Where more are needed,
    /// the workspace that has rested longest is given up: it is opened again when its job goes on.
    public Builder contexts(int most) {
      if (most < 1) {
        throw new IllegalArgumentException("contexts must be at least 1, but is " + most);
      }
      this.contexts = most;
      return this;
    }

    /// Files and folders that code may read, beside Python's own; default none.
    public Builder readable(Path... paths) {
      readable.addAll(List.of(paths));
      return this;
    }

    /// Files and folders that code may read and change, beside a folder of each workspace's own;
    /// default none.
    public Builder writable(Path... paths) {
      writable.addAll(List.of(paths));
      return this;
    }

    /// Variables of this process's environment that code may see; default none. Those that are not
    /// set are left out.
    public Builder environment(String... names) {
      for (var name : names) {
        var value = System.getenv(name);
        if (value != null) {
          environment.put(name, value);
        }
      }
      return this;
    }

    /// How long a workspace must have rested to be given up for another; default 200 ms.
    Builder rest(Duration least) {
      this.rest = least;
      return this;
    }

    /// How long a context that is ended may take to stop, before it is abandoned; default 5 s.
    Builder patience(Duration patience) {
      this.patience = patience;
      return this;
    }

    /// The runtime.
    public GraalPyRuntime build() {
      return new GraalPyRuntime(this);
    }
  }
}
