package dev.errand.spi;

import dev.errand.job.Account;
import dev.errand.job.Account.Balance;
import dev.errand.job.Budget;
import dev.errand.job.BudgetExhaustedException;
import dev.errand.job.JobId;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/* The rules of a tree's ledger, for every store the same; a store loads the accounts, and keeps those that changed, in one
 * transaction.
 *
 * Of each kind (tokens, money), a job draws on the nearest open account, its own or one above it, that bounds it. What
 * is set aside for a job is always set aside there: an account is closed by moving what is set aside and shared in it to
 * the one that is the nearest then. So nothing need be noted of who draws where, and
 *
 *     granted = spent + reserved + shared + returned + left
 *
 * holds of every account after every step, whatever was cut off in between. */

/// The open accounts at and above one job, and what becomes of them; used by one thread.
public final class Ledger {
  private final JobId job;
  private final Map<JobId, Account> open = new LinkedHashMap<>();
  private final Map<JobId, Account> changed = new LinkedHashMap<>();

  /// The ledger of a job.
  ///
  /// @param accounts those that are at or above it, its own first; closed ones are left out
  public Ledger(JobId job, List<Account> accounts) {
    this.job = job;
    accounts.stream().filter(Account::isOpen).forEach(account -> open.put(account.job(), account));
  }

  /// What is to be kept.
  public Collection<Account> changed() {
    return changed.values();
  }

  /// Sets an amount aside in place of another.
  ///
  /// @throws BudgetExhaustedException if there is less left than that, or nothing at all; nothing
  ///   was changed
  public void reserve(Budget before, Budget now) {
    for (var kind : Kind.values()) {
      var account = nearest(kind);
      if (account.isPresent()) {
        long left = kind.of(account.get()).left();
        long more = kind.of(now) - kind.of(before);
        if (more > left || left + kind.of(before) <= 0) {
          throw new BudgetExhaustedException(
              "the budget of job %s has %s left of %s, and %s are needed to go on"
                  .formatted(
                      account.get().job(),
                      kind.words(left + kind.of(before)),
                      kind.words(kind.of(account.get()).granted()),
                      kind.words(kind.of(now))));
        }
      }
    }
    setAside(before, now);
  }

  /// Lets a last call be made of what was set aside for it, unless calls have cost so much more
  /// than was thought that it is no longer there. So what is spent beyond a budget is no more than
  /// one call for each job at work.
  ///
  /// @throws BudgetExhaustedException if so
  public void requireNotOverdrawn() {
    for (var kind : Kind.values()) {
      var account = nearest(kind).filter(any -> kind.of(any).left() < 0);
      if (account.isPresent()) {
        throw new BudgetExhaustedException(
            "the budget of job %s is overdrawn by %s"
                .formatted(account.get().job(), kind.words(-kind.of(account.get()).left())));
      }
    }
  }

  /// Sets an amount aside in place of another, whatever is left.
  public void setAside(Budget before, Budget now) {
    for (var kind : Kind.values()) {
      long more = kind.of(now) - kind.of(before);
      nearest(kind).ifPresent(account -> change(account, kind, was -> add(was, 0, more, 0)));
    }
  }

  /// Notes what a call cost.
  public void spend(Budget cost) {
    for (var kind : Kind.values()) {
      long more = kind.of(cost);
      nearest(kind).ifPresent(account -> change(account, kind, was -> add(was, more, 0, 0)));
    }
  }

  /// Opens an account for a child of the job, with a share of what is left.
  ///
  /// @throws BudgetExhaustedException if there is less left; nothing was changed
  public void share(JobId child, Budget share) {
    give(child, share);
    changed.put(child, Account.of(child, share));
  }

  private void give(JobId child, Budget share) {
    for (var kind : Kind.values()) {
      var account = nearest(kind).filter(any -> kind.isBounded(share));
      if (account.isPresent() && kind.of(share) > kind.of(account.get()).left()) {
        throw new BudgetExhaustedException(
            "the budget of job %s has %s left of %s, and job %s was to have %s of it"
                .formatted(
                    account.get().job(),
                    kind.words(Math.max(0, kind.of(account.get()).left())),
                    kind.words(kind.of(account.get()).granted()),
                    child,
                    kind.words(kind.of(share))));
      }
    }
    for (var kind : Kind.values()) {
      if (kind.isBounded(share)) {
        long given = kind.of(share);
        nearest(kind).ifPresent(account -> change(account, kind, was -> add(was, 0, 0, given)));
      }
    }
  }

