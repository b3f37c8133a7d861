package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Does a real piece of work that needs no key: analyses text files, each in a child job.
@Command(
    name = "demo",
    description = {
      "Analyses the Markdown and text files of a folder, each in a child job, and writes a report.",
      "Needs no key and no network."
    })
final class DemoCommand implements Callable<Integer> {
  private static final List<String> OWN_FILES =
      List.of("docs/**/*.md", "docs/**/*.txt", "README.md");
  private static final List<String> ALL_FILES = List.of("**/*.md", "**/*.txt");

  /// Long enough for the kill to land in the middle of the work.
  private static final double PAUSE_BEFORE_CRASH = 0.4;

  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin WorkOptions work = new WorkOptions();

  @Option(
      names = "--input",
      paramLabel = "DIR",
      description = "The folder to read; default the documentation of Errand itself.")
  @Nullable String input;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The report to write; default ${DEFAULT-VALUE}.")
  String out = "errand-report.md";

  @Option(
      names = "--crash",
      description = "Kill the worker in the middle of it, go on in a new one, and check the books.")
  boolean crash;

  DemoCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws Exception {
    work.check();
    var report = surroundings.file(out).toAbsolutePath().normalize();
    if (Files.isDirectory(report)) {
      throw Refusal.usage(out + " is a directory; name a file");
    }
    var demo = new Demo(patterns(), report, crash ? PAUSE_BEFORE_CRASH : 0);
    var folder = folder();
    var place = options.place(surroundings);
    var python = Syntax.checked(work.python(), Demo.program(), "the demo");
    try (var errand = Stores.open(place, folder, python)) {
      return crash
          ? new CrashDemo(surroundings, errand, work, place, folder).show(demo)
          : show(errand, demo.submit(errand), folder);
    }
  }

  private int show(Errand errand, Job job, Path folder) throws InterruptedException {
    var screen = surroundings.screen();
    var view = work.view(screen, errand);
    var watch = new Watch(errand, job, view);
    var resuming = Foreground.resuming(options.place(surroundings), folder);
    new Foreground(screen, errand, work, resuming).work(job, watch, view);
    var report = new Report(errand, job, watch.lifetime());
    report.say(screen, work.quiet);
    if (!work.quiet) {
      screen.say("errand: look closer with errand tree, show, history or workspace " + job.id());
    }
    return report.code();
  }

  private List<String> patterns() {
    return input == null && home() != null ? OWN_FILES : ALL_FILES;
  }

  private Path folder() {
    var folder = input == null ? home() : input;
    var path = folder == null ? surroundings.directory() : surroundings.file(folder);
    if (!Files.isDirectory(path)) {
      throw Refusal.usage("there is no folder " + path);
    }
    return path;
  }

  /// The checkout that the program was started from.
  private @Nullable String home() {
    return surroundings.variable("ERRAND_HOME");
  }
}
