package dev.errand.verification;

import static dev.errand.verification.Recorded.python;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.SubTaskSpec;
import dev.errand.job.Account;
import dev.errand.job.Budget;
import dev.errand.job.BudgetExhaustedException;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Outcome;
import dev.errand.job.Usage;
import dev.errand.job.Value;
import dev.errand.python.CPythonRuntime;
import dev.errand.spi.Change;
import dev.errand.spi.Step;
import dev.errand.spi.Store;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What models may cost, as jobs, parents and those who pay meet it. Every call of a model here
/// costs ten tokens and 100 millionths of a dollar.
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BudgetTest {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();
  private static final String ON = python("print('on')");
  private static final String DONE = python("complete_sub_task(result=1)\nexit()");

  private final ManualClock clock = ManualClock.create();
  private final Store store = CrashInjector.failing(new MemoryStore(clock), 0, false).store();
  private final Errand errand = open();

  /// One that leaves the store open when it is closed.
  private Errand open() {
    return Errand.builder().store(store).clock(clock).runtime(runtime()).open();
  }

  @AfterEach
  void close() {
    errand.close();
  }

  @AfterAll
  static void closeRuntime() {
    PYTHON.close();
  }

  private Job submit(Agent agent, Budget budget) {
    errand.worker().concurrency(64).poll(Duration.ofMillis(5)).start();
    return errand.submit(agent, spec -> spec.budget(budget));
  }

  private static Agent agent(String name, String... replies) {
    return Agent.named(name).model(Priced.saying(replies)).build();
  }

  private static Agent limited(UnaryOperator<Agent.Builder> how, String... replies) {
    return how.apply(Agent.named("speaker").model(Priced.saying(replies))).build();
  }

  private Account account(JobId id) {
    return store.accounts(id, null, 1).getFirst();
  }

  private List<JobRecord> tree() {
    return store.jobs("", "", 10_000);
  }

  private long calls() {
    return tree().stream().mapToLong(job -> job.usage().calls()).sum();
  }

  private void awaitAll(Job root) throws Exception {
    root.await(LONG);
    Awaitility.await().atMost(LONG).until(() -> !store.busy());
  }

  // One job

  @Test
  void a_job_that_spends_its_budget_has_a_last_turn_and_ends_with_what_that_gave()
      throws Exception {
    var job = submit(agent("speaker", ON, ON, "what I have"), Budget.tokens(30));

    assertThat(job.await(LONG))
        .isInstanceOfSatisfying(
            Outcome.BudgetExhausted.class,
            exhausted -> {
              assertThat(exhausted.partial()).isEqualTo(Value.of("what I have"));
              assertThat(exhausted.reason())
                  .contains("10 tokens left of 30 tokens", "20 tokens are needed to go on");
            });
    assertThat(job.record().usage().calls()).isEqualTo(3);
    assertThat(account(job.id()).tokens()).isEqualTo(new Account.Balance(30, 30, 0, 0, 0));
    assertThat(job.history(0, 1000))
        .filteredOn(entry -> entry.kind() == Entry.Kind.BUDGET_SPENT)
        .singleElement()
        .satisfies(
            entry -> assertThat(entry.data().text("text").orElse("")).contains("your last turn"));
  }

  @Test
  void a_model_reads_each_of_its_replies_once_also_where_too_little_was_left_for_the_next()
      throws Exception {
    var answers = List.of(ON, python("print('on again')"), "what I have");
    var asked = Collections.synchronizedList(new ArrayList<Model.Request>());
    var model = Priced.saying(answers.toArray(String[]::new));
    var agent =
        Agent.named("speaker")
            .model(
                request -> {
                  asked.add(request);
                  return model.reply(request);
                })
            .build();
    submit(agent, Budget.usd("0.0003")).await(LONG);

    assertThat(asked.getLast().messages())
        .filteredOn(message -> message instanceof Model.Message.Assistant)
        .extracting(Model.Message::text)
        .containsExactlyElementsOf(answers.subList(0, 2));
  }

  @Test
  void the_code_of_the_last_turn_is_carried_out() throws Exception {
    var last = python("exit('half of it')");
    var job = submit(agent("speaker", ON, last), Budget.tokens(20));
    assertThat(job.await(LONG))
        .isInstanceOfSatisfying(
            Outcome.BudgetExhausted.class,
            exhausted -> assertThat(exhausted.partial()).isEqualTo(Value.of("half of it")));
  }

  @Test
  void money_is_counted_as_tokens_are() throws Exception {
    var job = submit(agent("speaker", ON), Budget.usd("0.0005"));
    assertThat(job.await(LONG)).isInstanceOf(Outcome.BudgetExhausted.class);
    assertThat(job.record().usage().calls()).isEqualTo(5);
    assertThat(account(job.id()).microUsd().left()).isZero();
  }

  @Test
  void nothing_to_spend_is_no_call() throws Exception {
    var job = submit(agent("speaker", ON), Budget.usd("0"));
    assertThat(job.await(LONG)).isInstanceOf(Outcome.BudgetExhausted.class);
    assertThat(job.record().usage()).isEqualTo(Usage.NONE);
  }

  @Test
  void a_budget_for_one_call_is_one_last_turn() throws Exception {
    var job = submit(agent("speaker", "all I can say"), Budget.tokens(10));
    assertThat(job.await(LONG))
        .isInstanceOfSatisfying(
            Outcome.BudgetExhausted.class,
            exhausted -> assertThat(exhausted.partial()).isEqualTo(Value.of("all I can say")));
  }

  @Test
  void a_job_that_ends_in_time_has_nothing_set_aside_and_leaves_the_rest() throws Exception {
    var job = submit(agent("speaker", ON, "done"), Budget.tokens(1000));
    assertThat(job.await(LONG)).isInstanceOf(Outcome.Succeeded.class);
    assertThat(account(job.id()).tokens()).isEqualTo(new Account.Balance(1000, 20, 0, 0, 0));
    assertThat(job.record().reserved()).isEqualTo(Budget.NONE);
  }

  @Test
  void an_agent_limits_what_a_job_spends_by_itself() throws Exception {
    var agent =
        limited(
            how -> how.limits(was -> was.withSpending(Budget.tokens(30))), ON, ON, "what I have");
    var job = submit(agent, Budget.tokens(1000));
    assertThat(job.await(LONG))
        .isInstanceOfSatisfying(
            Outcome.BudgetExhausted.class,
            exhausted -> assertThat(exhausted.reason()).contains("30 tokens are the limit"));
    assertThat(job.record().usage().calls()).isEqualTo(3);
  }

  @Test
  void no_spending_is_no_call() throws Exception {
    var agent = limited(how -> how.limits(was -> was.withSpending(Budget.NONE)), ON);
    var job = submit(agent, Budget.tokens(1000));
    assertThat(job.await(LONG)).isInstanceOf(Outcome.BudgetExhausted.class);
    assertThat(job.record().usage()).isEqualTo(Usage.NONE);
  }

  @Test
  void what_is_submitted_may_have_no_more_than_its_agent() throws Exception {
    var agent = limited(how -> how.limits(was -> was.withBudget(Budget.tokens(20))), ON);
    var job = submit(agent, Budget.tokens(1000));
    assertThat(job.await(LONG)).isInstanceOf(Outcome.BudgetExhausted.class);
    assertThat(job.record().usage().calls()).isEqualTo(2);
  }

  @Test
  void one_that_is_granted_more_goes_on_when_it_is_told_to() throws Exception {
    var job = submit(agent("speaker", ON, "half", ON, "all of it"), Budget.tokens(20));
    assertThat(job.await(LONG)).isInstanceOf(Outcome.BudgetExhausted.class);

    job.grant(Budget.tokens(100));
    job.say("go on");
    Awaitility.await()
        .atMost(LONG)
        .until(() -> job.outcome().filter(Outcome.Succeeded.class::isInstance).isPresent());
    assertThat(job.record().usage().calls()).isEqualTo(4);
    assertThat(account(job.id()).tokens()).isEqualTo(new Account.Balance(120, 40, 0, 0, 0));
  }

  @Test
  void one_that_goes_on_with_nothing_to_spend_makes_no_call() throws Exception {
    var job = submit(agent("speaker", ON, "half", ON), Budget.tokens(20));
    job.await(LONG);
    job.say("go on");
    Awaitility.await()
        .atMost(LONG)
        .until(() -> job.outcome().isPresent() && count(job, Entry.Kind.JOB_ENDED) == 2);
    assertThat(job.outcome()).containsInstanceOf(Outcome.BudgetExhausted.class);
    assertThat(job.record().usage().calls()).isEqualTo(2);
  }

  private static long count(Job job, Entry.Kind kind) {
    return job.history(0, 1000).stream().filter(entry -> entry.kind() == kind).count();
  }

  @Test
  void an_estimate_that_is_too_low_is_not_made_twice() throws Exception {
    var agent = Agent.named("speaker").model(Priced.underestimating(ON)).build();
    var job = submit(agent, Budget.tokens(45));
    assertThat(job.await(LONG)).isInstanceOf(Outcome.BudgetExhausted.class);
    // The first call alone can cost more than was thought: from the second on all is covered.
    assertThat(job.record().usage().calls()).isEqualTo(4);
  }

  @Test
  void what_the_next_call_may_cost_is_set_aside_with_a_reply() throws Exception {
    var steps = Collections.synchronizedList(new ArrayList<Step>());
    try (var watched = Errand.builder().store(recording(steps)).runtime(runtime()).open()) {
      watched.worker().start();
      var agent = agent("speaker", ON, ON, ON, ON, "done");
      watched.submit(agent, spec -> spec.budget(Budget.tokens(1000))).await(LONG);
    }
    var settingAside =
        steps.stream()
            .filter(step -> step.changes().stream().anyMatch(Change.Reserved.class::isInstance))
            .toList();
    assertThat(settingAside).as("one before the first call, and one with each reply").hasSize(5);
    assertThat(settingAside.subList(1, 5))
        .allSatisfy(
            step -> assertThat(step.changes()).hasAtLeastOneElementOfType(Change.Spent.class));
  }

  /// A store of which all steps are noted.
  private static Store recording(List<Step> steps) {
    var kept = new MemoryStore(ManualClock.create());
    return (Store)
        Proxy.newProxyInstance(
            Store.class.getClassLoader(),
            new Class<?>[] {Store.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("commit")) {
                steps.add((Step) arguments[0]);
              }
              try {
                return method.invoke(kept, arguments);
              } catch (InvocationTargetException refused) {
                throw refused.getCause();
              }
            });
  }

  private static WorkspaceRuntime runtime() {
    return Waiting.KEPT.over(PYTHON);
  }

  // Workers

  @Test
  void a_worker_that_has_spent_its_budget_leaves_its_jobs_to_others() throws Exception {
    errand.worker().budget(Budget.tokens(25)).poll(Duration.ofMillis(5)).start();
    var job = errand.submit(agent("speaker", ON, ON, ON, "done"));
    Awaitility.await().atMost(LONG).until(() -> count(job, Entry.Kind.NOTICE) == 1);
    assertThat(job.outcome()).isEmpty();
    assertThat(job.record().usage().calls()).isEqualTo(2);
    assertThat(job.history(0, 1000))
        .filteredOn(entry -> entry.kind() == Entry.Kind.NOTICE)
        .singleElement()
        .satisfies(
            entry ->
                assertThat(entry.data().text("text").orElse(""))
                    .contains("cost 20 tokens, and 25 tokens are its budget"));
    errand.close();

    clock.advance(Duration.ofMinutes(2));
    try (var other = open()) {
      other.register(agent("speaker", ON, ON, ON, "done"));
      other.worker().poll(Duration.ofMillis(5)).start();
      assertThat(other.job(job.id().text()).await(LONG)).isInstanceOf(Outcome.Succeeded.class);
    }
  }

  // Trees

  private static String delegating(String agent, int children, String more) {
    return python(
        """
        tasks = [create_sub_task(create_new_job("%s"%s), id=n) for n in range(%d)]
        wait_all(*tasks)
        """
            .formatted(agent, more, children));
  }

  @Test
  void a_tree_of_three_levels_spends_what_its_jobs_do() throws Exception {
    errand.register(agent("leaf", DONE));
    errand.register(agent("worker", delegating("leaf", 2, ""), DONE));
    var root = submit(agent("boss", delegating("worker", 50, ""), "done"), Budget.usd("100"));
    awaitAll(root);

    assertThat(root.outcome()).containsInstanceOf(Outcome.Succeeded.class);
    assertThat(calls()).isEqualTo(2 + 50 * 2 + 50 * 2);
    assertThat(account(root.id()).microUsd())
        .isEqualTo(new Account.Balance(100_000_000, 20_200, 0, 0, 0));
    assertThat(tree()).extracting(JobRecord::reserved).containsOnly(Budget.NONE);
  }

  @Test
  void a_tree_with_too_little_spends_that_and_no_more() throws Exception {
    errand.register(agent("leaf", ON, ON, DONE));
    errand.register(agent("worker", delegating("leaf", 2, ""), DONE));
    var root = submit(agent("boss", delegating("worker", 50, ""), "done"), Budget.tokens(1500));
    awaitAll(root);

    var balance = account(root.id()).tokens();
    assertThat(balance.spent()).isEqualTo(10 * calls()).isLessThanOrEqualTo(1500);
    assertThat(balance.reserved()).isZero();
    assertThat(tree()).allSatisfy(job -> assertThat(job.outcome()).isNotNull());
    assertThat(tree())
        .filteredOn(job -> job.outcome() instanceof Outcome.BudgetExhausted)
        .isNotEmpty();
  }

  @Test
  void a_tree_whose_calls_cost_more_than_was_thought_overdraws_by_one_for_each_job_at_work()
      throws Exception {
    errand.register(Agent.named("worker").model(Priced.underestimating(ON)).build());
    var boss =
        Agent.named("boss")
            .program(
                job ->
                    job.awaitAll(
                            IntStream.range(0, 30)
                                .mapToObj(n -> job.start(SubTaskSpec.of("worker")))
                                .toList())
                        .size())
            .build();
    var root = submit(boss, Budget.tokens(200));
    awaitAll(root);
    var balance = account(root.id()).tokens();
    assertThat(balance.spent()).isEqualTo(10 * calls()).isLessThanOrEqualTo(200 + 30 * 10);
    assertThat(balance.reserved()).isZero();
  }

  @Test
  void a_child_has_its_share_and_what_it_leaves_goes_back() throws Exception {
    errand.register(agent("worker", ON, DONE));
    var share = ", budget={'tokens': 200, 'usd': 0.5}";
    var root =
        submit(agent("boss", delegating("worker", 2, share), "done"), new Budget(1000, 2_000_000));
    awaitAll(root);

    assertThat(root.outcome()).containsInstanceOf(Outcome.Succeeded.class);
    assertThat(account(root.id()).tokens()).isEqualTo(new Account.Balance(1000, 60, 0, 0, 0));
    assertThat(store.accounts(root.id(), root.id(), 10))
        .hasSize(2)
        .allSatisfy(
            child -> {
              assertThat(child.isOpen()).isFalse();
              assertThat(child.tokens()).isEqualTo(new Account.Balance(200, 20, 0, 0, 180));
              assertThat(child.microUsd())
                  .isEqualTo(new Account.Balance(500_000, 200, 0, 0, 499_800));
            });
  }

  @Test
  void programs_and_functions_give_shares_too() throws Exception {
    errand.register(agent("worker", ON, DONE));
    var code =
        """
        def work():
            return create_sub_task(create_new_job("worker"), id=1).result
        delegate(work, budget={"tokens": 300}).result
        """;
    errand.register(agent("coder", python(code), DONE));
    var boss =
        Agent.named("boss")
            .program(
                job -> {
                  var share = Budget.tokens(200);
                  var worker = job.start(SubTaskSpec.of("worker").budget(share));
                  var coder = job.start(SubTaskSpec.of("coder"));
                  return job.awaitAll(List.of(worker, coder)).size();
                })
            .build();
    var root = submit(boss, Budget.tokens(1000));
    awaitAll(root);

    assertThat(root.outcome()).containsInstanceOf(Outcome.Succeeded.class);
    assertThat(store.accounts(root.id(), null, 10))
        .extracting(Account::tokens)
        .containsExactly(
            new Account.Balance(1000, 60, 0, 0, 0),
            new Account.Balance(200, 20, 0, 0, 180),
            new Account.Balance(300, 20, 0, 0, 280));
  }

  @Test
  void a_child_that_spends_its_share_leaves_the_others_theirs() throws Exception {
    errand.register(agent("spender", ON));
    errand.register(agent("worker", ON, DONE));
    var code =
        """
        spender = create_sub_task(create_new_job("spender", budget={"tokens": 50}), id="spender")
        worker = create_sub_task(create_new_job("worker", budget={"tokens": 50}), id="worker")
        worker.result
        try:
            spender.result
        except SubTaskError as error:
            print(error.error.kind, str(error))
        """;
    var root = submit(agent("boss", python(code), "done"), Budget.tokens(1000));
    awaitAll(root);

    assertThat(root.outcome()).containsInstanceOf(Outcome.Succeeded.class);
    assertThat(root.history(0, 1000))
        .filteredOn(entry -> entry.kind() == Entry.Kind.CONSOLE)
        .singleElement()
        .satisfies(
            entry ->
                assertThat(entry.data().text("text").orElse(""))
                    .startsWith("budget_exhausted")
                    .contains("10 tokens left of 50 tokens"));
    assertThat(account(root.id()).tokens().spent()).isEqualTo(20 + 50 + 20);
  }

  @Test
  void a_parent_hears_what_a_child_has_not_spent_that_reached_another_limit() throws Exception {
    errand.register(
        Agent.named("busy").model(Priced.saying(ON)).limits(was -> was.withTurns(3)).build());
    var code = "create_sub_task(create_new_job('busy', budget={'tokens': 200, 'usd': 1}), id=1)";
    var root = submit(agent("boss", python(code), "wait", "done"), Budget.tokens(1000));
    awaitAll(root);
    assertThat(root.history(0, 1000))
        .filteredOn(entry -> entry.kind() == Entry.Kind.NOTIFICATION)
        .singleElement()
        .satisfies(
            entry ->
                assertThat(entry.data().text("text").orElse(""))
                    .contains("took 3 turns, its limit")
                    .contains("of its share it has not spent 170 tokens and $0.9997"));
  }

  @Test
  void a_share_of_more_than_there_is_ends_the_child_before_it_begins() throws Exception {
    errand.register(agent("worker", DONE));
    var code =
        """
        worker = create_sub_task(create_new_job("worker", budget={"tokens": 5000}), id="worker")
        try:
            worker.result
        except SubTaskError as error:
            print(error.error.kind, str(error))
        """;
    var root = submit(agent("boss", python(code), "done"), Budget.tokens(1000));
    awaitAll(root);
    assertThat(root.outcome()).containsInstanceOf(Outcome.Succeeded.class);
    assertThat(calls()).isEqualTo(2);
    assertThat(root.children().getFirst().outcome())
        .containsInstanceOf(Outcome.BudgetExhausted.class);
    assertThat(account(root.id()).tokens()).isEqualTo(new Account.Balance(1000, 20, 0, 0, 0));
  }

  @Test
  void bad_budgets_are_refused_where_they_are_given() throws Exception {
    var code =
        """
        for budget in [1, {}, {"eur": 1}, {"tokens": -1}, {"tokens": 1.5}, {"usd": "1"}, {"usd": -0.1}]:
            try:
                create_new_job("worker", budget=budget)
            except TypeError as error:
                print(error)
        """;
    var root = submit(agent("boss", python(code), "done"), Budget.tokens(1000));
    root.await(LONG);
    assertThat(root.children()).isEmpty();
    assertThat(root.history(0, 1000))
        .filteredOn(entry -> entry.kind() == Entry.Kind.CONSOLE)
        .singleElement()
        .satisfies(entry -> assertThat(entry.data().text("text").orElse("").lines()).hasSize(7));
    assertThatThrownBy(() -> Budget.usd("much")).hasMessageContaining("'much' is no sum");
    assertThatThrownBy(() -> Budget.usd("-1")).hasMessageContaining("no less than nothing");
    assertThatThrownBy(() -> Budget.usd("0.0000001")).hasMessageContaining("six decimals");
  }

  @Test
  void a_parent_whose_budget_is_spent_ends_what_it_began() throws Exception {
    errand.register(agent("waiter", python("callback('never').result")));
    var code = "task = create_sub_task(create_new_job('waiter', budget={'tokens': 40}), id=1)";
    var root = submit(agent("boss", python(code), ON, "what I have"), Budget.tokens(70));
    awaitAll(root);
    assertThat(root.outcome()).containsInstanceOf(Outcome.BudgetExhausted.class);
    assertThat(root.children().getFirst().outcome()).containsInstanceOf(Outcome.Cancelled.class);
    assertThat(account(root.id()).tokens().reserved()).isZero();
    assertThat(account(root.id()).tokens().shared()).isZero();
    assertThat(account(root.id()).tokens().spent()).isEqualTo(10 * calls());
  }

  @Test
  void what_is_still_at_work_below_a_job_that_ended_draws_on_the_one_above() throws Exception {
    errand.register(agent("slow", python("callback('go').result"), DONE));
    var code = "create_sub_task(create_new_job('slow'), id=1)\ncomplete_sub_task(result=1)\nexit()";
    errand.register(agent("middle", python(code), "well"));
    var root =
        submit(
            agent(
                "boss",
                python(
                    "create_sub_task(create_new_job('middle', budget={'tokens': 100}),"
                        + " id=1).result"),
                "done"),
            Budget.tokens(1000));
    root.await(LONG);
    var slow = root.id().child(1).child(1);
    Awaitility.await().atMost(LONG).until(() -> !errand.job(slow.text()).callbacks().isEmpty());
    Awaitility.await().atMost(LONG).until(() -> !account(root.id().child(1)).isOpen());
    var balance = account(root.id()).tokens();
    assertThat(balance.shared()).isZero();
    assertThat(balance.reserved()).as("the slow one's last call").isEqualTo(10);

    errand.job(slow.text()).answer("go", 1);
    Awaitility.await().atMost(LONG).until(() -> errand.job(slow.text()).outcome().isPresent());
    Awaitility.await().atMost(LONG).until(() -> !store.busy());
    assertThat(account(root.id()).tokens().spent()).isEqualTo(10 * calls());
    assertThat(account(root.id()).tokens().reserved()).isZero();
  }

  @Test
  void what_failed_and_what_was_cancelled_is_counted() throws Exception {
    errand.register(agent("failing", ON, python("raise ValueError()"), DONE));
    errand.register(agent("waiting", ON, python("callback('never').result")));
    var code =
        """
        failing = create_sub_task(create_new_job("failing"), id="failing")
        waiting = create_sub_task(create_new_job("waiting"), id="waiting")
        failing.result
        callback("cancel now").result
        cancel(waiting)
        """;
    var root = submit(agent("boss", python(code), "done"), Budget.tokens(1000));
    var waiting = root.id().child(2);
    Awaitility.await()
        .atMost(LONG)
        .until(
            () ->
                store.find(waiting).filter(job -> job.usage().calls() == 2).isPresent()
                    && root.callbacks().size() == 2);
    root.answer("cancel now", 1);
    awaitAll(root);
    assertThat(account(root.id()).tokens())
        .isEqualTo(new Account.Balance(1000, 10 * calls(), 0, 0, 0));
    assertThat(tree())
        .filteredOn(job -> job.id().depth() == 1 && job.usage().calls() > 0)
        .extracting(job -> job.usage().calls())
        .containsExactly(3L, 2L);
  }

  @Test
  void a_share_is_granted_out_of_what_is_left_above() throws Exception {
    errand.register(agent("waiting", python("callback('go').result"), DONE));
    var code = "create_sub_task(create_new_job('waiting', budget={'tokens': 100}), id=1).result";
    var root = submit(agent("boss", python(code), "done"), Budget.tokens(1000));
    var child = root.id().child(1);
    Awaitility.await().atMost(LONG).until(() -> root.callbacks().size() == 1);

    errand.job(child.text()).grant(Budget.tokens(50));
    assertThat(account(child).tokens().granted()).isEqualTo(150);
    assertThat(account(root.id()).tokens().shared()).isEqualTo(150);
    assertThatThrownBy(() -> errand.job(child.text()).grant(Budget.tokens(5000)))
        .isInstanceOf(BudgetExhaustedException.class)
        .hasMessageContaining("was to have 5,000 tokens of it");
    assertThatThrownBy(() -> errand.job(child.text()).grant(Budget.usd("1")))
        .isInstanceOf(BudgetExhaustedException.class)
        .hasMessageContaining("has no budget of its own to grant $1.00 to");
    errand.job(child.text()).answer("go", 1);
    awaitAll(root);
    assertThat(account(root.id()).tokens().shared()).isZero();
  }
}
