package dev.errand.testkit;

import dev.errand.job.Account;
import dev.errand.job.Budget;
import dev.errand.job.JobId;
import dev.errand.spi.Ledger;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// The accounts of jobs.
final class MemoryAccounts {
  private final NavigableMap<JobId, Account> accounts;

  MemoryAccounts() {
    accounts = new TreeMap<>();
  }

  MemoryAccounts(MemoryAccounts other) {
    accounts = new TreeMap<>(other.accounts);
  }

  boolean has(JobId job) {
    return accounts.containsKey(job);
  }

  void open(JobId root, Budget granted) {
    accounts.put(root, Account.of(root, granted));
  }

  /// Keeps what `work` makes of the accounts at and above a job.
  void with(JobId job, Consumer<Ledger> work) {
    var ledger = new Ledger(job, upwards(job).toList());
    work.accept(ledger);
    ledger.changed().forEach(account -> accounts.put(account.job(), account));
  }

  Budget granted(JobId job) {
    return upwards(job).map(Account::granted).reduce(Budget::atMost).orElseThrow();
  }

  /// Those of a job and of all below it.
  Stream<Account> within(JobId top) {
    return accounts.values().stream().filter(account -> account.job().isWithin(top));
  }

  private Stream<Account> upwards(JobId job) {
    return Stream.iterate(Optional.of(job), Optional::isPresent, at -> at.orElseThrow().parent())
        .map(at -> accounts.get(at.orElseThrow()))
        .filter(Objects::nonNull);
  }
}
