package dev.errand.agents;

import dev.errand.agent.Description;
import dev.errand.agent.Tool;
import dev.errand.job.EffectPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The tool `Bash`.
final class BashTool {
  private static final int TIMEOUT = 120;
  private static final int MOST_SECONDS = 600;

  private final Premises premises;

  BashTool(Premises premises) {
    this.premises = premises;
  }

  // Its own timeout comes first: it can say what the command had printed.
  @Tool(
      name = "Bash",
      policy = EffectPolicy.AT_MOST_ONCE,
      timeoutSeconds = MOST_SECONDS + 60,
      value =
          """
          Carries out a shell command in the working directory and returns what it prints, errors \
          included, and its exit code; of more than 30,000 characters the beginning and the end. Each \
          call is a new shell: variables and cd do not last. There is nobody to answer questions. When \
          the command ends, or its time is over, all that it started is ended too. For files use Read, \
          Grep, Glob, Write and Edit instead.\
          """)
  String bash(
      @Description("The command.") String command,
      @Description("How many seconds it may take; default 120, most 600.")
          @Nullable Integer timeout,
      @Description("What it does, in a few words, for people who look on.")
          @Nullable String description)
      throws IOException, InterruptedException {
    int seconds = Objects.requireNonNullElse(timeout, TIMEOUT);
    if (seconds < 1 || seconds > MOST_SECONDS) {
      throw new IllegalArgumentException(
          "timeout is in seconds, from 1 to %d, and not %d".formatted(MOST_SECONDS, seconds));
    }
    if (command.isBlank()) {
      throw new IllegalArgumentException("There is no command in it");
    }
    Path directory = premises.directory();
    return ShellCommand.start(command, directory).end(Duration.ofSeconds(seconds));
  }
}
