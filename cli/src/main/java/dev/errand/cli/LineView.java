package dev.errand.cli;

import dev.errand.job.Entry;
import dev.errand.job.Entry.Kind;
import java.util.Set;

/// Tells of each start and end in a line of its own, for pipes and logs.
record LineView(Screen screen) implements View {
  private static final int WIDTH = 100;
  private static final Set<Kind> STARTS = Set.of(Kind.JOB_CREATED, Kind.SUBTASK_SPAWNED);
  private static final Set<Kind> HANDLER_ENDS =
      Set.of(
          Kind.SUBTASK_COMPLETED,
          Kind.SUBTASK_FAILED,
          Kind.SUBTASK_CANCELLED,
          Kind.SUBTASK_TIMED_OUT);

  @Override
  public void happened(Entry entry, Family family) {
    if (!entry.job().equals(family.root().id())) {
      family.member(entry).ifPresent(member -> tell(entry.kind(), member));
    }
  }

  private void tell(Kind kind, Family.Member member) {
    if (STARTS.contains(kind)) {
      say(member, "started");
    } else if (HANDLER_ENDS.contains(kind) || (kind == Kind.JOB_ENDED && !member.hasHandler())) {
      var result = member.text().isEmpty() ? "" : ": " + member.text();
      say(member, (member.hasFailed() ? "failed" : "done") + result);
    }
  }

  private void say(Family.Member member, String what) {
    var words = member.id() + " " + member.title() + " " + what;
    screen.say("errand: " + Text.fit(words, WIDTH));
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
