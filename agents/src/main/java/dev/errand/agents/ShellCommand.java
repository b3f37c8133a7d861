package dev.errand.agents;

import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A shell at work on one command, in a session of its own where the system has `setsid`.
///
/// It ends with [#end], and all that it started with it.
final class ShellCommand {
  private static final Duration FOR_THE_LAST_WORDS = Duration.ofSeconds(2);
  private static final Pattern SECRET =
      Pattern.compile(
          ".*(SECRET|PASSWORD|PASSWD|CREDENTIAL).*|.*(TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)");

  /// An address with a password in it, but that of a proxy, without which a command reaches nobody.
  private static final Pattern ADDRESS_WITH_KEY =
      Pattern.compile("(?is)(?!https?:).*(://[^/?#@]*:[^/@]+@|[?&;]password=).*");

  private final Process process;
  private final ProcessTree tree;
  private final BothEnds output = new BothEnds(Clip.MOST);
  private final Thread listener;

  private ShellCommand(Process process, boolean hasSession) {
    this.process = process;
    this.tree = new ProcessTree(process.toHandle(), hasSession);
    this.listener = Thread.ofPlatform().daemon().name("bash-output").start(this::listen);
  }

  /// Starts a command.
  static ShellCommand start(String command, Path directory) throws IOException {
    var setsid = program("setsid");
    var words = new ArrayList<String>();
    setsid.ifPresent(words::add);
    words.add(program("bash").orElse("sh"));
    words.addAll(List.of("-c", command));
    var builder =
        new ProcessBuilder(words)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectInput(new File("/dev/null"));
    withoutSecrets(builder.environment());
    return new ShellCommand(builder.start(), setsid.isPresent());
  }

  private static Optional<String> program(String name) {
    var path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin:/bin");
    return Stream.of(path.split(File.pathSeparator, -1))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }

  /// Takes away what looks by its name like a key to something, and addresses with a key in them.
  static void withoutSecrets(Map<String, String> environment) {
    environment.keySet().removeIf(name -> SECRET.matcher(name.toUpperCase(Locale.ROOT)).matches());
    environment.values().removeIf(value -> ADDRESS_WITH_KEY.matcher(value).matches());
  }

  /// Waits until it has ended, and returns what it printed and how it ended.
  ///
  /// @param most after this it is ended
  String end(Duration most) throws InterruptedException {
    boolean ended;
    try {
      ended = process.waitFor(most.toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      tree.end();
    }
    listener.join(FOR_THE_LAST_WORDS);
    var how =
        ended
            ? "[exit code %d]".formatted(process.exitValue())
            : "[ended after %,d s, which was its time]".formatted(most.toSeconds());
    return output.isEmpty() ? how : output.text().stripTrailing() + "\n" + how;
  }

  private void listen() {
    try (Reader reader = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)) {
      var some = new char[8192];
      for (int read = reader.read(some); read >= 0; read = reader.read(some)) {
        output.add(some, read);
      }
    } catch (IOException closed) {
      return;
    }
  }
}
