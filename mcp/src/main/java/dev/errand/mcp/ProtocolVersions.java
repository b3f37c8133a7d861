package dev.errand.mcp;

import java.util.List;

/// The versions of the protocol that are spoken here.
final class ProtocolVersions {
  /// Oldest first: the last is proposed.
  static final List<String> KNOWN = List.of("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25");

  private ProtocolVersions() {}
}
