package dev.errand.jdbc;

import dev.errand.job.Account;
import dev.errand.job.Account.Balance;
import dev.errand.job.Budget;
import dev.errand.job.JobId;
import dev.errand.spi.Ledger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads and keeps the accounts of jobs; what becomes of them is the [Ledger]'s.
final class Accounts {
  private static final String FIND = "select * from account where job = ?";

  private Accounts() {}

  /// The open accounts at and above a job.
  static Ledger ledger(Transaction transaction, JobId job) throws SQLException {
    var accounts = new ArrayList<Account>();
    for (var at = Optional.of(job); at.isPresent(); at = at.get().parent()) {
      transaction.account(at.get()).ifPresent(accounts::add);
    }
    return new Ledger(job, accounts);
  }

  static void keep(Transaction transaction, Ledger ledger) throws SQLException {
    for (var account : ledger.changed()) {
      transaction.keep(account);
    }
  }

  /// Has a job that ended draw on the budget no longer.
  static void end(Transaction transaction, JobId job, Budget reserved) throws SQLException {
    boolean hasShare = job.parent().isPresent() && transaction.account(job).isPresent();
    if (!hasShare && reserved.equals(Budget.NONE)) {
      return;
    }
    var ledger = ledger(transaction, job);
    ledger.setAside(reserved, Budget.NONE);
    ledger.close();
    keep(transaction, ledger);
  }

  /// Opens the account of a root.
  static void open(Transaction transaction, JobId root, Budget granted) throws SQLException {
    transaction.keep(Account.of(root, granted));
  }

  static void grant(Transaction transaction, JobId job, Budget more) throws SQLException {
    transaction.job(job);
    var ledger = ledger(transaction, job);
    ledger.grant(more);
    keep(transaction, ledger);
  }

  /// What a job may spend at most, by what it and those above it were granted in all.
  static Budget granted(Transaction transaction, JobId job) throws SQLException {
    var granted = new Budget(Budget.UNBOUNDED, Budget.UNBOUNDED);
    for (var at = Optional.of(job); at.isPresent(); at = at.get().parent()) {
      var account = transaction.account(at.get());
      granted = account.map(Account::granted).map(granted::atMost).orElse(granted);
    }
    return granted;
  }

  /// Those of a job and of all below it, after one of these.
  static List<Account> within(Session session, JobId top, @Nullable JobId after, int limit)
      throws SQLException {
    return session
        .sql(
            // The ids of a tree are neighbours: '/' is what comes after '.'.
            """
            select * from account
            where job >= ? and job < ? || '/' and (job = ? or job > ? || '.') and job > ?
            order by job limit ?
            """)
        .bind(top.text())
        .bind(top.text())
        .bind(top.text())
        .bind(top.text())
        .bind(after == null ? "" : after.text())
        .bind(limit)
        .list(Accounts::read);
  }

  static Optional<Account> find(Session session, JobId job) throws SQLException {
    return session.sql(FIND).bind(job.text()).first(Accounts::read);
  }

  static Account read(ResultSet row) throws SQLException {
    return new Account(
        new JobId(row.getString(1)), balance(row, 3), balance(row, 8), row.getBoolean(2));
  }

  private static Balance balance(ResultSet row, int first) throws SQLException {
    long granted = row.getLong(first);
    return new Balance(
        row.wasNull() ? Budget.UNBOUNDED : granted,
        row.getLong(first + 1),
        row.getLong(first + 2),
        row.getLong(first + 3),
        row.getLong(first + 4));
  }

  /// The values of [Table#ACCOUNT].
  static @Nullable Object[] values(Account account) {
    var tokens = account.tokens();
    var microUsd = account.microUsd();
    return new @Nullable Object[] {
      account.job().text(),
      account.isOpen() ? 1L : 0L,
      tokens.isBounded() ? (Object) tokens.granted() : null,
      tokens.spent(),
      tokens.reserved(),
      tokens.shared(),
      tokens.returned(),
      microUsd.isBounded() ? (Object) microUsd.granted() : null,
      microUsd.spent(),
      microUsd.reserved(),
      microUsd.shared(),
      microUsd.returned()
    };
  }
}
