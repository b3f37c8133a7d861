/// MCP, both ways: the tools of MCP servers as tools of agents, and tools of ours as an MCP server.
///
/// Leans on the nouns, and on the official MCP SDK, of which no type is shown.
@NullMarked
package dev.errand.mcp;

import org.jspecify.annotations.NullMarked;
