package dev.errand.cli;

import dev.errand.cli.Family.Member;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One picture of a tree that is being worked on, in a few lines.
///
/// Shown are the jobs that work, those that failed or ended last, then those that wait their turn,
/// each below its parents. What does not fit is folded into one line per parent.
final class TreePicture {
  private static final int MOST_LINES = 16;
  private static final int LOOKED_AT = 64;
  private static final int RECENT = 3;

  private final Family family;
  private final Instant now;
  private final Screen.Size size;
  private final Glyphs glyphs;
  private final Map<JobId, JobStatus> statuses = new HashMap<>();
  private final Set<Member> shown = new HashSet<>();
  private final List<String> lines = new ArrayList<>();

  private TreePicture(Family family, Instant now, Screen.Size size, Glyphs glyphs) {
    this.family = family;
    this.now = now;
    this.size = size;
    this.glyphs = glyphs;
  }

  /// Draws.
  ///
  /// @param frame counts the pictures, for what moves
  static List<String> lines(
      Family family,
      Function<JobId, JobStatus> status,
      Instant now,
      Screen.Size size,
      Glyphs glyphs,
      int frame) {
    var picture = new TreePicture(family, now, size, glyphs);
    picture.choose(status);
    picture.add(picture.headline(frame));
    picture.drawChildren(family.root(), "");
    return picture.lines;
  }

  private void choose(Function<JobId, JobStatus> status) {
    var open = open();
    open.forEach(member -> statuses.put(member.id(), status.apply(member.id())));
    int most = Math.max(1, Math.min(size.rows() - 2, MOST_LINES));
    shown.add(family.root());
    for (var member : byInterest(open)) {
      var more = new HashSet<>(shown);
      for (@Nullable Member above = member; above != null; above = above.parent()) {
        more.add(above);
      }
      if (more.size() + folds(more) <= most) {
        shown.addAll(more);
      }
    }
  }

  /// The first that have not ended, in the order in which they are begun.
  private List<Member> open() {
    var open = new ArrayList<Member>();
    var parents = new ArrayDeque<>(List.of(family.root()));
    while (!parents.isEmpty() && open.size() < LOOKED_AT) {
      for (var child : parents.removeFirst().children()) {
        if (!child.hasEnded() && open.size() < LOOKED_AT) {
          open.add(child);
        }
        if (!child.children().isEmpty()) {
          parents.add(child);
        }
      }
    }
    return open;
  }

  private List<Member> byInterest(List<Member> open) {
    var recent = family.lastEnded();
    var all = new ArrayList<Member>();
    open.stream().filter(this::isWorking).forEach(all::add);
    recent.stream().filter(Member::hasFailed).limit(RECENT).forEach(all::add);
    recent.stream().limit(RECENT).forEach(all::add);
    open.stream().filter(member -> !isWorking(member)).forEach(all::add);
    all.addAll(recent);
    return all;
  }

  private boolean isWorking(Member member) {
    var status = statuses.get(member.id());
    return status == JobStatus.STARTED || status == JobStatus.WARMING_UP;
  }

  /// How many of these have children that are not among them.
  private static long folds(Set<Member> some) {
    var children = new HashMap<Member, Integer>();
    for (var member : some) {
      var parent = member.parent();
      if (parent != null) {
        children.merge(parent, 1, Integer::sum);
      }
    }
    return some.stream()
        .filter(member -> member.children().size() > children.getOrDefault(member, 0))
        .count();
  }

  private String headline(int frame) {
    var root = family.root();
    var spinner = glyphs.spinner().get(frame % glyphs.spinner().size());
    var words = new StringBuilder(root.hasEnded() ? mark(root) : spinner);
    words.append(' ').append(root.id()).append(' ').append(root.title());
    if (family.size() > 0) {
      words.append("  ").append(family.done()).append(" of ");
      words.append(Text.count(family.size(), "child", "children")).append(" done");
    }
    if (family.failed() > 0) {
      words.append(", ").append(family.failed()).append(" failed");
    }
    return words.append("  ").append(Text.span(root.age(now))).toString();
  }

  private void drawChildren(Member parent, String indent) {
    var children = parent.children().stream().filter(shown::contains).toList();
    boolean folds = children.size() < parent.children().size();
    for (int i = 0; i < children.size(); i++) {
      boolean last = i == children.size() - 1 && !folds;
      add(indent + (last ? glyphs.last() : glyphs.branch()) + line(children.get(i)));
      drawChildren(children.get(i), indent + (last ? "   " : glyphs.pass()));
    }
    if (folds) {
      add(indent + glyphs.last() + folded(parent));
    }
  }

  private String line(Member member) {
    var words = mark(member) + " " + Text.oneLine(member.title());
    if (!member.children().isEmpty()) {
      long done = member.children().stream().filter(Member::hasEnded).count();
      words += "  " + done + "/" + member.children().size();
    }
    if (member.isCallback() && !member.hasEnded()) {
      words += "  waits for an answer";
    }
    if (member.hasEnded() || member.isCallback() || isWorking(member)) {
      words += "  " + Text.span(member.age(now));
    }
    return member.hasFailed() ? words + "  " + Text.oneLine(member.text()) : words;
  }

  private String mark(Member member) {
    if (member.hasEnded()) {
      return member.hasFailed() ? glyphs.failed() : glyphs.succeeded();
    }
    if (member.isCallback()) {
      return glyphs.waiting();
    }
    return switch (statuses.get(member.id())) {
      case WARMING_UP, STARTED -> glyphs.working();
      case SUSPENDED -> glyphs.waiting();
      case READY -> glyphs.ready();
      case DONE -> glyphs.succeeded();
      case null -> glyphs.ready();
    };
  }

  /// What became of the children that are not shown.
  private String folded(Member parent) {
    var hidden = parent.children().stream().filter(child -> !shown.contains(child)).toList();
    long done = hidden.stream().filter(child -> child.hasEnded() && !child.hasFailed()).count();
    long failed = hidden.stream().filter(Member::hasFailed).count();
    long open = hidden.size() - done - failed;
    var words = new ArrayList<String>();
    if (done > 0) {
      words.add("+" + done + " done");
    }
    if (failed > 0) {
      words.add("+" + failed + " failed");
    }
    if (open > 0) {
      words.add("+" + open + " to do");
    }
    return String.join(", ", words);
  }

  private void add(String line) {
    lines.add(Text.cut(line, size.columns() - 1));
  }
}
