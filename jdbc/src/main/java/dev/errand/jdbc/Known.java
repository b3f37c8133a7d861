package dev.errand.jdbc;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/* What a process still knows of the trees that it wrote last: a transaction that needs no more of them than this need not
 * read before it writes, and costs one journey instead of two.
 *
 * The number of the transaction that wrote a row last stands in each row (`xmin`), and is known with it. A transaction that
 * goes by what is known asks the database first, with the locks that it would take anyway, whether the rows of its trees and
 * jobs still have those numbers. If one of them was written since, by whomever, nothing of the transaction happens, what was
 * known of its trees is forgotten, and the same is done again with a look before.
 *
 * So each row of a job that is used is as the database has it: claims and renewals, which lock no tree, write it too. What
 * else is known follows from the tree's row, which everybody writes who changes anything under the tree's lock: which jobs
 * have no account, and who waits for whom. A wait from one tree for a handler of another may end under the lock of
 * either: what names two trees is not kept.
 *
 * A number is never given twice: what is learned was committed with a sync, after all that it rests on, so that a crash of
 * the database takes none of these numbers back. (Commits without a sync write no tree, and from them nothing is learned.)
 *
 * Only success rests on this. A unit that refuses itself, or asks for anything else, has it all done again with a look.
 *
 * A tree that several processes write in turn is soon unknown again, and each try is in vain: so it is gone by only once
 * this process wrote it twice with nobody in between, or created it.
 *
 * Guarded by the turn of the writer. */
final class Known {
  private static final int MOST_JOBS = 4_000;

  private final Map<String, Tree> trees = new LinkedHashMap<>(16, 0.75f, true);
  private int jobs;

  /// One tree.
  private static final class Tree {
    final Map<String, JobRow> jobs = new HashMap<>();
    final Set<String> withoutAccount = new HashSet<>();
    final Map<String, Set<String>> targets = new HashMap<>();
    final Map<String, Set<String>> waiters = new HashMap<>();
    long stamp;
    long sequence;
    boolean isOurs;

    void forget(String job) {
      jobs.remove(job);
      withoutAccount.remove(job);
      targets.remove(job);
      waiters.remove(job);
    }
  }

