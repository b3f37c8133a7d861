package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
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
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Shows what an agent says and does in a conversation: its words on standard output, what it calls
/// on standard error.
final class Conversation {
  private static final int PAGE = 1000;
  private static final int WIDTH = 100;

  private final Screen screen;
  private final Errand errand;
  private final boolean quiet;
  private long seen;

  /// What was printed of the reply that is being said; guarded by this object's lock.
  private final StringBuilder said = new StringBuilder();

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
      while (job.record().status() != JobStatus.DONE || isAwaited(job)) {
        readOn(job, false);
        for (var call : job.approvals()) {
          if (asked.add(call.id()) && !asking.ask(call)) {
            return false;
          }
        }
        Pace.pause(errand);
      }
      readOn(job, false);
      job.outcome().ifPresent(this::ended);
      return true;
    } finally {
      close(listening);
    }
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
      page = job.history(seen, PAGE);
      for (var entry : page) {
        seen = entry.sequence();
        show(entry, replay);
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
