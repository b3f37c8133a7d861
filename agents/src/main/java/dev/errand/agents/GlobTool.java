package dev.errand.agents;

import dev.errand.agent.Description;
import dev.errand.agent.Tool;
import dev.errand.job.EffectPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The tool `Glob`.
final class GlobTool {
  private static final int MOST = 1_000;

  private final Premises premises;

  private record Found(Path file, FileTime changed) {}

  GlobTool(Premises premises) {
    this.premises = premises;
  }

  @Tool(
      name = "Glob",
      policy = EffectPolicy.READ_ONLY,
      timeoutSeconds = 60,
      value =
          """
          Lists files whose paths match a pattern, those changed last first, one a line; at most \
          1,000. * stands for part of a name, ** for any folders, {a,b} for one of several. Links and \
          the folder .git are left out. To search in the text of files use Grep.\
          """)
  String glob(
      @Description("The pattern, such as **/*.md, src/**/Test*.java or *.{yml,yaml}.")
          String pattern,
      @Description("The folder it is matched from; default the working directory.")
          @Nullable String path)
      throws IOException {
    var glob = GlobPattern.of(pattern);
    var from = path == null || path.isEmpty() ? "." : path;
    var top =
        premises.resolve(glob.start().startsWith("/") ? glob.start() : from + "/" + glob.start());
    if (!Files.isDirectory(top)) {
      throw new IOException("There is no folder " + premises.shown(top));
    }
    var findings = new Findings(MOST);
    for (var found : newestFirst(top, glob)) {
      findings.add(premises.shown(found.file()));
    }
    return findings.isEmpty()
        ? "[No file matches %s in %s.]".formatted(pattern, premises.shown(top))
        : findings.told("files were", "give a narrower pattern");
  }

  private static List<Found> newestFirst(Path top, GlobPattern glob) throws IOException {
    var found = new ArrayList<Found>();
    FileWalk.below(
        top,
        glob.levels(),
        (file, attributes) -> {
          if (glob.matches(top.relativize(file))) {
            found.add(new Found(file, attributes.lastModifiedTime()));
          }
        });
    found.sort(Comparator.comparing(Found::changed).reversed().thenComparing(Found::file));
    return found;
  }
}
