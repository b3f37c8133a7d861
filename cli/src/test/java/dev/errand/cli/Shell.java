package dev.errand.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// Calls the program in this JVM, in a directory of its own, and keeps what it says.
record Shell(Path directory, String input, Map<String, String> environment) {
  Shell(Path directory) {
    this(directory, "", Map.of());
  }

  /// The same, whose user types this.
  Shell typing(String text) {
    return new Shell(directory, text, environment);
  }

  /// The same, with this variable besides.
  Shell with(String variable, String value) {
    var more = new HashMap<>(environment);
    more.put(variable, value);
    return new Shell(directory, input, more);
  }

  /// Writes a file for the program to find.
  Shell file(String name, String text) {
    try {
      var file = directory.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, text, StandardCharsets.UTF_8);
      return this;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /// Calls `errand` with these words.
  Said errand(String... words) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var screen = Screen.of(printing(out), printing(err));
    int code =
        new Program(new Surroundings(screen, new StringReader(input), directory, environment))
            .run(words);
    return new Said(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  boolean has(String name) {
    return Files.exists(directory.resolve(name));
  }

  static PrintStream printing(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  /// What a call came to.
  record Said(int code, String out, String err) {}
}
