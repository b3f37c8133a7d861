package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.ToolFunction;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/// The agent of the demo: it may write files below the directory that its job was submitted with.
final class DemoAgent {
  static final String NAME = "demo";

  /// The parameter of the job that names the directory.
  static final String DIRECTORY = "directory";

  private final Errand errand;

  private DemoAgent(Errand errand) {
    this.errand = errand;
  }

  /// The agent, for jobs of that Errand.
  static Agent of(Errand errand) {
    return Agent.named(NAME).tools(new DemoAgent(errand).writeReport()).build();
  }

  private ToolFunction writeReport() {
    return ToolFunction.of(
        "write_report",
        "Writes a text file in the output directory, and returns its path.",
        List.of("name", "text"),
        call -> write(directory(call.job()), call.text("name"), call.text("text")));
  }

  private Path directory(JobId job) {
    var store = errand.store();
    return store
        .find(job.root())
        .map(JobRecord::definition)
        .flatMap(store::definition)
        .map(JobDefinition::parameters)
        .flatMap(parameters -> parameters.text(DIRECTORY))
        .map(Path::of)
        .orElseThrow(() -> new IllegalStateException("The job was given no output directory"));
  }

  /// Writing twice leaves what writing once does, also when the first time was cut off.
  private static String write(Path directory, String name, String text) throws IOException {
    var file = directory.resolve(name).normalize();
    if (!file.startsWith(directory) || file.equals(directory)) {
      throw new IOException(name + " is outside the output directory");
    }
    Files.createDirectories(directory);
    var draft = Files.createTempFile(directory, "report", ".tmp");
    try {
      Files.writeString(draft, text, StandardCharsets.UTF_8);
      Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(draft);
    }
    return file.toString();
  }
}
