package dev.errand.cli;

import dev.errand.mcp.McpFile;
import dev.errand.mcp.McpServer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The MCP servers of the files that a command names; each is made once, and connected when it is
/// needed.
///
/// A connection closes by itself when no job uses it, and its process with this one.
final class McpFiles {
  private @Nullable List<McpServer> servers;

  /// Those of the files.
  ///
  /// @throws Refusal if a file cannot be read, or two servers have one name
  List<McpServer> servers(List<String> files, Surroundings surroundings) {
    var known = servers;
    if (known == null) {
      known = read(files, surroundings);
      servers = known;
    }
    return known;
  }

  private static List<McpServer> read(List<String> files, Surroundings surroundings) {
    var read = new ArrayList<McpServer>();
    var names = new HashSet<String>();
    for (var file : files) {
      try {
        for (var builder : McpFile.read(surroundings.file(file), surroundings.environment())) {
          var server = builder.build();
          if (!names.add(server.name())) {
            throw Refusal.usage("--mcp: there are two servers " + server.name());
          }
          read.add(server);
        }
      } catch (IllegalArgumentException wrong) {
        throw Refusal.usage("--mcp: " + wrong.getMessage());
      }
    }
    return List.copyOf(read);
  }
}
