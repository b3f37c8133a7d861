package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.job.Entry;
import dev.errand.job.Entry.Kind;
import dev.errand.job.JobId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What the events of a tree say of each child, counted.
///
/// @param children the accounts by child
/// @param sequence of the last event counted
record Books(Map<JobId, Account> children, long sequence) {
  private static final int PAGE = 1000;

  Books {
    children = new TreeMap<>(children);
  }

  /// Counts all events of a tree.
  static Books of(Errand errand, JobId root) {
    var children = new TreeMap<JobId, Account>();
    long sequence = 0;
    List<Entry> page;
    do {
      page = errand.events(root, sequence, PAGE);
      for (var entry : page) {
        sequence = entry.sequence();
        if (!entry.job().equals(root)) {
          children.merge(entry.job(), Account.of(entry), Account::plus);
        }
      }
    } while (page.size() == PAGE);
    return new Books(children, sequence);
  }

  /// Those that ended.
  List<JobId> done() {
    var done = new ArrayList<JobId>();
    children.forEach(
        (child, account) -> {
          if (account.ended() > 0) {
            done.add(child);
          }
        });
    return done;
  }

  /// The account of a child; an empty one if nothing was heard of it.
  Account account(JobId child) {
    return children.getOrDefault(child, new Account(0, 0, 0, 0, 0));
  }

  /// How often each thing happened to a child.
  ///
  /// @param spawned it was created
  /// @param told its parent was told of its end
  /// @param ended it ended
  /// @param printed it came to its last line, which prints
  /// @param last the sequence of the last event about it
  record Account(int spawned, int told, int ended, int printed, long last) {
    private static Account of(Entry entry) {
      return new Account(
          entry.kind() == Kind.SUBTASK_SPAWNED ? 1 : 0,
          entry.kind() == Kind.SUBTASK_COMPLETED || entry.kind() == Kind.SUBTASK_FAILED ? 1 : 0,
          entry.kind() == Kind.JOB_ENDED ? 1 : 0,
          entry.kind() == Kind.CONSOLE ? 1 : 0,
          entry.sequence());
    }

    private Account plus(Account later) {
      return new Account(
          spawned + later.spawned,
          told + later.told,
          ended + later.ended,
          printed + later.printed,
          later.last);
    }
  }
}
