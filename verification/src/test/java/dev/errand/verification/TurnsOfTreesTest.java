package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskSpec;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Who goes on first where there are more jobs than a worker can advance.
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TurnsOfTreesTest {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final int CHILDREN = 1_500;

  private final Errand errand =
      Errand.builder().store(new MemoryStore(ManualClock.create())).open();
  private final AtomicInteger ended = new AtomicInteger();
  private final List<String> order = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() {
    errand.close();
  }

  @Test
  void a_single_job_of_the_same_agent_ends_long_before_a_large_tree_that_came_first()
      throws Exception {
    var agent =
        Agent.named("worker").limits(was -> was.withChildren(CHILDREN)).program(this::work).build();
    errand.register(agent);
    errand.worker().concurrency(1).start();

    var tree = errand.submit(agent, spec -> spec.key("tree").var("part", "tree"));
    assertThat(tree.await(LONG).value(Integer.class)).isEqualTo(CHILDREN);

    var single = errand.job("single");
    int before = single.await(LONG).value(Integer.class);
    assertThat(before).isBetween(CHILDREN / 2, CHILDREN / 2 + 3);
  }

  private Object work(JobScope job) throws InterruptedException {
    return switch (job.var("part", String.class)) {
      case "tree" -> {
        var children =
            IntStream.range(0, CHILDREN)
                .mapToObj(n -> job.start(SubTaskSpec.of("worker").var("part", "child")))
                .toList();
        yield job.awaitAll(children).size();
      }
      case "child" -> {
        if (ended.incrementAndGet() == CHILDREN / 2) {
          submitSingle();
        }
        yield 0;
      }
      default -> ended.get();
    };
  }

  private void submitSingle() {
    var agent =
        Agent.named("worker").limits(was -> was.withChildren(CHILDREN)).program(this::work).build();
    errand.submit(agent, spec -> spec.key("single").var("part", "single"));
  }

  @Test
  void of_jobs_that_wait_for_the_one_permit_those_of_a_higher_priority_go_first() throws Exception {
    var agent = Agent.named("worker").program(this::note).build();
    var jobs = new ArrayList<Job>();
    for (int priority : List.of(0, -1, 3, 1, 0, 2)) {
      var name = priority + "/" + jobs.size();
      jobs.add(errand.submit(agent, spec -> spec.priority(priority).var("name", name)));
    }
    errand.worker().concurrency(1).start();
    for (var job : jobs) {
      job.await(LONG);
    }

    assertThat(order).containsExactly("3/2", "2/5", "1/3", "0/0", "0/4", "-1/1");
  }

  private Object note(JobScope job) {
    order.add(job.var("name", String.class));
    return 0;
  }

  @Test
  void subtasks_have_the_priority_of_their_job_or_one_of_their_own() throws Exception {
    var leaf = Agent.named("leaf").program(job -> 0).build();
    var parent =
        Agent.named("parent")
            .program(
                job -> {
                  job.start(SubTaskSpec.of("leaf")).await(LONG);
                  return job.start(SubTaskSpec.of("leaf").priority(-4)).await(LONG).job().text();
                })
            .build();
    errand.register(leaf);
    errand.worker().start();
    var job = errand.submit(parent, spec -> spec.priority(7));
    job.await(LONG);

    assertThat(errand.jobs()).extracting(one -> one.origin().priority()).containsExactly(7, 7, -4);
  }

  @Test
  void python_gives_a_priority_to_what_it_delegates() throws Exception {
    try (var other =
        Errand.builder()
            .store(new MemoryStore(ManualClock.create()))
            .runtime(CPythonRuntime.create())
            .open()) {
      other.worker().start();
      var job =
          other.submit(
              Agent.named("parent").build(),
              spec ->
                  spec.code(
                      """
                      code = "complete_sub_task(3)"
                      one = delegate(lambda: 1, priority=5)
                      two = delegate(lambda: 2)
                      task = create_sub_task(create_new_job("parent", warmup_code=code, priority=-1))
                      wrong = []
                      for priority in (1.5, "high", True, 1 << 40):
                          try:
                              delegate(lambda: 1, priority=priority)
                          except TypeError as error:
                              wrong.append(str(error).split("not ")[1])
                      exit([one.result, two.result, task.result, *wrong])
                      """));

      assertThat(job.await(LONG).value(Object[].class))
          .containsExactly(1, 2, 3, "1.5", "'high'", "True", "1099511627776");
      assertThat(other.jobs())
          .extracting(one -> one.origin().priority())
          .containsExactly(0, 5, 0, -1);
    }
  }
}
