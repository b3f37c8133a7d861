package dev.errand.cli;

import static org.awaitility.Awaitility.await;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.Model;
import dev.errand.agent.SubTaskSpec;
import dev.errand.job.JobFailedException;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Usage;
import java.nio.file.Path;
import java.time.Duration;

/// Jobs that need somebody outside, with a worker that runs beside the commands.
final class Asking {
  private static final Duration LONG = Duration.ofMinutes(1);

  private Asking() {}

  /// Opens a store with a worker.
  static Errand open(Path directory) {
    var errand = Errand.open(directory.resolve("errand.db"));
    errand.register(Agent.named("reviewer").program(Asking::review).build());
    errand.worker().start();
    return errand;
  }

  /// A job of that key that waits for the callback `approve payment` and ends with the answer as
  /// JSON, or with what it was refused with.
  static Job clerk(Errand errand, String key) {
    var clerk = Agent.named("clerk").program(Asking::ask).build();
    return suspended(errand.submit(clerk, spec -> spec.key(key)));
  }

  private static Object ask(JobScope job) {
    var approval = job.callback("approve payment");
    approval.await();
    try {
      return approval.result(Json.class).print();
    } catch (JobFailedException refused) {
      return "refused: " + refused.error().message();
    }
  }

  /// A job with two children that wait for a callback each, for both of which it waits.
  static Job editor(Errand errand, String key) {
    var editor =
        Agent.named("editor")
            .program(
                job -> {
                  var first = job.start(SubTaskSpec.of("reviewer").id("first"));
                  var second = job.start(SubTaskSpec.of("reviewer").id("second"));
                  first.await();
                  return second.await().result(String.class);
                })
            .build();
    var job = errand.submit(editor, spec -> spec.key(key));
    await().atMost(LONG).until(() -> job.callbacks().size() == 2);
    job.children().forEach(Asking::suspended);
    return suspended(job);
  }

  private static Object review(JobScope job) {
    return job.callback("opinion").await().result(String.class);
  }

  /// A job whose model tells what it was told last, and first runs that Python.
  static Job listener(Errand errand, String key, String python) {
    Model model =
        request -> {
          var messages = request.messages();
          boolean first =
              messages.stream().noneMatch(message -> message instanceof Model.Message.Assistant);
          return new Model.Reply(
              first && !python.isEmpty()
                  ? "```python\n" + python + "\n```\n"
                  : "I heard: " + (first ? "nothing" : messages.getLast().text()),
              Usage.NONE);
        };
    return errand.submit(Agent.named("listener").model(model).build(), spec -> spec.key(key));
  }

  /// The job, once it waits.
  static Job suspended(Job job) {
    await().atMost(LONG).until(() -> job.record().status() == JobStatus.SUSPENDED);
    return job;
  }

  /// What the job came to, in words.
  static String end(Job job) {
    try {
      return job.await(LONG).value(String.class);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
