package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.TaskError;
import dev.errand.job.Value;
import dev.errand.spi.Capability;
import dev.errand.spi.Workspace.Ending;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.spi.WorkspaceRuntime.ToolSignature;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;

/// What contracts of workspaces have in common: jobs of a runtime, closed after each test.
abstract class DrivenJobs {
  private static final AtomicInteger JOBS = new AtomicInteger();
  private final List<DrivenJob> jobs = new ArrayList<>();

  /// The runtime under test.
  protected abstract WorkspaceRuntime runtime();

  /// How often a test that tries many times may do so, in percent; default 100. Fewer where it
  /// takes long to open a workspace.
  protected int effort() {
    return 100;
  }

  final int many(int times) {
    return Math.max(1, times * effort() / 100);
  }

  /// Whether the runtime can do that; one that cannot has a sentence about it.
  final boolean can(Capability capability) {
    var words = runtime().lacks().get(capability);
    if (words != null) {
      assertThat(words).as("what people are told of %s", capability).endsWith(".").contains(" ");
    }
    return words == null;
  }

  final DrivenJob job() {
    return job("contract" + JOBS.incrementAndGet());
  }

  final DrivenJob job(String id) {
    var job = new DrivenJob(runtime(), new JobId(id));
    jobs.add(job);
    return job;
  }

  @AfterEach
  void close_what_was_opened() {
    jobs.forEach(DrivenJob::close);
  }

  static String finish(DrivenJob job, String source) {
    return text(job.run(source));
  }

  static String text(Ending ending) {
    if (ending instanceof Ending.Finished(var ignored, var value, var shown)) {
      return value.text();
    }
    throw new AssertionError("It did not finish: " + ending);
  }

  static TaskError raise(DrivenJob job, String source) {
    return error(job.run(source));
  }

  static TaskError error(Ending ending) {
    if (ending instanceof Ending.Raised(var ignored, var error)) {
      return error;
    }
    throw new AssertionError("It did not raise: " + ending);
  }

  static ToolSignature tool(String name, String... parameters) {
    return new ToolSignature(name, "A tool", List.of(parameters));
  }

  static Value echo(Json.Object arguments) {
    return Value.of(arguments.members().get("value"));
  }

  /// Interrupts one call in so many by chance, before the host did anything or after it did all, up
  /// to a number of times.
  final void interrupt(DrivenJob job, Random random, int oneIn) {
    var left = new AtomicInteger(many(50));
    Runnable chance = () -> failIf(random.nextInt(oneIn) == 0 && left.getAndDecrement() > 0);
    job.host().aroundCalls(chance, chance);
  }

  static void failIf(boolean fails) {
    if (fails) {
      throw new DrivenJob.Interruption();
    }
  }

  /// Runs the setup, and finds the check true as it is, after a restart, and after one more.
  final void survives(String setup, String check) {
    survives(job(), setup, check);
  }

  static void survives(DrivenJob job, String setup, String check) {
    finish(job, setup);
    assertThat(finish(job, check)).as("before the restart").isEqualTo("true");
    job.restart();
    assertThat(finish(job, check)).as("after one restart").isEqualTo("true");
    job.restart();
    assertThat(finish(job, check)).as("after two restarts").isEqualTo("true");
  }
}
