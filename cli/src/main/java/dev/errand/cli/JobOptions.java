package dev.errand.cli;

import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// What every command that looks at one job is given.
final class JobOptions {
  @Parameters(paramLabel = "ID", description = "The job's id, its key, or the beginning of its id.")
  String id = "";

  @Option(names = "--json", description = "Print JSON.")
  boolean json;
}
