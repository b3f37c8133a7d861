package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Wide and deep trees on a file, with few places for the children of each job and fewer permits.
/// Larger ones are measured: `./errand bench fan-out`.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FanOutTest {
  private static final int PLACES = 3;

  @TempDir private Path folder;
  private final AtomicInteger working = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();

  @Test
  void a_thousand_children_of_one_parent_come_to_their_end() throws Exception {
    assertThat(jobsOf(1_000, 1)).isEqualTo(1_000);
    assertThat(most).hasValueLessThanOrEqualTo(PLACES);
  }

  @Test
  void so_does_a_tree_of_five_levels() throws Exception {
    assertThat(jobsOf(4, 5)).isEqualTo(4 + 16 + 64 + 256 + 1024);
  }

  private int jobsOf(int children, int levels) throws InterruptedException {
    try (var errand = Errand.open(folder.resolve("jobs.db"))) {
      var node = Agent.named("node").limits(was -> was.withChildren(PLACES)).program(this::node);
      errand.register(node.build());
      errand.worker().concurrency(2 * PLACES).start();
      var job =
          errand.submit(node.build(), spec -> spec.var("children", children).var("levels", levels));
      int jobs = job.await(Duration.ofMinutes(4)).value(Integer.class);
      assertThat(job.count().done()).isEqualTo(job.count().jobs()).isEqualTo(jobs);
      return jobs;
    }
  }

  /// How many jobs there are below this one.
  private Object node(JobScope job) {
    int levels = job.var("levels", Integer.class);
    if (levels == 0) {
      most.accumulateAndGet(working.incrementAndGet(), Math::max);
      working.decrementAndGet();
      return 0;
    }
    int children = job.var("children", Integer.class);
    List<SubTaskHandler> handlers = new ArrayList<>();
    for (int n = 0; n < children; n++) {
      handlers.add(
          job.start(SubTaskSpec.of("node").var("children", children).var("levels", levels - 1)));
    }
    return children
        + job.awaitAll(handlers).stream().mapToInt(child -> child.result(Integer.class)).sum();
  }
}
