package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// The command lines in README and `docs/`, held against what the program says of itself.
class DocsCommandsTest {
  private static final Map<String, String> HELP = new ConcurrentHashMap<>();
  private static final Pattern OPTION =
      Pattern.compile("(?m)^\\s+(?:(-\\w), )?(--?[\\w-]+)(=[\\w<>=|@:]+)?");
  private static final Pattern COMMAND = Pattern.compile("(?m)^  ([a-z]+) {2,}\\S");
  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> command_lines() {
    return Example.in("bash").stream()
        .flatMap(example -> lines(example).map(line -> test(example, line)));
  }

  private DynamicTest test(Example example, String line) {
    return dynamicTest(example.name() + " " + line, example.place(), () -> check(line));
  }

  private static Stream<String> lines(Example example) {
    return example.blocks().getLast().lines().filter(line -> line.startsWith("./errand "));
  }

  private void check(String line) throws Exception {
    var words = List.of(line.replaceFirst("\\s+#.*", "").split("\\s+"));
    var options = options(command(words));
    for (int i = 1; i < words.size(); i++) {
      if (words.get(i).startsWith("-")) {
        var option = words.get(i).replaceFirst("=.*", "");
        assertThat(options).containsKey(option);
        boolean takesValue = !options.getOrDefault(option, "").isEmpty();
        boolean hasValue =
            words.get(i).contains("=")
                || (i + 1 < words.size() && !words.get(i + 1).startsWith("-"));
        assertThat(hasValue || !takesValue).as("%s needs a value", option).isTrue();
      }
    }
  }

  /// The command that a line calls, such as `effects resolve`; empty for the program itself.
  private String command(List<String> words) throws Exception {
    if (words.get(1).startsWith("-")) {
      return "";
    }
    var deeper = words.size() > 2 && commands(words.get(1)).contains(words.get(2));
    return deeper ? words.get(1) + " " + words.get(2) : words.get(1);
  }

  private List<String> commands(String above) throws Exception {
    return COMMAND.matcher(help(above)).results().map(match -> match.group(1)).toList();
  }

  @Test
  void the_readme_names_every_command() throws Exception {
    var named =
        Page.of("README.md").table("command").body().stream()
            .flatMap(
                row -> Pattern.compile("`(?:errand )?(\\w+)").matcher(row.getFirst()).results())
            .map(match -> match.group(1))
            .toList();
    assertThat(named).containsExactlyInAnyOrderElementsOf(commands(""));
  }

  @Test
  void the_readme_names_every_exit_code() throws Exception {
    var codes = Pattern.compile("(?m)^ *(\\d+) ").matcher(help("")).results();
    assertThat(Page.of("README.md").table("exit code").names())
        .isEqualTo(codes.map(code -> code.group(1)).toList());
  }

  private Map<String, String> options(String command) throws Exception {
    var options = new java.util.HashMap<String, String>();
    OPTION
        .matcher(help(command))
        .results()
        .forEach(
            option -> {
              var value = option.group(3) == null ? "" : option.group(3);
              options.put(option.group(2), value);
              if (option.group(1) != null) {
                options.put(option.group(1), value);
              }
            });
    return options;
  }

  /// What `errand COMMAND --help` prints.
  private String help(String command) throws Exception {
    var known = HELP.get(command);
    if (known != null) {
      return known;
    }
    var words = Stream.of(("dev.errand.cli.Main " + command + " --help").split(" +"));
    var help = JavaFragment.java(folder, JavaFragment.classPath(), words.toList());
    assertThat(help).doesNotContain("exit code ");
    HELP.put(command, help);
    return help;
  }
}
