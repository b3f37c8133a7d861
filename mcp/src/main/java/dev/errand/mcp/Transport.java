package dev.errand.mcp;

import io.modelcontextprotocol.spec.McpClientTransport;
import java.util.Optional;
import java.util.function.Consumer;

/// What a connection sends and receives by, already at work.
interface Transport {
  /// What the SDK uses.
  McpClientTransport wire();

  /// The server's process; empty if it is none of ours.
  Optional<ProcessHandle> process();

  /// What it printed last, for the words about a failure; empty if nothing is known.
  String lastWords();

  /// Ends it; twice does nothing.
  void end();

  /// Opens one.
  @FunctionalInterface
  interface Opening {
    /// Opens it.
    ///
    /// @param broken told why, when it has broken off
    /// @throws Exception if that cannot be done
    Transport open(Consumer<Throwable> broken) throws Exception;
  }
}
