package dev.errand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the program says to words it cannot act on.
class UsageTest {
  @TempDir Path directory;
  private Shell shell = new Shell(Path.of(""));

  @BeforeEach
  void write_files() throws IOException {
    shell =
        new Shell(directory)
            .file("good.py", "exit(1)\n")
            .file("wrong.py", "x = 1\nif x\n    y = 2\n")
            .file("return.py", "return 1\n")
            .file("bad.yaml", "replies: 7\n");
    Files.write(directory.resolve("binary.py"), new byte[] {'x', (byte) 0xff, (byte) 0xfe});
    Files.write(directory.resolve("null.py"), new byte[] {'x', 0, 'y'});
    Files.createDirectory(directory.resolve("folder"));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          run none.py                           | there is no file none.py
          run folder                            | folder is a directory
          run binary.py                         | binary.py is not UTF-8 text
          run null.py                           | null.py
          run wrong.py                          | wrong.py, line 2:
          run return.py                         | return.py, line 1: 'return' outside function
          run good.py --var x                   | --var x has no value
          run good.py --var =1                  | '' is no name for a variable
          run good.py --var a-b=1               | 'a-b' is no name for a variable
          run good.py --var __x=1               | '__x' is no name for a variable
          run good.py --var x=1 --var x=2       | --var x is given twice
          run good.py --var x:={1               | --var x is not JSON: {1
          run good.py --var x:=                 | --var x is not JSON
          run good.py --var x=@none.txt         | there is no file none.txt
          run good.py --var x=@                 | --var x=@ names no file
          run good.py --var x=@binary.py        | binary.py is not UTF-8 text
          run good.py --runtime jython          | there is no runtime jython; known is cpython
          run good.py --concurrency 0           | --concurrency must be at least 1
          run good.py --concurrency many        | --concurrency
          run good.py --model gpt               | names no model
          run good.py --model none:gpt          | there is no model provider none; known: anthropic,
          run good.py --model scripted:none.yaml | There is no script
          run good.py --model scripted:bad.yaml | is wrong in line 1
          run good.py other.py                  | other.py
          run                                   | FILE.py
          run good.py --unknown                 | --unknown
          serve --port 70000                    | --port must be from 0 to 65535
          serve --concurrency 0                 | --concurrency must be at least 1
          serve --host 0.0.0.0 --no-token       | --no-token is for this machine only
          demo --input none                     | there is no folder
          demo --out folder                     | folder is a directory
          frobnicate                            | frobnicate
          """)
  void what_cannot_be_understood_is_one_line_with_code_2_and_leaves_no_store(
      String words, String message) {
    var said = shell.errand(words.split("\\s+"));

    assertThat(said.code()).isEqualTo(2);
    assertThat(said.out()).isEmpty();
    assertThat(said.err()).startsWith("errand: ").contains(message);
    assertThat(said.err().lines()).hasSize(1);
    assertThat(shell.has("errand.db")).isFalse();
  }

  @Test
  void no_command_at_all_is_wrong_usage() {
    var said = shell.errand();

    assertThat(said.code()).isEqualTo(2);
    assertThat(said.err()).contains("Name a command").contains("--help");
  }

  @Test
  void a_blank_key_is_refused() {
    assertThat(shell.errand("run", "good.py", "--id", " ").err())
        .contains("--id must not be blank");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jobs",
        "show x",
        "tree x",
        "history x",
        "workspace x",
        "tail",
        "tail x",
        "say x hello",
        "answer",
        "answer x",
        "resume"
      })
  void looking_at_a_store_that_is_not_there_is_a_store_error_and_creates_none(String words) {
    var said = shell.errand(words.split(" "));

    assertThat(said.code()).isEqualTo(3);
    assertThat(said.err()).startsWith("errand: there is no store errand.db;").contains("--store");
    assertThat(said.err().lines()).hasSize(1);
    assertThat(shell.has("errand.db")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"run good.py", "jobs", "resume", "demo"})
  void a_file_that_is_no_store_is_a_store_error_and_stays_as_it_is(String words)
      throws IOException {
    shell.file("errand.db", "this is my diary\n");

    var said = shell.errand(words.split(" "));

    assertThat(said.code()).isEqualTo(3);
    assertThat(said.err().lines()).hasSize(1);
    assertThat(Files.readString(directory.resolve("errand.db"))).isEqualTo("this is my diary\n");
  }

  @Test
  void a_stack_trace_is_shown_only_when_asked_for() {
    shell.file("errand.db", "this is my diary\n");

    assertThat(shell.errand("jobs").err()).doesNotContain("\tat ");
    assertThat(shell.errand("jobs", "-v").err()).contains("\tat dev.errand.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "run",
        "resume",
        "jobs",
        "show",
        "tree",
        "history",
        "workspace",
        "tail",
        "say",
        "answer",
        "serve",
        "worker",
        "demo",
        "doctor"
      })
  void help_documents_the_exit_codes(String command) {
    var words = (command + " --help").strip().split(" ");

    var said = shell.errand(words);

    assertThat(said.code()).isZero();
    assertThat(said.out())
        .contains("Exit codes:")
        .containsPattern("0 +it succeeded")
        .containsPattern("1 +the job failed")
        .containsPattern("2 +wrong usage")
        .containsPattern("3 +the store cannot be used")
        .containsPattern("130 +interrupted")
        .containsPattern("143 +ended by SIGTERM");
  }

  @Test
  void the_version_is_one_line() {
    assertThat(shell.errand("--version").out()).startsWith("errand ").hasLineCount(1);
  }

  @Test
  void help_names_every_command() {
    assertThat(shell.errand("--help").out())
        .contains(
            Arrays.asList(
                "run",
                "resume",
                "jobs",
                "show",
                "tree",
                "history",
                "workspace",
                "tail",
                "say",
                "answer",
                "serve",
                "worker",
                "demo",
                "bench",
                "doctor"));
  }
}
