package dev.errand.mcp;

import dev.errand.agent.ToolFunction;
import dev.errand.agent.ToolSource;
import dev.errand.job.JobId;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// An MCP server whose tools agents may be given: `Agent.Builder.tools(server)`.
///
/// All jobs of this process share one connection. It is made when the first needs it, and closed
/// when the last has left, after a while. If it breaks off, the calls that are under way fail and
/// nothing else does; the next call makes another. `docs/mcp.md` says more.
///
/// Any thread may use it. It is closed by who made it.
public final class McpServer implements ToolSource {
  private final String name;
  private final SharedConnection connection;
  private final ServerTools offered;
  private volatile @Nullable List<ToolFunction> known;

  private McpServer(Builder builder, Transport.Opening transport, LongSupplier nanoTime) {
    this.name = builder.name;
    var longest = builder.callTimeout.plus(builder.connectTimeout).plus(Builder.SLACK);
    this.connection =
        new SharedConnection(
            name,
            broken -> Connection.open(name, transport, builder.connectTimeout, longest, broken),
            builder.linger,
            nanoTime);
    this.offered = new ServerTools(name, builder.allowed, connection, builder.callTimeout, longest);
  }

  /// Begins a server that is a program, started when it is needed, which reads its standard input
  /// and writes its standard output.
  ///
  /// @param name what it is called by
  /// @param command the program and its arguments
  public static Builder stdio(String name, String... command) {
    return new Builder(name, List.of(command), null);
  }

  /// Begins a server elsewhere, by streamable HTTP.
  ///
  /// @param name what it is called by
  /// @param url its address, such as `https://example.com/mcp`
  /// @throws IllegalArgumentException if that is no http or https address
  public static Builder http(String name, URI url) {
    return new Builder(name, List.of(), url);
  }

  @Override
  public String name() {
    return name;
  }

  /// The tools that are allowed, by the names that the server gives them where these can be names
  /// here: `get-sum` is `get_sum`. Each is known as `mcp__SERVER__TOOL` too.
  ///
  /// Connects the first time, and answers from memory then. What it says of a tool counts for the
  /// policy of its calls: `readOnlyHint` is `READ_ONLY`, `idempotentHint` is `IDEMPOTENT`, and all
  /// others are `AT_MOST_ONCE`.
  ///
  /// @throws dev.errand.job.ToolSourceException if the server cannot be started or reached, does
  ///   not answer in time, or has none of a tool that is allowed
  @Override
  public List<ToolFunction> tools() {
    var tools = known;
    if (tools == null) {
      tools = offered.ask();
      known = tools;
    }
    return tools;
  }

  @Override
  public void left(JobId job) {
    connection.left(job);
  }

  /// Whether there is a connection now.
  public boolean isConnected() {
    return connection.now().isPresent();
  }

  /// The server's process; empty while there is none, or it is none of ours.
  public Optional<ProcessHandle> process() {
    return connection.now().flatMap(Connection::process);
  }

  /// How many calls are under way.
  int underWay() {
    return connection.underWay();
  }

  @Override
  public void close() {
    connection.close();
  }

  /// Collects what is to be known of a server; not thread-safe.
  public static final class Builder {
    private static final Duration SLACK = Duration.ofSeconds(10);

    private final String name;
    private final List<String> command;
    private final @Nullable URI url;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final Map<String, String> headers = new LinkedHashMap<>();
    private final Set<String> allowed = new LinkedHashSet<>();
    private @Nullable Path directory;
    private Duration connectTimeout = Duration.ofMinutes(1);
    private Duration callTimeout = Duration.ofMinutes(5);
    private Duration linger = Duration.ofSeconds(10);
    private LongSupplier nanoTime = System::nanoTime;

    private Builder(String name, List<String> command, @Nullable URI url) {
      if (name.isBlank()) {
        throw new IllegalArgumentException("An MCP server needs a name");
      }
      if (url == null && (command.isEmpty() || command.getFirst().isBlank())) {
        throw new IllegalArgumentException("MCP server " + name + " needs a program to start");
      }
      if (url != null && (!isWeb(url) || url.getRawAuthority() == null)) {
        throw new IllegalArgumentException(
            "MCP server %s: %s is no http or https address".formatted(name, url));
      }
      this.name = name;
      this.command = List.copyOf(command);
      this.url = url;
    }

    private static boolean isWeb(URI url) {
      return "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
    }

    /// Adds a variable to the environment of a program; default are a few such as `PATH`, `HOME`
    /// and `LANG`, and nothing else of this process's.
    ///
    /// @throws IllegalArgumentException if the server is no program
    public Builder env(String variable, String value) {
      requireProgram("environment variables");
      environment.put(variable, value);
      return this;
    }

    /// Where a program works; default where this process does.
    ///
    /// @throws IllegalArgumentException if the server is no program
    public Builder directory(Path directory) {
      requireProgram("a directory");
      this.directory = directory;
      return this;
    }

    private void requireProgram(String what) {
      if (url != null) {
        throw new IllegalArgumentException(
            "MCP server %s is reached by HTTP: it has no %s".formatted(name, what));
      }
    }

    /// Adds a header to each request; default none.
    ///
    /// @throws IllegalArgumentException if the server is not reached by HTTP
    public Builder header(String header, String value) {
      if (url == null) {
        throw new IllegalArgumentException(
            "MCP server %s is a program: it has no headers".formatted(name));
      }
      headers.put(header, value);
      return this;
    }

    /// Adds tools that are offered and may be called, by the server's names for them; default all.
    public Builder allow(String... tools) {
      allowed.addAll(List.of(tools));
      return this;
    }

    /// How long it may take to start the server and to learn its tools; default one minute.
    ///
    /// @throws IllegalArgumentException if it is not positive
    public Builder connectTimeout(Duration most) {
      this.connectTimeout = positive("connectTimeout", most);
      return this;
    }

    /// How long a call may take; the server is told to stop then. Default five minutes.
    ///
    /// @throws IllegalArgumentException if it is not positive
    public Builder callTimeout(Duration most) {
      this.callTimeout = positive("callTimeout", most);
      return this;
    }

    private Duration positive(String what, Duration value) {
      if (!value.isPositive()) {
        throw new IllegalArgumentException(
            "%s of MCP server %s must be positive, not %s".formatted(what, name, value));
      }
      return value;
    }

    /// How long the connection stays when nobody uses it any more, so that jobs which follow each
    /// other need not connect each time; zero for not at all. Default ten seconds.
    ///
    /// @throws IllegalArgumentException if it is negative
    public Builder linger(Duration linger) {
      if (linger.isNegative()) {
        throw new IllegalArgumentException(
            "linger of MCP server %s must not be negative, but is %s".formatted(name, linger));
      }
      this.linger = linger;
      return this;
    }

    /// For tests of what takes its time.
    Builder nanoTime(LongSupplier clock) {
      this.nanoTime = clock;
      return this;
    }

    /// The server, which is not connected yet.
    public McpServer build() {
      return new McpServer(this, transport(), nanoTime);
    }

    private Transport.Opening transport() {
      var address = url;
      if (address != null) {
        var all = Map.copyOf(headers);
        return broken -> HttpTransport.open(address, all, connectTimeout, broken);
      }
      var all = new ServerProcess.Command(command, environment, directory);
      return broken -> ProcessTransport.start(name, all, broken);
    }
  }
}
