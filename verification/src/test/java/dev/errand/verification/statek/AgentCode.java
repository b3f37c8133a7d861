package dev.errand.verification.statek;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.JobSpec;
import dev.errand.agent.Agent;
import dev.errand.job.Entry;
import dev.errand.job.Outcome;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// Carries out code as an agent would write it: jobs of one Errand, all of them real.
final class AgentCode implements AutoCloseable {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final CPythonRuntime python = CPythonRuntime.create();
  private final Errand errand;

  AgentCode() {
    this(UnaryOperator.identity());
  }

  /// The same, with what else the Errand is to have.
  AgentCode(UnaryOperator<Errand.Builder> more) {
    errand =
        more.apply(Errand.builder())
            .store(new MemoryStore(InstantSource.system()))
            .runtime(Waiting.KEPT.over(python))
            .open();
    errand.worker().concurrency(8).poll(Duration.ofMillis(20)).start();
  }

  Errand errand() {
    return errand;
  }

  /// Submits the blocks as one job of an agent without a model.
  Job submit(String... blocks) {
    return submit(spec -> spec, blocks);
  }

  Job submit(UnaryOperator<JobSpec> details, String... blocks) {
    return submit(Agent.named("main").build(), details, blocks);
  }

  Job submit(Agent agent, UnaryOperator<JobSpec> details, String... blocks) {
    return errand.submit(
        agent,
        spec -> {
          for (var block : blocks) {
            spec.code(block);
          }
          return details.apply(spec);
        });
  }

  /// What the blocks print, once they have ended well.
  String printed(String... blocks) {
    return printed(submit(blocks));
  }

  /// What the job prints, once it has ended well.
  static String printed(Job job) {
    var outcome = outcome(job);
    if (outcome instanceof Outcome.Failed(var error)) {
      throw new AssertionError(error.message() + "\n" + error.trace() + "\n" + console(job));
    }
    assertThat(outcome).isInstanceOf(Outcome.Succeeded.class);
    return console(job);
  }

  /// The message of the error that ends the blocks.
  String error(String... blocks) {
    return outcome(submit(blocks)) instanceof Outcome.Failed(var error)
        ? error.message()
        : "it succeeded";
  }

  static Outcome outcome(Job job) {
    try {
      return job.await(LONG);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interrupted);
    }
  }

  static String console(Job job) {
    return job.history(0, 10_000).stream()
        .filter(entry -> entry.kind() == Entry.Kind.CONSOLE)
        .map(entry -> entry.data().text("text").orElseThrow())
        .collect(Collectors.joining());
  }

  @Override
  public void close() {
    errand.close();
    python.close();
  }
}
