package dev.errand.cli;

import static java.util.stream.Collectors.toMap;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.Account;
import dev.errand.job.Account.Balance;
import dev.errand.job.Budget;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// What a job and all below it may spend on models, and have spent.
///
/// @param jobs those that have an account, or have called a model; each before those below it
/// @param accounts of those that have one
/// @param costs what the calls of all jobs cost
record BudgetTable(List<JobRecord> jobs, Map<JobId, Account> accounts, Costs costs) {
  static BudgetTable of(Errand errand, Job top) {
    var tree = Jobs.tree(errand.store(), top.id());
    var accounts = top.accounts().stream().collect(toMap(Account::job, Function.identity()));
    var shown =
        tree.stream()
            .filter(
                job ->
                    job.id().equals(top.id())
                        || accounts.containsKey(job.id())
                        || job.usage().calls() > 0
                        || !job.reserved().equals(Budget.NONE))
            .toList();
    return new BudgetTable(shown, accounts, Costs.of(tree));
  }

  String text() {
    var table =
        new Table("JOB", "AGENT", "GRANTED", "RESERVED", "SPENT", "IN ALL", "LEFT", "RETURNED");
    for (var job : jobs) {
      var account = accounts.get(job.id());
      table.row(
          job.id().text(),
          job.origin().agent(),
          amounts(account, Balance::granted),
          amounts(job.reserved()),
          amounts(Budget.of(job.usage())),
          amounts(Budget.of(costs.inAll(job))),
          account != null && account.isOpen() ? amounts(account, Balance::left) : "",
          account == null || account.isOpen() ? "" : amounts(account, Balance::returned));
    }
    return table.toString();
  }

  private static String amounts(@Nullable Account account, ToLongFunction<Balance> what) {
    return account == null
        ? ""
        : amounts(amount(account.tokens(), what), amount(account.microUsd(), what));
  }

  private static long amount(Balance balance, ToLongFunction<Balance> what) {
    return balance.isBounded() ? what.applyAsLong(balance) : Budget.UNBOUNDED;
  }

  private static String amounts(Budget budget) {
    return amounts(budget.tokens(), budget.microUsd());
  }

  private static String amounts(long tokens, long microUsd) {
    var count = tokens == Budget.UNBOUNDED ? "-" : String.format(Locale.ROOT, "%,d", tokens);
    return count + " / " + (microUsd == Budget.UNBOUNDED ? "-" : Budget.dollars(microUsd));
  }

  Json json() {
    return new Json.Array(jobs.stream().<Json>map(this::json).toList());
  }

  private Json.Object json(JobRecord job) {
    var account = accounts.get(job.id());
    var form =
        Json.object("id", job.id().text())
            .with("agent", job.origin().agent())
            .with("reserved", form(job.reserved().tokens(), job.reserved().microUsd()))
            .with("spent", Forms.usage(job.usage()))
            .with("inAll", Forms.usage(costs.inAll(job)));
    return account == null
        ? form.with("account", null)
        : form.with(
            "account",
            Json.object("open", account.isOpen())
                .with("granted", form(account, Balance::granted))
                .with("spent", form(account, Balance::spent))
                .with("reserved", form(account, Balance::reserved))
                .with("shared", form(account, Balance::shared))
                .with("left", form(account, Balance::left))
                .with("returned", form(account, Balance::returned)));
  }

  private static Json.Object form(Account account, ToLongFunction<Balance> what) {
    return form(amount(account.tokens(), what), amount(account.microUsd(), what));
  }

  private static Json.Object form(long tokens, long microUsd) {
    return Json.object("tokens", tokens == Budget.UNBOUNDED ? null : tokens)
        .with("microUsd", microUsd == Budget.UNBOUNDED ? null : microUsd);
  }
}
