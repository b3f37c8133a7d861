package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import dev.errand.testkit.PgBouncer;
import dev.errand.testkit.PostgresServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Workers that share a database behind PgBouncer in transaction mode, where nobody hears of what
/// the other has done.
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PgBouncerTest {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final int SESSIONS = 4;
  private static final String OTHER_SESSIONS =
      """
      select count(*) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()
      """;

  private final String database = PostgresServer.shared().newDatabase();
  private final PgBouncer bouncer = PgBouncer.before(database, SESSIONS);
  private final Errand worker = open();
  private final Errand other = open();

  private Errand open() {
    return Errand.builder().open(bouncer.url(database));
  }

  @AfterEach
  void close() {
    worker.close();
    other.close();
    bouncer.close();
  }

  /// The worker looks by itself every hour only: it is the store that has it look.
  @Test
  void a_worker_finds_what_another_process_has_submitted_although_it_hears_nothing()
      throws Exception {
    var adder = Agent.named("adder").program(job -> 2 + 2).build();
    worker.register(adder);
    worker.worker().poll(Duration.ofHours(1)).start();
    for (int number = 0; number < 3; number++) {
      assertThat(other.submit(adder).await(LONG).value(Integer.class)).isEqualTo(4);
    }
  }

  @Test
  void two_workers_bring_two_hundred_children_to_their_end() throws Exception {
    var child = Agent.named("child").program(job -> job.var("n", Integer.class)).build();
    var parent = Agent.named("parent").program(PgBouncerTest::sumOfChildren).build();
    for (var each : List.of(worker, other)) {
      each.register(child).register(parent);
      each.worker().concurrency(16).start();
    }
    var job = other.submit(parent);
    assertThat(job.await(LONG).value(Integer.class)).isEqualTo(199 * 200 / 2);
    assertThat(job.count().done()).isEqualTo(job.count().jobs()).isEqualTo(200);
    assertThat(PostgresServer.ask(database, OTHER_SESSIONS))
        .containsExactly(List.of(Integer.toString(SESSIONS)));
  }

  private static Object sumOfChildren(JobScope job) {
    List<SubTaskHandler> children =
        IntStream.range(0, 200)
            .mapToObj(n -> job.start(SubTaskSpec.of("child").var("n", n)))
            .toList();
    return job.awaitAll(children).stream().mapToInt(child -> child.result(Integer.class)).sum();
  }
}
