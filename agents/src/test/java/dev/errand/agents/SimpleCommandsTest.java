package dev.errand.agents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimpleCommandsTest {
  @TempDir Path directory;

  @Test
  void a_line_is_the_commands_that_it_runs_each_with_its_words_as_they_are_passed_on() {
    assertThat(texts("git status")).containsExactly("git status");
    assertThat(texts("  git   commit -m 'a  b' \"c;d\" e\\ f  "))
        .containsExactly("git commit -m a  b c;d e f");
    assertThat(texts("cd x && ls; make test || echo no | wc -l & true\nfalse"))
        .containsExactly("cd x", "ls", "make test", "echo no", "wc -l", "true", "false");
    assertThat(texts("make test 2>&1 | tail -3 >/dev/null"))
        .containsExactly("make test", "tail -3");
    assertThat(texts("echo $HOME \"$USER is\" '$(x)'")).containsExactly("echo $HOME $USER is $(x)");
    assertThat(texts("ls # it's a listing\nmake a#b")).containsExactly("ls", "make a#b");
    assertThat(texts("ls # x\\\nrm y")).containsExactly("ls", "rm y");
    assertThat(texts("ls \\\\\nrm y")).containsExactly("ls \\", "rm y");
    assertThat(texts("echo 'a\\\nb' \"c\\\nd\"")).containsExactly("echo a\\\nb cd");
    assertThat(texts("r''m -rf \\\n /")).containsExactly("rm -rf /");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "git log $(rm x)",
        "git log `rm x`",
        "git log \"$(rm x)\"",
        "git log > x",
        "git log >> x",
        "git log &> x",
        "git log >/dev/nullx",
        "cat < x",
        "diff <(ls) <(ls a)",
        "(rm x)",
        "{ rm x; }",
        "{rm,-rf,x}",
        "X=1 git log",
        "X=git; $X log",
        "\"$X\" log",
        "/bin/r? x",
        "sudo git log",
        "env git log",
        "bash -c 'git log'",
        "/bin/sh -c x",
        "echo x | xargs rm",
        "find . -delete",
        "eval rm x",
        "if true; then rm x; fi",
        "for x in a; do rm x; done",
        "echo 'open",
        "echo \"open",
        "echo ${x}",
        "echo $'x'",
        "echo \\",
        "printf -v 'a[$(touch x)]' x",
        "test -v 'a[$(touch x)]'",
        "export PATH=/tmp",
        "read x"
      })
  void a_line_that_may_run_or_write_what_does_not_stand_there_is_judged_by_no_pattern(String line) {
    assertThat(SimpleCommands.of(line)).isEmpty();
  }

  /// What a real shell runs is never more than what was read, for lines at random: every program on
  /// the path writes its name and words down.
  @Test
  void a_shell_runs_no_other_commands_than_were_read() throws Exception {
    for (var name : List.of("aa", "bb", "rm")) {
      var program = directory.resolve(name);
      Files.writeString(program, "#!/bin/sh\nprintf '%s\\0' \"" + name + " $*\" >>\"$LOG\"\n");
      assertThat(program.toFile().setExecutable(true)).isTrue();
    }
    long seed = System.nanoTime();
    var random = new Random(seed);
    int judged = 0;
    for (int n = 0; n < 1500; n++) {
      var line = line(random);
      var read = texts(line);
      if (read.isEmpty()) {
        continue;
      }
      judged++;
      // One for each, as what is run behind may write late.
      var log = Files.writeString(directory.resolve("log" + n), "");
      run(line, log);
      // What words stand for may differ, which program is run may not.
      boolean isLiteral = line.chars().noneMatch(c -> "$~*".indexOf(c) >= 0);
      assertThat(read.stream().map(one -> isLiteral ? one.strip() : first(one)).toList())
          .as("seed %d, line %d: <%s>", seed, n, line)
          .containsAll(ran(log).stream().map(one -> isLiteral ? one : first(one)).toList());
    }
    assertThat(judged).isGreaterThan(20);
  }

  private static String first(String command) {
    return command.split(" ", -1)[0];
  }

  private static List<String> ran(Path log) throws IOException {
    return Stream.of(Files.readString(log).split("\0", -1))
        .map(String::strip)
        .filter(one -> !one.isEmpty())
        .toList();
  }

  private void run(String line, Path log) throws Exception {
    var shell = new ProcessBuilder("/bin/bash", "-c", line).directory(directory.toFile());
    shell.environment().put("PATH", directory.toString());
    shell.environment().put("LOG", log.toString());
    shell.environment().remove("BASH_ENV");
    shell.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    shell.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    var process = shell.start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  private static String line(Random random) {
    var pieces =
        List.of(
            "aa",
            "bb",
            "rm",
            " ",
            " ",
            " ",
            "x",
            "\"",
            "'",
            "\\",
            ";",
            "&",
            "|",
            "&&",
            "||",
            "\n",
            "$",
            "(",
            ")",
            "`",
            ">",
            "<",
            "{",
            "}",
            ",",
            "=",
            "#",
            "!",
            "2>&1",
            ">/dev/null",
            "~",
            "*",
            "\\\n",
            "\\\\",
            "# ",
            "\n");
    var line = new StringBuilder("aa ");
    for (int n = random.nextInt(9); n >= 0; n--) {
      line.append(pieces.get(random.nextInt(pieces.size())));
    }
    return line.toString();
  }

  private static List<String> texts(String line) {
    var texts = new ArrayList<String>();
    SimpleCommands.of(line).stream().map(Rule.Subject::text).forEach(texts::add);
    return texts;
  }
}
