package dev.errand.verification.workers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.JobId;
import dev.errand.spi.Store;
import dev.errand.testkit.PostgresServer;
import dev.errand.testkit.PostgresServer.Stop;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A server that is lost with all its workers, and a backup of it on which others go on; the judge
/// decides.
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BackupTest {
  private static final Duration LEASE = Duration.ofSeconds(2);
  private static final int ENOUGH = 60;

  @TempDir Path folder;

  @Test
  void jobs_go_on_from_a_backup_that_was_taken_while_they_were_at_work() throws Exception {
    var log = new Log(folder);
    var asked = new Asked(new ArrayList<>(), new ArrayList<>());
    try (var server = PostgresServer.settings().fsync(false).start()) {
      var url = server.newDatabase();
      try (var backup = workUntilBackup(server, url, log, asked)) {
        server.stop(Stop.KILL);
        var restored = PostgresServer.through(backup.port(), url);
        try (var site = new Site(restored, log);
            var crew = new Crew(restored, log, LEASE)) {
          assertThat(site.read(Store::busy)).isTrue();
          crew.add(Duration.ZERO, 8);
          crew.add(Duration.ZERO, 8);
          for (var held : asked.held()) {
            held.close();
          }
          asked.roots().forEach(site::awaitEnd);
          site.judge("restored");
          crew.judge();
        }
      }
    }
  }

  /// What was asked for before the backup.
  ///
  /// @param held jobs that were in the midst of a tool when their workers were killed
  private record Asked(List<JobId> roots, List<Site.Held> held) {}

  /// The workers are killed while the backup is taken: what they had done is in it, and they do
  /// nothing after the moment that it is of.
  private static PostgresServer workUntilBackup(
      PostgresServer server, String url, Log log, Asked asked) throws Exception {
    try (var site = new Site(url, log);
        var crew = new Crew(url, log, LEASE)) {
      crew.add(Duration.ZERO, 8);
      crew.add(Duration.ZERO, 8);
      for (int i = 0; i < 3; i++) {
        asked.roots().add(site.submitSum(200));
        asked.roots().add(site.submitCode());
        asked.roots().add(site.submitChat());
      }
      site.awaitOperations(ENOUGH);
      asked.held().add(site.submitHeld());
      return server.copy(crew::close);
    }
  }
}
