package dev.errand.mcp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Servers of others, as the npm registry has them: installed below `target`, once for a lock file.
final class Npm {
  private static final Path INSTALLED = installed();

  private Npm() {}

  /// The program that starts a server: `node` and the server's file.
  static String[] everything(String... arguments) {
    return program("server-everything", arguments);
  }

  static String[] filesystem(String... arguments) {
    return program("server-filesystem", arguments);
  }

  private static String[] program(String server, String... arguments) {
    var file =
        INSTALLED
            .resolve("node_modules/@modelcontextprotocol")
            .resolve(server)
            .resolve("dist/index.js");
    if (!Files.isRegularFile(file)) {
      throw new AssertionError("npm has installed no " + file);
    }
    var words = new java.util.ArrayList<>(List.of("node", file.toString()));
    words.addAll(List.of(arguments));
    return words.toArray(String[]::new);
  }

  private static Path installed() {
    try {
      var lock = resource("package-lock.json");
      var folder = Path.of("target", "npm").toAbsolutePath();
      var done = folder.resolve("installed.json");
      if (Files.exists(done) && Files.readString(done).equals(lock)) {
        return folder;
      }
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("package.json"), resource("package.json"));
      Files.writeString(folder.resolve("package-lock.json"), lock);
      install(folder);
      Files.writeString(done, lock);
      return folder;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interrupted);
    }
  }

  private static void install(Path folder) throws IOException, InterruptedException {
    var log = folder.resolve("npm.log");
    var npm =
        new ProcessBuilder("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!npm.waitFor(5, TimeUnit.MINUTES) || npm.exitValue() != 0) {
      npm.destroyForcibly();
      throw new AssertionError(
          "npm ci failed in " + folder + "; Node 20 and npm are needed:\n" + Files.readString(log));
    }
  }

  private static String resource(String name) throws IOException {
    try (var in = Npm.class.getResourceAsStream("/npm/" + name)) {
      if (in == null) {
        throw new AssertionError("There is no resource npm/" + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
