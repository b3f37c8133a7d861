package dev.errand.cli;

import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Subtask;
import dev.errand.job.Value;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A tree of jobs as its events tell of it; used by one thread.
final class Family {
  private static final int REMEMBERED = 16;

  private final Map<JobId, Member> members = new HashMap<>();
  private final Member root;
  private final Deque<Member> lastEnded = new ArrayDeque<>();
  private int done;
  private int failed;

  Family(JobId root, String agent, Instant created) {
    this.root = new Member(root, null, agent, created);
    members.put(root, this.root);
  }

  /// Takes in the next event.
  void learn(Entry entry) {
    switch (entry.kind()) {
      case JOB_CREATED, SUBTASK_SPAWNED -> born(entry);
      case SUBTASK_COMPLETED -> member(entry).ifPresent(member -> told(member, entry));
      case SUBTASK_FAILED, SUBTASK_CANCELLED, SUBTASK_TIMED_OUT ->
          member(entry).ifPresent(member -> toldOfFailure(member, entry));
      case JOB_ENDED -> member(entry).ifPresent(member -> ended(member, entry));
      case JOB_REVIVED -> member(entry).ifPresent(this::revived);
      case MESSAGE,
          RECALLED,
          SIGNAL,
          REPLY,
          CONSOLE,
          PROGRESS,
          EXCEPTION,
          NOTIFICATION,
          REMINDER,
          TOOL,
          EFFECT_UNKNOWN,
          EFFECT_RESOLVED,
          RECEIPT,
          JOB_STOPPING,
          JOB_FAILING,
          BUDGET_SPENT,
          SUBTASK_REFUSED,
          PERMISSION_GRANTED,
          COMPACTED,
          NOTICE -> {}
    }
  }

  private void born(Entry entry) {
    var member = members.get(entry.job());
    if (member == null) {
      var parent = entry.job().parent().map(members::get).orElse(root);
      var agent = entry.data().text("agent").orElse("");
      member = new Member(entry.job(), parent, agent, entry.time());
      members.put(entry.job(), member);
      parent.children.add(member);
    }
    if (entry.kind() == Entry.Kind.SUBTASK_SPAWNED) {
      member.hasHandler = true;
      member.name = entry.data().get("id").orElse(Json.Null.VALUE);
    }
  }

  private static void told(Member member, Entry entry) {
    member.isTold = true;
    member.text = text(entry);
  }

  private void toldOfFailure(Member member, Entry entry) {
    told(member, entry);
    fails(member, text(entry));
  }

  private void ended(Member member, Entry entry) {
    if (member.ended == null && member != root) {
      done++;
    }
    member.ended = entry.time();
    if (member.text.isEmpty()) {
      member.text = text(entry);
    }
    if (!entry.data().text("outcome").orElse("").equals("succeeded")) {
      fails(member, text(entry));
    }
    remember(member);
  }

  private void revived(Member member) {
    if (member.ended != null && member != root) {
      done--;
    }
    if (member.failed && !member.isTold) {
      member.failed = false;
      failed -= member == root ? 0 : 1;
    }
    member.ended = null;
    if (!member.isTold) {
      member.text = "";
    }
    lastEnded.remove(member);
  }

  private void fails(Member member, String words) {
    if (member != root && !member.failed) {
      failed++;
    }
    member.failed = true;
    member.text = words;
  }

  private void remember(Member member) {
    lastEnded.addFirst(member);
    if (lastEnded.size() > REMEMBERED) {
      lastEnded.removeLast();
    }
  }

  private static String text(Entry entry) {
    return entry.data().text("text").orElse("");
  }

  /// The member that an event is about.
  Optional<Member> member(Entry entry) {
    return Optional.ofNullable(members.get(entry.job()));
  }

  Member root() {
    return root;
  }

  /// How many there are below the root.
  int size() {
    return members.size() - 1;
  }

  /// How many of them ended.
  int done() {
    return done;
  }

  /// How many of them failed.
  int failed() {
    return failed;
  }

  /// A few of those that ended, the latest first.
  List<Member> lastEnded() {
    return List.copyOf(lastEnded);
  }

  /// One job of the tree.
  static final class Member {
    private final JobId id;
    private final @Nullable Member parent;
    private final String agent;
    private final Instant created;
    private final List<Member> children = new ArrayList<>();
    private Json name = Json.Null.VALUE;
    private boolean hasHandler;
    private boolean isTold;
    private boolean failed;
    private @Nullable Instant ended;
    private String text = "";

    Member(JobId id, @Nullable Member parent, String agent, Instant created) {
      this.id = id;
      this.parent = parent;
      this.agent = agent;
      this.created = created;
    }

    JobId id() {
      return id;
    }

    /// The member that created it; null for the root.
    @Nullable Member parent() {
      return parent;
    }

    /// What people call it: its subtask id, else its agent.
    String title() {
      return switch (name) {
        case Json.Null ignored -> agent;
        case Json.Object callback ->
            callback
                .text("callback")
                .or(() -> Titles.attempt(name))
                .or(() -> Titles.subTask(name))
                .orElse(agent);
        default -> Value.of(name).text();
      };
    }

    /// Whether it is no job that is worked on, but a callback.
    boolean isCallback() {
      return Subtask.open(name).callback().isPresent();
    }

    List<Member> children() {
      return children;
    }

    /// Whether it ended and its parent, if that holds a handler, was told.
    boolean isSettled() {
      return hasEnded() && (isTold || !hasHandler);
    }

    boolean hasEnded() {
      return ended != null;
    }

    boolean hasFailed() {
      return failed;
    }

    /// What it delivered, or why it failed; shortened.
    String text() {
      return text;
    }

    /// How long it has been there, or was.
    Duration age(Instant now) {
      return Duration.between(created, ended == null ? now : ended);
    }
  }
}
