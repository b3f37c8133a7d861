package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.JobId;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.Treasury.Prize;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;

/// What contracts of fences have in common: a [Treasury] and jobs that try to rob it.
abstract class Escapes extends DrivenJobs {
  @TempDir Path folder;

  /// What the attempt gets, carried out in that runtime.
  final Set<Prize> loot(WorkspaceRuntime runtime, Escape escape, boolean restricted)
      throws Exception {
    try (var other = new DrivenJob(runtime, new JobId("victim"));
        var treasury = new Treasury(folder, other, signsOfTheDriver());
        var job = treasury.equip(new DrivenJob(runtime, new JobId("attacker")))) {
      return treasury.take(escape, restricted ? job : job.unrestricted());
    }
  }

  /// Texts that are seen only where code got hold of something of the driver's, such as the name of
  /// its folder; default none.
  protected List<String> signsOfTheDriver() {
    return List.of();
  }

  final void fails(WorkspaceRuntime runtime, Escape escape, boolean restricted) throws Exception {
    assertThat(loot(runtime, escape, restricted)).as("what it got").isEmpty();
  }
}
