package dev.errand.cli;

import dev.errand.job.Entry;
import dev.errand.job.Entry.Kind;
import java.util.Set;

/// Tells of each start and end in a line of its own, for pipes and logs.
record LineView(Screen screen) implements View {
  private static final int SHORT = 40;
  private static final Set<Kind> STARTS = Set.of(Kind.JOB_CREATED, Kind.SUBTASK_SPAWNED);
  private static final Set<Kind> ENDS =
      Set.of(
          Kind.JOB_ENDED,
          Kind.SUBTASK_COMPLETED,
          Kind.SUBTASK_FAILED,
          Kind.SUBTASK_CANCELLED,
          Kind.SUBTASK_TIMED_OUT);

  @Override
  public void happened(Entry entry, Family family) {
    if (!entry.job().equals(family.root().id())) {
      family.member(entry).ifPresent(member -> tell(entry.kind(), member, family));
    }
  }

  private void tell(Kind kind, Family.Member member, Family family) {
    if (STARTS.contains(kind)) {
      say(member, member.isCallback() ? "waits for an answer" : "started");
    } else if (ENDS.contains(kind) && member.isSettled()) {
      say(member, end(member) + " (" + family.done() + " of " + family.size() + ")");
    }
  }

  /// A failure with its reason; a result only where it is short.
  private static String end(Family.Member member) {
    var words = member.hasFailed() ? "failed" : "done";
    boolean says = member.hasFailed() || member.text().length() <= SHORT;
    return says && !member.text().isEmpty() ? words + ": " + member.text() : words;
  }

  private void say(Family.Member member, String what) {
    screen.say("errand: " + Text.oneLine(member.id() + " " + member.title() + " " + what));
  }

  @Override
  public void console(String text) {
    screen.print(text);
  }

  @Override
  public void look(Family family) {}

  @Override
  public void close() {}
}
