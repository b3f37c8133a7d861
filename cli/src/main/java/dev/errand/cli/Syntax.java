package dev.errand.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// Asks Python whether a file is Python, before a job is made of it.
final class Syntax {
  private static final String PROGRAM =
      """
      import sys
      try:
          compile(sys.stdin.buffer.read().decode(), "code", "exec", 0, True)
      except SyntaxError as error:
          print("line %d: %s" % (error.lineno or 1, error.msg))
      except (ValueError, RecursionError, MemoryError) as error:
          print("%s" % error)
      """;

  private Syntax() {}

  /// @param name as the user wrote it
  /// @throws Refusal if the code cannot be compiled, saying where
  static void check(String code, String name) {
    try {
      var python = new ProcessBuilder("python3", "-I", "-S", "-W", "ignore", "-c", PROGRAM).start();
      try (var in = python.getOutputStream()) {
        in.write(code.getBytes(StandardCharsets.UTF_8));
      }
      var wrong = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!wrong.isBlank()) {
        throw Refusal.usage(name + ", " + Text.oneLine(wrong));
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
