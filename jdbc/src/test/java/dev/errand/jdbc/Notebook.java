package dev.errand.jdbc;

import dev.errand.job.Blob;
import dev.errand.job.CodeBlock;
import dev.errand.job.Delta;
import dev.errand.job.JobId;
import dev.errand.job.Value;
import dev.errand.job.Variable;
import dev.errand.job.Wait;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A runtime for tests whose code has three words, one statement a line: `put NAME TEXT`, `show`
/// and `await JOB`.
final class Notebook implements WorkspaceRuntime {
  @Override
  public String name() {
    return "cpython";
  }

  @Override
  public Workspace open(Opening opening) {
    var notes = new Notes();
    if (opening.state() != null) {
      opening.state().parts().forEach(part -> notes.put(part.number(), part.chunks().getFirst()));
    }
    return notes;
  }

  @Override
  public void close() {}

  /// A variable is its number, and its text is one piece.
  static Delta.Put put(int number, String text) {
    var chunks = new TreeMap<>(Map.of(0, blob(text).address()));
    return new Delta.Put(number, blob("head"), 1, chunks, List.of(variable(number, text)));
  }

  static Blob blob(String text) {
    return new Blob(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Variable variable(int number, String text) {
    return new Variable("x" + number, "str", text.length(), text, "");
  }

  private static final class Notes implements Workspace {
    private final Map<Integer, String> texts = new TreeMap<>();

    void put(int number, Blob text) {
      texts.put(number, new String(text.bytes(), StandardCharsets.UTF_8));
    }

    @Override
    public Ending run(Run run, Host host) {
      var console = new StringBuilder();
      var parts = new ArrayList<Host.Part>();
      for (var line : run.block().source().lines().toList()) {
        var words = line.split(" ", 3);
        switch (words[0]) {
          case "put" -> parts.add(part(Integer.parseInt(words[1]), words[2]));
          case "show" -> console.append(texts);
          case "await" -> console.append(awaited(new JobId(words[1]), host));
          default -> throw new IllegalArgumentException(line);
        }
      }
      var snapshot = new Host.Snapshot(1, run.created(), console.length(), parts, List.of());
      return new Ending.Finished(
          new Host.Mark(1, console.toString(), List.of(), snapshot), Value.none());
    }

    private Host.Part part(int number, String text) {
      texts.put(number, text);
      var piece = new Host.Piece.Fresh(0, blob(text));
      return new Host.Part(
          number, blob("head"), 1, List.of(piece), List.of(variable(number, text)));
    }

    private static String awaited(JobId job, Host host) {
      var child = host.await(Host.Mark.at(0), 0, new Wait(List.of(job), 1)).getFirst();
      return child.state() + " " + child.completion();
    }

    @Override
    public void close() {}
  }

  static CodeBlock code(String... lines) {
    return CodeBlock.python(String.join("\n", lines));
  }
}
