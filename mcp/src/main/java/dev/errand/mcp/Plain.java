package dev.errand.mcp;

import dev.errand.job.Json;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import java.io.IOException;
import java.util.Map;

/// JSON as the SDK has it: maps, lists and plain values.
final class Plain {
  static final McpJsonMapper MAPPER = McpJsonDefaults.getMapper();
  private static final TypeRef<Map<String, Object>> MAP = new TypeRef<>() {};

  private Plain() {}

  static Map<String, Object> map(Json.Object json) {
    try {
      return MAPPER.readValue(json.print(), MAP);
    } catch (IOException none) {
      throw new IllegalArgumentException("It cannot be sent as JSON: " + none.getMessage(), none);
    }
  }
}
