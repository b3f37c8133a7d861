package dev.errand.mcp;

import dev.errand.job.EffectPolicy;
import dev.errand.job.Json;
import dev.errand.job.ToolSpec;

/// A tool that MCP clients may call.
///
/// @param spec what they are told of it
/// @param policy what they are told of calls that are made twice
/// @param action what it does
public record ServedTool(ToolSpec spec, EffectPolicy policy, Action action) {
  /// What a tool does; called by any thread, several at a time.
  @FunctionalInterface
  public interface Action {
    /// Does it.
    ///
    /// @param arguments which fit the schema
    /// @return an object that the client is given
    /// @throws Exception if it fails; the client is told the message as an error of the tool
    Json.Object call(Json.Object arguments) throws Exception;
  }
}
