package dev.errand.mcp;

import dev.errand.agent.ToolSource;
import dev.errand.job.Json;
import dev.errand.testkit.ToolSourceContract;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;

/// The contract of sources of tools, with `server-everything` by streamable HTTP.
class HttpServerTest extends ToolSourceContract {
  @AutoClose private final EverythingByHttp there = EverythingByHttp.start();

  HttpServerTest() throws IOException {}

  @Override
  protected ToolSource source(Duration linger) {
    return McpServer.http("everything", there.url()).linger(linger).build();
  }

  @Override
  protected ToolSource unreachable() {
    return McpServer.http("nowhere", URI.create("http://127.0.0.1:1/mcp")).build();
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
  protected void breakOff(ToolSource source) throws Exception {
    there.restart();
  }
}
