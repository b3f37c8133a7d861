package dev.errand.verification.workers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/// The logs of all processes of one site, one file each, to which lines are only added.
///
/// @param folder where they lie
record Log(Path folder) {
  /// Writes a line into the log of that process, at once and whole.
  void write(String process, Operation operation) {
    try {
      Files.writeString(
          folder.resolve(process + ".log"),
          operation.line() + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /// Where a file lies by which the test lets all processes know something.
  Path sign(String name) {
    return folder.resolve(name + ".sign");
  }

  /// All that was written so far.
  List<Operation> read() {
    var all = new ArrayList<Operation>();
    try (var files = Files.newDirectoryStream(folder, "*.log")) {
      for (var file : files) {
        all.addAll(Operation.parseAll(Files.readString(file)));
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return all;
  }
}
