import static java.nio.file.FileVisitResult.CONTINUE;
import static java.nio.file.FileVisitResult.SKIP_SUBTREE;

import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Formats every Java file below a folder the way google-java-format does, or checks that it is.
///
/// Run by the build and by `./format`, from source, on the JDK that compiles: google-java-format
/// reads Java with that JDK's own parser, and Maven itself may be running on an older one.
///
/// `java -cp google-java-format.jar Format.java check|write FOLDER`
class Format {
  /// Folders that hold no source of ours.
  private static final Set<String> ELSEWHERE = Set.of("target", ".git", ".idea", "node_modules");

  public static void main(String[] args) throws Exception {
    boolean check = args[0].equals("check");
    var command = new ArrayList<String>();
    command.addAll(check ? List.of("--dry-run", "--set-exit-if-changed") : List.of("--replace"));
    javaFilesBelow(Path.of(args[1]).normalize()).forEach(file -> command.add(file.toString()));

    var out = new PrintWriter(System.out, true);
    var err = new PrintWriter(System.err, true);
    int exit = new Main(out, err, System.in).format(command.toArray(String[]::new));
    if (check && exit != 0) {
      System.err.println(
          "The files above are not formatted; run ./format and commit what it changes.");
    }
    System.exit(exit);
  }

  private static List<Path> javaFilesBelow(Path folder) throws IOException {
    var found = new ArrayList<Path>();
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes is) {
            return ELSEWHERE.contains(String.valueOf(dir.getFileName())) ? SKIP_SUBTREE : CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes is) {
            if (file.toString().endsWith(".java")) found.add(file);
            return CONTINUE;
          }
        });
    return found;
  }
}
