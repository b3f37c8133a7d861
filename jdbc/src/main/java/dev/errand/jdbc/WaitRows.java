package dev.errand.jdbc;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The rows of the table `wait` as a transaction has them: who waits for whose handler.
///
/// What was asked for is kept by either key; what was changed is laid over what is read later.
final class WaitRows {
  private final Session session;
  private final Map<String, Set<String>> byWaiter = new HashMap<>();
  private final Map<String, Set<String>> byTarget = new HashMap<>();

  /// What is to be written: true for a row to be there, false for none.
  private final Map<Pair, Boolean> changed = new LinkedHashMap<>();

  /// Told how to undo each change.
  private final Consumer<Runnable> undo;

  WaitRows(Session session, Consumer<Runnable> undo) {
    this.session = session;
    this.undo = undo;
  }

  record Pair(String target, String waiter) {
    boolean isUpwardWithin(String root) {
      return (waiter + ".").startsWith(root + ".") && !target.startsWith(waiter + ".");
    }
  }

  /// Takes note of all that the database has for these, beside whatever else is among `rows`.
  void loaded(Collection<String> waiters, Collection<String> targets, List<Pair> rows) {
    waiters.forEach(waiter -> byWaiter.putIfAbsent(waiter, new LinkedHashSet<>()));
    targets.forEach(target -> byTarget.putIfAbsent(target, new LinkedHashSet<>()));
    for (var row : rows) {
      note(byWaiter.get(row.waiter()), row.target(), true);
      note(byTarget.get(row.target()), row.waiter(), true);
    }
  }

  /// What `waiter` waits for, in the order of ids as text.
  List<String> targets(String waiter) throws SQLException {
    var known = byWaiter.get(waiter);
    if (known == null) {
      known = new LinkedHashSet<>(read("select target from wait where waiter = ?", waiter));
      for (var change : changed.entrySet()) {
        if (change.getKey().waiter().equals(waiter)) {
          note(known, change.getKey().target(), change.getValue());
        }
      }
      byWaiter.put(waiter, known);
    }
    return List.copyOf(new TreeSet<>(known));
  }

  /// Who waits for `target`, in the order of ids as text.
  List<String> waiters(String target) throws SQLException {
    var known = byTarget.get(target);
    if (known == null) {
      known = new LinkedHashSet<>(read("select waiter from wait where target = ?", target));
      for (var change : changed.entrySet()) {
        if (change.getKey().target().equals(target)) {
          note(known, change.getKey().waiter(), change.getValue());
        }
      }
      byTarget.put(target, known);
    }
    return List.copyOf(new TreeSet<>(known));
  }

  private List<String> read(String question, String key) throws SQLException {
    return session.sql(question).bind(key).list(row -> row.getString(1));
  }

  void add(String target, String waiter) {
    change(new Pair(target, waiter), true);
  }

  void remove(String target, String waiter) {
    change(new Pair(target, waiter), false);
  }

  private void change(Pair pair, boolean there) {
    var before = changed.put(pair, there);
    show(pair, there);
    undo.accept(
        () -> {
          if (before == null) {
            changed.remove(pair);
          } else {
            changed.put(pair, before);
          }
          show(pair, !there);
        });
  }

  private void show(Pair pair, boolean there) {
    note(byWaiter.get(pair.waiter()), pair.target(), there);
    note(byTarget.get(pair.target()), pair.waiter(), there);
  }

  private static void note(@Nullable Set<String> known, String one, boolean there) {
    if (known != null && there) {
      known.add(one);
    } else if (known != null) {
      known.remove(one);
    }
  }

  /// Whether anybody of a tree has begun to wait here for a job that is not below itself.
  boolean isAnyUpward(String root) {
    return changed.entrySet().stream()
        .anyMatch(change -> change.getValue() && change.getKey().isUpwardWithin(root));
  }

  /// Those changed rows that are to be there, or those that are not, by key.
  List<@Nullable Object[]> toWrite(boolean there) {
    var rows = new ArrayList<@Nullable Object[]>();
    changed.forEach(
        (pair, wanted) -> {
          if (Objects.equals(wanted, there)) {
            rows.add(new @Nullable Object[] {pair.target(), pair.waiter()});
          }
        });
    return rows;
  }

  void written() {
    changed.clear();
  }

  /// What was changed: true for a row to be there, false for none.
  Map<Pair, Boolean> changed() {
    return changed;
  }

  /// Who waits for what, as far as it was asked for.
  Map<String, Set<String>> byWaiter() {
    return byWaiter;
  }

  Map<String, Set<String>> byTarget() {
    return byTarget;
  }
}
