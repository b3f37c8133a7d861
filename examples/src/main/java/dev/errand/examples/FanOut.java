package dev.errand.examples;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import dev.errand.job.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/// Counts the words of the files of a folder: a parent job delegates one child per file, waits for
/// all of them and adds up what they return.
///
/// Shown three times: parent and children in Java; a parent in Java with children in Python; and
/// all of it in Python. Kill the process at any moment and start it again with the same store: each
/// job goes on from its last commit.
public final class FanOut {
  private static final String PATTERN = "docs/**/*.md";

  /// What a child in Python does with the variable `path` that it was given.
  private static final String COUNT_IN_PYTHON =
      """
      complete_sub_task(result=len(read_text(path).split()))
      exit()
      """;

  /// The whole of it in Python.
  private static final String FAN_OUT_IN_PYTHON =
      """
      def count(path):
          return len(read_text(path).split())

      tasks = [delegate(count, path, id=path) for path in list_files(pattern)]
      total = 0
      for task in tasks:
          total += task.result
          print(task.id, task.result)
      exit(total)
      """;

  private FanOut() {}

  /// Counts in each of the three ways.
  ///
  /// @param arguments the folder whose `docs` to read, and the file that holds the jobs
  public static void main(String[] arguments) throws InterruptedException {
    var folder = Path.of(arguments.length > 0 ? arguments[0] : "");
    var store = Path.of(arguments.length > 1 ? arguments[1] : "errand.db");
    try (var errand = Errand.builder().workingDirectory(folder).open(store)) {
      register(errand);
      errand.worker().concurrency(8).start();
      for (var job : List.of(inJava(errand), inBoth(errand), inPython(errand))) {
        int words = job.await(Duration.ofMinutes(5)).value(Integer.class);
        System.out.println(job.record().origin().agent() + ": " + words + " words");
      }
    }
  }

  /// Makes the agents known whose programs are in this class.
  static void register(Errand errand) {
    errand.register(
        Agent.named("counter").program(job -> count(job, job.var("path", String.class))).build());
  }

  /// A parent and children in Java.
  static Job inJava(Errand errand) {
    var parent =
        Agent.named("java-parent")
            .program(
                job ->
                    sum(
                        job,
                        path -> job.start(SubTaskSpec.of("counter").id(path).var("path", path))))
            .build();
    return errand.submit(parent, spec -> spec.var("pattern", PATTERN));
  }

  /// A parent in Java, whose children carry out Python.
  static Job inBoth(Errand errand) {
    var parent =
        Agent.named("mixed-parent")
            .program(
                job ->
                    sum(
                        job,
                        path ->
                            job.start(
                                SubTaskSpec.of("python-counter")
                                    .id(path)
                                    .var("path", path)
                                    .code(COUNT_IN_PYTHON))))
            .build();
    return errand.submit(parent, spec -> spec.var("pattern", PATTERN));
  }

  /// A parent in Python, whose children carry out a function of its own.
  static Job inPython(Errand errand) {
    var parent = Agent.named("python-parent").build();
    return errand.submit(parent, spec -> spec.var("pattern", PATTERN).code(FAN_OUT_IN_PYTHON));
  }

  private static int sum(JobScope job, Function<String, SubTaskHandler> child) {
    var pattern = job.var("pattern", String.class);
    var files = job.call("list_files", Json.object("pattern", pattern)).to(List.class);
    var tasks = new ArrayList<SubTaskHandler>();
    for (var file : files) {
      tasks.add(child.apply(String.valueOf(file)));
    }
    int total = 0;
    for (var task : job.awaitAll(tasks)) {
      int words = task.result(Integer.class);
      job.print(((Json.Text) task.id()).value() + " " + words);
      total += words;
    }
    return total;
  }

  private static int count(JobScope job, String path) {
    var text = job.call("read_text", Json.object("path", path)).to(String.class);
    return Arrays.stream(text.split("\\s+")).filter(word -> !word.isEmpty()).toList().size();
  }
}
