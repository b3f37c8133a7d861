package dev.errand.python;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/// A folder of one zygote, which nobody else may enter: the driver's source and settings, the
/// socket, what Python complained of, and a folder for each of its processes.
///
/// The zygote removes it when it ends; so does whoever started it, in case it could not.
record DriverFolder(Path path) {
  /// As long as the path of a socket may be on every system.
  private static final int SOCKET_PATH = 100;

  private static final int LAST_WORDS = 2000;

  /// A new one; below `/tmp` where the path of a socket in the usual place is too long.
  static DriverFolder create(CageSettings cage) throws IOException {
    var folder = new DriverFolder(Files.createTempDirectory("errand-"));
    if (folder.socket().toString().length() > SOCKET_PATH) {
      folder.delete();
      folder = new DriverFolder(Files.createTempDirectory(Path.of("/tmp"), "errand-"));
    }
    Driver.unpack(folder.path);
    Files.writeString(folder.path.resolve("cage"), cage.form().print());
    return folder;
  }

  /// Where processes connect to.
  Path socket() {
    return path.resolve("s");
  }

  /// Where the zygote's standard error goes.
  Path errors() {
    return path.resolve("err");
  }

  /// The folder of that number, which a process has for itself.
  Path job(int number) {
    return path.resolve("jobs").resolve(Integer.toString(number));
  }

  /// The end of what the zygote wrote to its standard error.
  String lastWords() {
    try {
      var words = Files.readString(errors()).strip();
      return words.substring(Math.max(0, words.length() - LAST_WORDS));
    } catch (IOException none) {
      return "";
    }
  }

  /// Removes what is left of it.
  void delete() {
    if (!Files.exists(path)) {
      return;
    }
    try (var files = Files.walk(path)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException takenAway) {
      // The zygote removes it at the same time.
    }
  }
}
