package dev.errand.agent;

import dev.errand.job.JobId;
import dev.errand.job.ToolSourceException;
import java.util.List;
import java.util.function.Predicate;

/// Tools that come from elsewhere, over a connection that all jobs of this process share: such as
/// those of an MCP server.
///
/// A job becomes a user of the connection by its first call of one of the tools, and is one until
/// the engine says that it has [left][#left]. With its last user the connection may close; the next
/// call opens another. The engine never closes a source: who made it does. Any thread may call
/// these methods.
public interface ToolSource extends AutoCloseable {
  /// What it is called by. Its tools have the [alias][#alias(String, String)] that goes with it.
  String name();

  /// How lists of tools and permissions name all tools of a source: `mcp__SOURCE`.
  static String alias(String source) {
    return "mcp__" + written(source);
  }

  /// How lists of tools and permissions name a tool of a source: `mcp__SOURCE__TOOL`, in the way of
  /// Claude Code, with `_` for what is no letter, digit, `_` or `-`.
  static String alias(String source, String tool) {
    return alias(source) + "__" + written(tool);
  }

  private static String written(String name) {
    return name.replaceAll("[^A-Za-z0-9_-]", "_");
  }

  /// The tools that it has, in its own order; connects if it does not know them yet, and blocks
  /// while it does. Asked again, it may answer from memory.
  ///
  /// A call of one of them connects if there is no connection. If the connection breaks while calls
  /// are under way these fail, and the next call connects anew.
  ///
  /// @throws ToolSourceException if they cannot be had, saying why and what to do
  List<ToolFunction> tools();

  /// That job is not worked on here any more: it has ended, or waits without a place here. It
  /// becomes a user again if it makes another call. One that was no user changes nothing.
  void left(JobId job);

  /// Closes the connection for good: calls that are under way fail, and so do all later ones. Twice
  /// does nothing.
  @Override
  void close();

  /// The same connection, of whose tools only some are given.
  default ToolSource only(Predicate<ToolFunction> wanted) {
    return new SomeTools(this, wanted);
  }
}
