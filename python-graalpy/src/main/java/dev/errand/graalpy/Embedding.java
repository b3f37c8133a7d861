package dev.errand.graalpy;

import dev.errand.python.Driver;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Engine;
import org.graalvm.polyglot.EnvironmentAccess;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.PolyglotAccess;
import org.graalvm.polyglot.io.IOAccess;

/// GraalPy in this JVM: what all contexts share, and what each may have.
///
/// The first context compiles the modules of Python and of the driver into a folder from which the
/// others read them; what is read from there a second time is shared by the engine.
final class Embedding {
  private static final String LANGUAGE = "python";

  /// That of the dependency: without its compiler the engine does not know its own.
  private static final String VERSION = "25.0.3";

  /// As processes of CPython have it.
  private static final Map<String, String> LOCALE = Map.of("LANG", "C.UTF-8");

  private final Engine engine;
  private final Path home;
  private final Settings settings;

  /// What every context may have.
  ///
  /// @param readable files and folders that code may read, beside Python's own
  /// @param writable files and folders that code may read and change, beside a folder of its own
  /// @param environment the variables it sees
  record Settings(List<Path> readable, List<Path> writable, Map<String, String> environment) {
    static final Settings DEFAULT = new Settings(List.of(), List.of(), Map.of());

    Settings {
      readable = List.copyOf(readable);
      writable = List.copyOf(writable);
      environment = Map.copyOf(environment);
    }
  }

  private Embedding(Engine engine, Path home, Settings settings) {
    this.engine = engine;
    this.home = home;
    this.settings = settings;
  }

  /// Sets up a folder and an engine.
  ///
  /// @throws IOException if there can be no folder
  static Embedding create(Settings settings) throws IOException {
    var home = Files.createTempDirectory("errand-graalpy-");
    Driver.unpack(Files.createDirectory(home.resolve("driver")));
    Files.createDirectory(home.resolve("modules"));
    Files.createDirectory(home.resolve("jobs"));
    return new Embedding(engine(), home, settings);
  }

  private static Engine engine() {
    return Engine.newBuilder(LANGUAGE)
        .option("engine.WarnInterpreterOnly", "false")
        .out(OutputStream.nullOutputStream())
        .err(OutputStream.nullOutputStream())
        .in(InputStream.nullInputStream())
        .build();
  }

  /// The version of GraalPy, such as `25.0.3, Python 3.12.8`.
  static String version() {
    try (var engine = Engine.newBuilder(LANGUAGE).useSystemProperties(false).build()) {
      var python = Objects.requireNonNull(engine.getLanguages().get(LANGUAGE));
      return VERSION + ", Python " + python.getVersion();
    }
  }

  /// The folder that has the driver.
  String driver() {
    return home.resolve("driver").toString();
  }

  /// A new folder for a context to have for itself.
  Path newFolder() throws IOException {
    return Files.createTempDirectory(home.resolve("jobs"), "");
  }

  /// The files that a context with that folder sees.
  FencedFiles files(Path folder) {
    var readable = new ArrayList<>(settings.readable());
    readable.add(home.resolve("driver"));
    return new FencedFiles(folder, home.resolve("modules"), readable, settings.writable());
  }

  /// A context that sees these files, in that folder.
  Context context(FencedFiles files, Path folder) {
    var seen = files.withPythonsOwn();
    return Context.newBuilder(LANGUAGE)
        .engine(engine)
        .allowExperimentalOptions(true)
        .allowHostAccess(HostAccess.NONE)
        .allowPolyglotAccess(PolyglotAccess.NONE)
        .allowNativeAccess(false)
        .allowCreateProcess(false)
        .allowCreateThread(false)
        .allowEnvironmentAccess(EnvironmentAccess.NONE)
        .environment(LOCALE)
        .environment(settings.environment())
        .allowIO(IOAccess.newBuilder().fileSystem(seen).build())
        .currentWorkingDirectory(folder)
        // Its threads: several for each context, which would see to weak references' callbacks.
        .option("python.NoAsyncActions", "true")
        .option("python.PosixModuleBackend", "java")
        .option("python.DontWriteBytecodeFlag", "false")
        .option("python.PyCachePrefix", home.resolve("modules").toString())
        .build();
  }

  /// Ends all of it, but for the folder if a context is still at work.
  void close(boolean quiet) {
    if (quiet) {
      engine.close(true);
    }
    delete(home);
  }

  /// Removes a folder with all in it.
  static void delete(Path folder) {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException changedMeanwhile) {
      // It is a temporary folder; what is left in it harms nobody.
    }
  }
}
