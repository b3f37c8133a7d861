package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agents.Dispatcher;
import dev.errand.job.Approval;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.ToolCall;
import dev.errand.job.Words;
import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Shows what an agent says and does in a conversation: its words on standard output, what it calls
/// on standard error. Of a dispatcher, the words of its threads too.
final class Conversation {
  private static final int PAGE = 1000;
  private static final int WIDTH = 100;

  private final Screen screen;
  private final Errand errand;
  private final boolean quiet;
  private long seen;

  /// What was printed of the reply that is being said; guarded by this object's lock.
  private final StringBuilder said = new StringBuilder();

  /// The threads that a dispatcher has begun, with what they are called.
  private final Map<JobId, String> threads = new LinkedHashMap<>();

  private @Nullable JobId listened;
  private int turn = -1;

  Conversation(Screen screen, Errand errand, boolean quiet) {
    this.screen = screen;
    this.errand = errand;
    this.quiet = quiet;
  }

  /// Shows what was said before this process came.
  void replay(Job job) {
    readOn(job, true);
  }

  /// Asks the person who talks whether a call may be made.
  interface Asking {
    /// Asks, and does what is said.
    ///
    /// @return whether anybody is there
    boolean ask(Approval call) throws IOException;
  }

  /// Shows what the agent says until it has answered, and asks what it or a job below it asks.
  ///
  /// @return false if it waits for a person and nobody is there
  boolean hear(Job job, Asking asking) throws InterruptedException, IOException {
    listened = job.id();
    var asked = new HashSet<JobId>(); // one that a message takes back is open for a moment yet
    var listening = screen.outIsTerminal() ? errand.listen(this::hear) : null;
    try {
      boolean isGoingOn = true;
      while (isGoingOn) {
        isGoingOn = isAnyAtWork(job);
        for (var call : job.approvals()) {
          if (asked.add(call.id())) {
            if (!asking.ask(call)) {
              return false;
            }
            isGoingOn = true;
          }
        }
        if (isGoingOn) {
          Pace.pause(errand);
        }
      }
      readOn(job, false);
      job.outcome().ifPresent(this::ended);
      return true;
    } finally {
      close(listening);
    }
  }

  /// Shows what was said by now. A thread is known by then that was begun before its dispatcher had
  /// done.
  private boolean isAnyAtWork(Job job) {
    boolean isAtWork = isAtWork(job);
    readOn(job, false);
    return isAtWork || threads.keySet().stream().anyMatch(this::isAtWorkOnThread);
  }

  private boolean isAtWork(Job job) {
    return job.record().status() != JobStatus.DONE || isAwaited(job);
  }

  /// A thread that waits for an answer from outside does not keep the person from talking.
  private boolean isAtWorkOnThread(JobId id) {
    var thread = errand.job(id.text());
    boolean isParked =
        thread.record().status() == JobStatus.SUSPENDED
            && !(thread.callbacks().isEmpty() && thread.approvals().isEmpty());
    return isAtWork(thread) && !isParked;
  }

  /// A message that was sent a moment ago makes a job go on that is done.
  private boolean isAwaited(Job job) {
    return errand.store().news(job.id(), job.record().progress().heard(), 1).messages().size() > 0
        && !(job.outcome().orElse(null) instanceof Outcome.Cancelled);
  }

  private static void close(@Nullable AutoCloseable listening) {
    if (listening != null) {
      try {
        listening.close();
      } catch (Exception never) {
        throw new IllegalStateException(never);
      }
    }
  }

  /// Words that are being said; those of another turn, or said again, begin anew.
  private synchronized void hear(Words words) {
    if (!words.job().equals(listened)) {
      return;
    }
    if (words.turn() != turn) {
      turn = words.turn();
      said.setLength(0);
    }
    said.append(words.text());
    screen.print(words.text());
  }

  private void readOn(Job job, boolean replay) {
    List<Entry> page;
    do {
      page = errand.events(job.id(), seen, PAGE);
      for (var entry : page) {
        seen = entry.sequence();
        if (entry.job().equals(job.id())) {
          show(entry, replay);
        } else {
          showThread(job, entry);
        }
      }
    } while (page.size() == PAGE);
  }

  private void show(Entry entry, boolean replay) {
    switch (entry.kind()) {
      case MESSAGE -> {
        if (replay) {
          screen.line("> " + entry.data().text("text").orElse("").strip());
        }
      }
      case REPLY -> reply(entry);
      case EXCEPTION, NOTICE, SUBTASK_REFUSED, COMPACTED ->
          aside(entry.kind().code() + ": " + EntryText.of(entry));
      case TOOL -> entry.data().text("error").ifPresent(error -> aside("failed: " + error));
      default -> {}
    }
  }

  private void showThread(Job job, Entry entry) {
    if (entry.kind() == Entry.Kind.JOB_CREATED
        && entry.job().parent().equals(Optional.of(job.id()))) {
      thread(entry.job())
          .ifPresent(
              name -> {
                var agent = entry.data().text("agent").orElse("");
                threads.put(entry.job(), "[%s, %s] ".formatted(agent, name));
              });
    }
    var name = threads.get(entry.job());
    if (name == null) {
      return;
    }
    switch (entry.kind()) {
      case REPLY ->
          entry
              .data()
              .text("text")
              .filter(text -> !text.isBlank())
              .ifPresent(text -> screen.line(name + text.strip()));
      case JOB_ENDED -> {
        if (!entry.data().text("outcome").equals(Optional.of("succeeded"))) {
          aside(name + EntryText.of(entry));
        }
      }
      case EXCEPTION, NOTICE -> aside(name + entry.kind().code() + ": " + EntryText.of(entry));
      default -> {}
    }
  }

  /// The name of the thread that a job is, if a dispatcher has begun it.
  private Optional<String> thread(JobId job) {
    var definition = errand.job(job.text()).record().definition();
    return errand
        .store()
        .definition(definition)
        .flatMap(known -> known.parameters().text(Dispatcher.THREAD));
  }

  /// What was not heard of it yet.
  private synchronized void reply(Entry entry) {
    var text = entry.data().text("text").orElse("");
    var heard = entry.turn() == turn ? said.toString() : "";
    if (!text.isBlank()) {
      boolean goesOn = text.startsWith(heard);
      screen.line(goesOn ? text.substring(heard.length()) : "\n" + text);
    }
    if (entry.data().get("calls").orElse(Json.Null.VALUE) instanceof Json.Array(var calls)) {
      calls.stream()
          .map(call -> ToolCall.of((Json.Object) call))
          .forEach(call -> aside(call.name() + " " + call.arguments().print()));
    }
  }

  private void aside(String words) {
    if (!quiet) {
      screen.say("  · " + Text.fit(Text.oneLine(words), WIDTH));
    }
  }

  private void ended(Outcome outcome) {
    if (!(outcome instanceof Outcome.Succeeded)) {
      screen.say("errand: the turn ended " + outcome.code() + ": " + why(outcome));
    }
  }

  private static String why(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Succeeded ignored -> "";
      case Outcome.Failed(var error) -> error.message();
      case Outcome.Cancelled(var reason, var partial) -> reason;
      case Outcome.TimedOut(var reason, var partial) -> reason;
      case Outcome.BudgetExhausted(var reason, var partial) -> reason;
    };
  }
}