  /// Grants the job's own account more; a share takes it out of what is left above.
  ///
  /// @param more unbounded for nothing more
  /// @throws BudgetExhaustedException if there is less left above, or the job has no account of
  ///   that kind; nothing was changed
  public void grant(Budget more) {
    var own = open.remove(job);
    for (var kind : Kind.values()) {
      if (kind.isBounded(more) && (own == null || !kind.of(own).isBounded())) {
        throw new BudgetExhaustedException(
            "job %s has no budget of its own to grant %s to; grant it to one above it"
                .formatted(job, kind.words(kind.of(more))));
      }
    }
    if (own != null) {
      give(job, more);
      open.put(job, own);
      for (var kind : Kind.values()) {
        if (kind.isBounded(more)) {
          change(open.get(job), kind, was -> granted(was, kind.of(more)));
        }
      }
    }
  }

  /// Closes the job's own account, if it has one and is no root: what is left goes back, and what
  /// is still at work below draws on the account above.
  public void close() {
    var own = open.get(job);
    if (own == null || job.parent().isEmpty()) {
      return;
    }
    open.remove(job);
    var closed = own;
    for (var kind : Kind.values()) {
      var balance = kind.of(own);
      if (balance.isBounded()) {
        nearest(kind)
            .ifPresent(
                above ->
                    change(
                        above,
                        kind,
                        was ->
                            add(
                                was,
                                balance.spent(),
                                balance.reserved(),
                                balance.shared() - balance.granted())));
        closed = kind.with(closed, closed(balance));
      }
    }
    changed.put(job, new Account(closed.job(), closed.tokens(), closed.microUsd(), false));
  }

  private Optional<Account> nearest(Kind kind) {
    return open.values().stream().filter(account -> kind.of(account).isBounded()).findFirst();
  }

  private void change(Account account, Kind kind, UnaryOperator<Balance> how) {
    var after = kind.with(account, how.apply(kind.of(account)));
    open.computeIfPresent(account.job(), (job, before) -> after);
    changed.put(account.job(), after);
  }

  private static Balance add(Balance was, long spent, long reserved, long shared) {
    return new Balance(
        was.granted(),
        was.spent() + spent,
        was.reserved() + reserved,
        was.shared() + shared,
        was.returned());
  }

  private static Balance granted(Balance was, long more) {
    return new Balance(
        was.granted() + more, was.spent(), was.reserved(), was.shared(), was.returned());
  }

  private static Balance closed(Balance was) {
    return new Balance(was.granted(), was.spent(), 0, 0, was.granted() - was.spent());
  }

  /// What there are amounts of.
  private enum Kind {
    TOKENS {
      @Override
      long of(Budget budget) {
        return budget.tokens();
      }

      @Override
      Balance of(Account account) {
        return account.tokens();
      }

      @Override
      Account with(Account account, Balance tokens) {
        return new Account(account.job(), tokens, account.microUsd(), account.isOpen());
      }

      @Override
      String words(long amount) {
        return Budget.words(amount);
      }
    },

    MONEY {
      @Override
      long of(Budget budget) {
        return budget.microUsd();
      }

      @Override
      Balance of(Account account) {
        return account.microUsd();
      }

      @Override
      Account with(Account account, Balance microUsd) {
        return new Account(account.job(), account.tokens(), microUsd, account.isOpen());
      }

      @Override
      String words(long amount) {
        return Budget.dollars(amount);
      }
    };

    abstract long of(Budget budget);

    abstract Balance of(Account account);

    abstract Account with(Account account, Balance balance);

    abstract String words(long amount);

    boolean isBounded(Budget budget) {
      return of(budget) != Budget.UNBOUNDED;
    }
  }
}
