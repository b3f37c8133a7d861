package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.job.Approval;
import dev.errand.job.SignalRefusedException;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Talks with an agent, line by line.
///
/// The conversation is one job, which each line revives: whatever is killed, it goes on under its
/// id where it stood, and what was being answered is answered.
@Command(
    name = "chat",
    description = {
      "Talks with an agent: each line on standard input is a message, each answer appears on"
          + " standard output.",
      "The conversation is kept; --id goes on with it, also after this program was killed.",
      "/quit or the end of the input ends it; a line that ends with \\ goes on in the next."
    })
final class ChatCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin WorkOptions work = new WorkOptions();
  @Mixin AgentChoice choice = new AgentChoice();

  @Option(
      names = "--id",
      paramLabel = "KEY",
      description = "The conversation to go on with, or to begin under that key.")
  @Nullable String key;

  ChatCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    work.check();
    if (key != null && key.isBlank()) {
      throw Refusal.usage("--id must not be blank");
    }
    var agent = choice.agent(surroundings);
    var id = key == null ? fresh() : key;
    try (var errand = Stores.open(surroundings, options, work.python())) {
      choice.agents.register(errand, surroundings, choice.asked(surroundings));
      errand.register(agent);
      talk(errand, agent, id);
      return ExitCode.OK;
    }
  }

  private static String fresh() {
    return "chat-" + Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), 36);
  }

  private void talk(Errand errand, Agent agent, String id)
      throws InterruptedException, IOException {
    var screen = surroundings.screen();
    if (!work.quiet) {
      screen.say("errand: conversation " + id + "; to go on: " + resuming(id));
    }
    var interruption = Interruption.calls(() -> interrupted(errand, id));
    try (var input = new BufferedReader(surroundings.input())) {
      var conversation = new Conversation(screen, errand, work.quiet);
      errand.jobByKey(id).ifPresent(conversation::replay);
      work.start(errand);
      var begun = errand.jobByKey(id);
      Conversation.Asking asking = call -> isAnswered(errand, call, input);
      boolean goesOn = begun.isEmpty() || conversation.hear(begun.get(), asking);
      while (goesOn) {
        prompt(screen);
        var line = line(input);
        if (line.isEmpty() || line.get().strip().equals("/quit")) {
          return;
        }
        if (!line.get().isBlank()) {
          goesOn = conversation.hear(said(errand, agent, id, line.get().strip()), asking);
        }
      }
    } finally {
      interruption.close();
    }
  }

  /// Asks whether a call may be made: the next line says yes or no, or it is a message, which takes
  /// the question back.
  private boolean isAnswered(Errand errand, Approval call, BufferedReader input)
      throws IOException {
    while (true) {
      var said = said(errand, call, input);
      if (said.isPresent()) {
        return said.get();
      }
    }
  }

  /// Whether anybody is there; empty if nothing was said that can be heard.
  private Optional<Boolean> said(Errand errand, Approval call, BufferedReader input)
      throws IOException {
    var screen = surroundings.screen();
    screen.say("errand: may it call " + Inbox.words(call) + "? yes, no, or say something else");
    prompt(screen);
    var line = line(input);
    if (line.isEmpty() || line.get().strip().equals("/quit")) {
      screen.say("errand: that stays open; errand answer " + call.id() + " yes allows it");
      return Optional.of(false);
    }
    var words = line.get().strip();
    try {
      var isAllowed = Permission.read(words);
      if (isAllowed.isPresent()) {
        new Permission(isAllowed.get(), Permission.user(), "").on(errand, call.id());
      } else if (words.isEmpty()) {
        return Optional.empty();
      } else {
        errand.job(call.job().text()).say(words); // it is that job which is to hear it
      }
    } catch (SignalRefusedException answered) {
      screen.say("errand: " + answered.getMessage());
      boolean isOpen = errand.job(call.id().text()).outcome().isEmpty();
      return isOpen ? Optional.empty() : Optional.of(true);
    }
    return Optional.of(true);
  }

  private String resuming(String id) {
    return "errand chat %s --id %s%s%s"
        .formatted(
            Text.quoted(choice.name),
            Text.quoted(id),
            choice.asGiven(),
            options.asGiven(surroundings));
  }

  private void interrupted(Errand errand, String id) {
    surroundings.screen().sayLast("\nerrand: interrupted; to go on: " + resuming(id));
    errand.close();
  }

  /// The job, which has the message: its first one, or a further one.
  private static Job said(Errand errand, Agent agent, String id, String text) {
    var begun = errand.jobByKey(id);
    if (begun.isPresent()) {
      begun.get().say(text);
      return begun.get();
    }
    return errand.submit(agent, spec -> spec.message(text).key(id));
  }

  private static void prompt(Screen screen) {
    if (screen.outIsTerminal()) {
      screen.print("> ");
    }
  }

  /// The next message; empty at the end of the input.
  private static Optional<String> line(BufferedReader input) throws IOException {
    var text = new StringBuilder();
    while (true) {
      var line = input.readLine();
      if (line == null) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text.toString());
      }
      if (!line.endsWith("\\")) {
        return Optional.of(text.append(line).toString());
      }
      text.append(line, 0, line.length() - 1).append('\n');
    }
  }
}
