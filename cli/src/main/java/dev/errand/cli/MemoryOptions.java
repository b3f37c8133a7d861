package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.agent.Memory;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Which memory a command is about.
final class MemoryOptions {
  @Parameters(index = "0", paramLabel = "MEMORY", description = "A memory's name.")
  String name = "";

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  /// The memory.
  ///
  /// @throws Refusal if that is no name of one
  Memory of(Errand errand) {
    try {
      return errand.memory(name);
    } catch (IllegalArgumentException none) {
      throw Refusal.usage(String.valueOf(none.getMessage()));
    }
  }
}
