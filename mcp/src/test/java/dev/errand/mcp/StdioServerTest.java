package dev.errand.mcp;

import dev.errand.agent.ToolSource;
import dev.errand.job.Json;
import dev.errand.testkit.ToolSourceContract;
import java.time.Duration;

/// The contract of sources of tools, with `server-everything` as a process.
class StdioServerTest extends ToolSourceContract {
  @Override
  protected ToolSource source(Duration linger) {
    return McpServer.stdio("everything", Npm.everything()).linger(linger).build();
  }

  @Override
  protected ToolSource unreachable() {
    return McpServer.stdio("nowhere", "/nonexistent/program").build();
  }

  @Override
  protected String endless() {
    return "trigger_long_running_operation";
  }

  @Override
  protected Json.Object endlessly() {
    return Json.object("duration", 36_000).with("steps", 1);
  }

  @Override
  protected boolean isConnected(ToolSource source) {
    return ((McpServer) source).isConnected();
  }

  @Override
  protected int underWay(ToolSource source) {
    return ((McpServer) source).underWay();
  }

  @Override
  protected void breakOff(ToolSource source) {
    ((McpServer) source).process().orElseThrow().destroyForcibly();
  }
}
