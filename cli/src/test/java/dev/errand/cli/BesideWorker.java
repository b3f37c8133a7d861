package dev.errand.cli;

import dev.errand.Errand;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// Commands on a store, while another Errand works on its jobs.
abstract class BesideWorker {
  @TempDir Path directory;
  Shell shell = new Shell(Path.of(""));
  Errand working;

  @BeforeEach
  void start_a_worker() {
    shell = new Shell(directory);
    working = Asking.open(directory);
  }

  @AfterEach
  void close() {
    working.close();
  }
}
