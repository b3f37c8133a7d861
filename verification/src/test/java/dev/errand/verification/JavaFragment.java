package dev.errand.verification;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/// A piece of Java from the documentation, made a class: a few statements become a method's body.
///
/// @param source the class
record JavaFragment(String source) {
  private static final String NAME = "Fragment";
  private static final String CLASS_PATH = System.getProperty("java.class.path");
  private static final Pattern MEMBER =
      Pattern.compile("\\A(public |private |static |final |record |interface |class )");

  private static final String IMPORTS =
      Stream.of(
              "dev.errand",
              "dev.errand.agent",
              "dev.errand.agents",
              "dev.errand.graalpy",
              "dev.errand.job",
              "dev.errand.mcp",
              "dev.errand.models",
              "dev.errand.python",
              "dev.errand.spi",
              "java.nio.file",
              "java.time",
              "java.util",
              "java.util.stream")
          .map("import %s.*;\n"::formatted)
          .collect(Collectors.joining());

  /// The class around these pieces, which follow each other in one method.
  static JavaFragment around(String code) {
    if (MEMBER.matcher(code).find()) {
      return new JavaFragment(IMPORTS + "class " + NAME + " {\n" + code + "}\n");
    }
    var given = new ArrayList<String>();
    if (code.replace("dev.errand.", "").contains("errand.") && !code.contains("var errand =")) {
      given.add("Errand errand");
    }
    var main = given.isEmpty() ? "public static void main(String[] args)" : "static void shown(%s)";
    return new JavaFragment(
        IMPORTS
            + "public class %s {\n  %s throws Exception {\n%s  }\n}\n"
                .formatted(NAME, main.formatted(String.join(", ", given)), code));
  }

  /// Compiles it into `folder`; returns what the compiler objects to.
  List<String> compile(Path folder) {
    var compiler = ToolProvider.getSystemJavaCompiler();
    var problems = new DiagnosticCollector<JavaFileObject>();
    var options =
        List.of(
            "--release",
            "21",
            "-parameters",
            "-proc:none",
            "-classpath",
            CLASS_PATH,
            "-d",
            folder.toString());
    compiler.getTask(null, null, problems, options, null, List.of(new Text(source))).call();
    return problems.getDiagnostics().stream()
        .filter(problem -> problem.getKind() == Diagnostic.Kind.ERROR)
        .map(Object::toString)
        .toList();
  }

  /// Runs what was compiled into `folder`, in a JVM of its own that works there.
  ///
  /// @return all it printed
  String run(Path folder) throws IOException, InterruptedException {
    return java(folder, folder + File.pathSeparator + CLASS_PATH, List.of(NAME));
  }

  /// What a Java program prints to both of its streams, followed by its exit code if that is not 0.
  static String java(Path folder, String classPath, List<String> words)
      throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dstdout.encoding=UTF-8"));
    command.addAll(List.of("-cp", classPath));
    command.addAll(words);
    var output = folder.resolve("output.txt");
    var process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (!process.waitFor(2, TimeUnit.MINUTES)) {
      process.destroyForcibly();
    }
    int code = process.waitFor();
    return Files.readString(output) + (code == 0 ? "" : "\nexit code " + code);
  }

  static String classPath() {
    return CLASS_PATH;
  }

  /// The lines with their numbers, for a message.
  String numbered() {
    var lines = source.lines().toList();
    return IntStream.range(0, lines.size())
        .mapToObj(i -> "%3d  %s".formatted(i + 1, lines.get(i)))
        .collect(Collectors.joining("\n", "\n", "\n"));
  }

  private static final class Text extends SimpleJavaFileObject {
    private final String text;

    private Text(String text) {
      super(URI.create("string:///" + NAME + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
