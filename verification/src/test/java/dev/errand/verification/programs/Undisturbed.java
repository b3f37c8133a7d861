package dev.errand.verification.programs;

import dev.errand.job.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Plain CPython in a process of its own, which carries out one program after the other.
final class Undisturbed implements AutoCloseable {
  private final Process process;
  private final Writer programs;
  private final BufferedReader accounts;

  private Undisturbed(Process process) {
    this.process = process;
    this.programs = process.outputWriter(StandardCharsets.UTF_8);
    this.accounts = process.inputReader(StandardCharsets.UTF_8);
  }

  static Undisturbed start() throws IOException {
    var harness = Grammar.resource("undisturbed.py");
    var builder = new ProcessBuilder("python3", "-S", "-c", harness);
    builder.environment().put("PYTHONHASHSEED", "0");
    return new Undisturbed(builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /// Begins to carry a program out.
  void begin(Program program) throws IOException {
    var asked = Json.object("seed", program.seed()).with("blocks", program.blocks());
    programs.write(asked.print() + "\n");
    programs.flush();
  }

  /// What came of the program that was begun; null if it is too large to be tried.
  @Nullable Account account() throws IOException {
    var line = accounts.readLine();
    if (line == null) {
      throw new IOException("The undisturbed Python has ended");
    }
    var told = (Json.Object) Json.parse(line);
    var outcome = told.text("outcome").orElseThrow();
    if (outcome.equals("large")) {
      return null;
    }
    var jobs = new TreeMap<String, Account.OfJob>();
    ((Json.Object) told.get("jobs").orElseThrow())
        .members()
        .forEach((path, job) -> jobs.put(path, ofJob((Json.Object) job)));
    return new Account(outcome, jobs);
  }

  private static Account.OfJob ofJob(Json.Object job) {
    return new Account.OfJob(
        job.text("console").orElseThrow(), texts(job, "effects"), texts(job, "once"));
  }

  private static List<String> texts(Json.Object job, String name) {
    return job.get(name).stream()
        .flatMap(texts -> ((Json.Array) texts).items().stream())
        .map(text -> ((Json.Text) text).value())
        .toList();
  }

  @Override
  public void close() throws IOException {
    programs.close();
    process.destroy();
  }
}