  /// Something is asked for that is not known.
  static final class Unknown extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unknown() {
      super("not known", null, false, false);
    }
  }

  /// Whether all is known that is needed.
  private boolean covers(Needs needs) {
    return !needs.isMore()
        && needs.trees.stream().allMatch(this::isOurs)
        && needs.jobs.stream().allMatch(job -> of(job).jobs.containsKey(job))
        && needs.accounts.stream().allMatch(job -> of(job).withoutAccount.contains(job))
        && needs.waiters.stream().allMatch(job -> of(job).targets.containsKey(job))
        && needs.targets.stream().allMatch(job -> of(job).waiters.containsKey(job));
  }

  private boolean isOurs(String root) {
    var tree = trees.get(root);
    return tree != null && tree.isOurs;
  }

  private Tree of(String job) {
    return trees.getOrDefault(root(job), NOTHING);
  }

  private static final Tree NOTHING = new Tree();

  private static String root(String job) {
    int dot = job.indexOf('.');
    return dot < 0 ? job : job.substring(0, dot);
  }

  /// Gives a transaction all that it needs; false if that is not known.
  boolean recall(Transaction transaction) {
    var needs = transaction.needs();
    if (!covers(needs)) {
      return false;
    }
    needs.trees.forEach(root -> transaction.loadedTree(root, of(root).sequence, of(root).stamp));
    transaction.loaded(needs.jobs, needs.jobs.stream().map(job -> of(job).jobs.get(job)).toList());
    transaction.loadedAccounts(needs.accounts, List.of());
    var waits = new ArrayList<WaitRows.Pair>();
    for (var waiter : needs.waiters) {
      requireNonNull(of(waiter).targets.get(waiter))
          .forEach(target -> waits.add(new WaitRows.Pair(target, waiter)));
    }
    for (var target : needs.targets) {
      requireNonNull(of(target).waiters.get(target))
          .forEach(waiter -> waits.add(new WaitRows.Pair(target, waiter)));
    }
    transaction.waits().loaded(needs.waiters, needs.targets, waits);
    transaction.loadedLimits(false);
    transaction.recalled();
    return true;
  }

  /// The numbers that the rows of these trees have, and those of the rows of these jobs.
  List<Long> stampsOfTrees(Collection<String> roots) {
    return roots.stream().map(root -> of(root).stamp).toList();
  }

  List<Long> stampsOfJobs(Collection<String> ids) {
    return ids.stream().map(job -> requireNonNull(of(job).jobs.get(job)).stamp()).toList();
  }

  /// What is known of the trees that a transaction needed is so no more.
  void forget(Needs needs) {
    needs.trees.forEach(this::forget);
  }

  private void forget(String root) {
    var tree = trees.remove(root);
    if (tree != null) {
      jobs -= tree.jobs.size();
    }
  }

  /// Takes note of what a transaction has read and written, once it is committed.
  ///
  /// @param written the trees whose rows it wrote
  void learn(Transaction transaction, Set<String> written) {
    var needs = transaction.needs();
    transaction.claimed().forEach(this::drop);
    for (var job : transaction.touched()) {
      job.committed(transaction.stamp());
      if (!needs.trees.contains(root(job.id().text()))) {
        drop(job.id().text());
      }
    }
    if (transaction.hasWritten()) {
      forget(needs);
      return;
    }
    var learned = new HashMap<String, Tree>();
    for (var root : needs.trees) {
      if (written.contains(root)) {
        learned.put(root, begun(root, transaction));
      }
    }
    transaction
        .accounts()
        .forEach((id, account) -> learn(learned.get(root(id)), id, account.isEmpty()));
    learn(learned, transaction.waits().byWaiter(), tree -> tree.targets);
    learn(learned, transaction.waits().byTarget(), tree -> tree.waiters);
    transaction.waits().changed().forEach(this::learn);
    for (var job : transaction.jobs().values()) {
      job.ifPresent(row -> learn(learned.get(root(row.id().text())), row));
    }
    makeRoom();
  }

  private Tree begun(String root, Transaction transaction) {
    var before = transaction.trees().get(root);
    var tree = trees.get(root);
    boolean isOurs = before == null || (tree != null && tree.stamp == before);
    if (tree == null || !isOurs) {
      forget(root);
      tree = new Tree();
      trees.put(root, tree);
    }
    tree.isOurs = isOurs;
    tree.stamp = transaction.stamp();
    tree.sequence = transaction.sequence(root);
    return tree;
  }

  private static void learn(@Nullable Tree tree, String job, boolean hasNoAccount) {
    if (tree != null && hasNoAccount) {
      tree.withoutAccount.add(job);
    } else if (tree != null) {
      tree.withoutAccount.remove(job);
    }
  }

  private static void learn(
      Map<String, Tree> learned,
      Map<String, Set<String>> read,
      Function<Tree, Map<String, Set<String>>> of) {
    read.forEach(
        (job, others) -> {
          var tree = learned.get(root(job));
          boolean isWithin = others.stream().allMatch(other -> root(other).equals(root(job)));
          if (tree != null && isWithin) {
            of.apply(tree).put(job, others);
          } else if (tree != null) {
            of.apply(tree).remove(job);
          }
        });
  }

  /// What was not asked for may have been known before.
  private void learn(WaitRows.Pair wait, boolean there) {
    boolean isWithin = root(wait.target()).equals(root(wait.waiter()));
    learn(of(wait.waiter()).targets, wait.waiter(), wait.target(), isWithin, there);
    learn(of(wait.target()).waiters, wait.target(), wait.waiter(), isWithin, there);
  }

  private static void learn(
      Map<String, Set<String>> known, String job, String other, boolean isWithin, boolean there) {
    var others = known.get(job);
    if (others == null) {
      return;
    }
    if (!isWithin) {
      known.remove(job);
    } else if (there) {
      others.add(other);
    } else {
      others.remove(other);
    }
  }

  private void learn(@Nullable Tree tree, JobRow row) {
    if (tree == null) {
      return;
    }
    var id = row.id().text();
    jobs -= tree.jobs.size();
    if (row.isDone()) {
      tree.forget(id);
    } else if (row.stamp() > 0) {
      tree.jobs.put(id, row);
    } else {
      tree.jobs.remove(id);
    }
    jobs += tree.jobs.size();
  }

  /// The row of a job was written, and nothing else of its tree.
  void drop(String job) {
    var tree = trees.get(root(job));
    if (tree != null && tree.jobs.remove(job) != null) {
      jobs--;
    }
  }

  private void makeRoom() {
    var eldest = trees.entrySet().iterator();
    while (jobs > MOST_JOBS && eldest.hasNext()) {
      jobs -= eldest.next().getValue().jobs.size();
      eldest.remove();
    }
  }
}
