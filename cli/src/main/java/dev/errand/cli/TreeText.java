package dev.errand.cli;

import dev.errand.job.JobRecord;
import dev.errand.job.Outcome;
import java.util.List;

/// A tree of jobs in lines: each job with where it stands, its children below it.
final class TreeText {
  private static final int WIDTH = 120;

  private final Standing standing;
  private final Costs costs;
  private final Glyphs glyphs;
  private final StringBuilder text = new StringBuilder();

  TreeText(Standing standing, Costs costs, Glyphs glyphs) {
    this.standing = standing;
    this.costs = costs;
    this.glyphs = glyphs;
  }

  String of(JobRecord top) {
    draw(top, "", "");
    return text.toString();
  }

  private void draw(JobRecord job, String first, String rest) {
    var line = standing.line(job, costs.words(job));
    var words = "%s %s %s %s".formatted(mark(job), job.id(), Titles.of(job), line);
    text.append(Text.cut(first + Text.oneLine(words), WIDTH)).append('\n');
    var below = costs.children().getOrDefault(job.id(), List.of());
    for (int i = 0; i < below.size(); i++) {
      boolean last = i == below.size() - 1;
      draw(
          below.get(i),
          rest + (last ? glyphs.last() : glyphs.branch()),
          rest + (last ? "   " : glyphs.pass()));
    }
  }

  private String mark(JobRecord job) {
    return switch (job.outcome()) {
      case Outcome.Succeeded ignored -> glyphs.succeeded();
      case Outcome.Failed ignored -> glyphs.failed();
      case Outcome.Cancelled ignored -> glyphs.failed();
      case Outcome.TimedOut ignored -> glyphs.failed();
      case Outcome.BudgetExhausted ignored -> glyphs.failed();
      case null ->
          switch (job.status()) {
            case READY -> Titles.callback(job).isPresent() ? glyphs.waiting() : glyphs.ready();
            case WARMING_UP, STARTED -> glyphs.working();
            case SUSPENDED -> glyphs.waiting();
            case DONE -> glyphs.succeeded();
          };
    };
  }
}
