package dev.errand.verification.workers;

import dev.errand.Errand;
import dev.errand.job.StoreException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

/// A process that works on a store until its standard input ends.
///
/// Arguments: the store, the folder of logs, its name, its lease in milliseconds, by how many
/// seconds its own clock is wrong, and how many jobs it advances at a time; or the store, the
/// folder of logs, its name, `cancel` and the id of a job.
final class Laborer {
  private Laborer() {}

  public static void main(String[] arguments) throws Exception {
    var log = new Log(Path.of(arguments[1]));
    var name = arguments[2];
    if (arguments[3].equals("cancel")) {
      try (var errand = Errand.builder().store(Stores.open(arguments[0])).open()) {
        errand.job(arguments[4]).cancel("from a fourth process");
      }
      return;
    }
    var clock = InstantSource.system();
    var wrong = Duration.ofSeconds(Long.parseLong(arguments[4]));
    Thread.ofPlatform().daemon().start(Laborer::endWithInput);
    try (var errand =
        Errand.builder()
            .store(Stores.open(arguments[0]))
            .clock(() -> clock.instant().plus(wrong))
            .open()) {
      new Work(log, name).register(errand);
      errand
          .worker()
          .concurrency(Integer.parseInt(arguments[5]))
          .lease(Duration.ofMillis(Long.parseLong(arguments[3])))
          .poll(Duration.ofMillis(100))
          .start();
      System.out.println("working");
      while (true) {
        try {
          errand.awaitChange(Duration.ofSeconds(1));
        } catch (StoreException failed) {
          System.err.println(name + " goes on in spite of: " + failed.getMessage());
        }
      }
    }
  }

  private static void endWithInput() {
    try {
      System.in.transferTo(java.io.OutputStream.nullOutputStream());
    } catch (IOException ended) {
      System.err.println(ended);
    }
    Runtime.getRuntime().halt(0);
  }
}
