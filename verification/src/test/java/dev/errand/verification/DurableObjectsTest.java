package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.Durable;
import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Exposed;
import dev.errand.agent.ToolFunction;
import dev.errand.job.DurableObject;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.Outcome;
import dev.errand.job.StoreException;
import dev.errand.job.Value;
import dev.errand.python.CPythonRuntime;
import dev.errand.spi.Store;
import dev.errand.testkit.CrashInjector;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.verification.programs.Waiting;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Jobs that change the same durable objects at once, with crashes: no change is lost, and none is
/// made twice.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DurableObjectsTest {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final CPythonRuntime RUNTIME = CPythonRuntime.create();

  private static final String WORK =
      """
      shared.n += 1
      def both():
          shared.n += 1
          note(text=me)
          shared.seen.append(me)
      both()
      shared.seen.append(me)
      """;

  /// What the jobs share.
  record Shared(int n, List<String> seen) {}

  /// The same, as the application edits it.
  interface Editable {
    int n();

    void n(int value);
  }

  @TempDir private Path folder;
  private final ManualClock clock = ManualClock.create();
  private final List<String> notes = Collections.synchronizedList(new ArrayList<>());

  @AfterAll
  static void stop() {
    RUNTIME.close();
  }

  private Errand errand(Store store) {
    return Errand.builder()
        .store(store)
        .clock(clock)
        .runtime(Waiting.KEPT.over(RUNTIME))
        .tool(note())
        .open();
  }

  private ToolFunction note() {
    return ToolFunction.of("note", "", List.of("text"), call -> notes.add(call.key()))
        .policy(EffectPolicy.IDEMPOTENT);
  }

  private static Durable shared(Errand errand) {
    return errand.durable("shared", new Shared(0, List.of()));
  }

  private static Job submit(Errand errand, String me, String... blocks) {
    return errand.submit(
        Agent.named("worker").build(),
        spec -> {
          for (var block : blocks) {
            spec.code(block);
          }
          return spec.key(me).var("me", me).var("shared", shared(errand));
        });
  }

  private static void start(Errand errand) {
    errand.worker().concurrency(8).lease(Duration.ofMinutes(1)).poll(Duration.ofMillis(5)).start();
  }

  @Test
  void jobs_that_hammer_one_counter_and_one_list_lose_nothing() throws Exception {
    try (var errand =
        Errand.builder()
            .runtime(Waiting.KEPT.over(RUNTIME))
            .tool(note())
            .open(folder.resolve("jobs.db"))) {
      start(errand);
      var jobs = IntStream.range(0, 8).mapToObj(n -> submit(errand, "j" + n, WORK, WORK)).toList();
      for (var job : jobs) {
        assertThat(job.await(LONG)).isInstanceOf(Outcome.Succeeded.class);
      }
      var end = shared(errand).as(Shared.class);
      assertThat(end.n()).isEqualTo(8 * 4);
      assertThat(end.seen()).hasSize(8 * 4);
      for (int n = 0; n < 8; n++) {
        assertThat(Collections.frequency(end.seen(), "j" + n)).isEqualTo(4);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_crash_at_any_commit_loses_no_change_and_makes_none_twice(boolean after) throws Exception {
    long boundaries = 1;
    for (long at = 1; at <= boundaries; at++) {
      boundaries = Math.max(boundaries, crashOnceAndResume(at, after));
    }
    assertThat(boundaries).isGreaterThan(10);
  }

  private long crashOnceAndResume(long at, boolean after) throws Exception {
    var store = new MemoryStore(clock);
    var first = CrashInjector.failing(store, at, after);
    advance(first);
    first.awaitSilence();
    clock.advance(Duration.ofMinutes(2));
    advance(CrashInjector.failing(store, 0, false));
    var what = "crash " + (after ? "after" : "before") + " write " + at;
    var shared = store.objectByKey("shared").orElseThrow();
    assertThat(shared.attributes().get("n")).as(what).isEqualTo(Value.of(4));
    var seen = Objects.requireNonNull(shared.attributes().get("seen")).text();
    assertThat(seen.chars().filter(one -> one == 'a')).as(what).hasSize(2);
    assertThat(seen.chars().filter(one -> one == 'b')).as(what).hasSize(2);
    return first.crashed() ? at + 1 : 0;
  }

  private void advance(CrashInjector injector) throws InterruptedException {
    try (var errand = errand(injector.store())) {
      var jobs = List.of(submit(errand, "a", WORK), submit(errand, "b", WORK));
      start(errand);
      while (jobs.stream().anyMatch(job -> job.outcome().isEmpty())) {
        errand.awaitChange(Duration.ofMillis(100));
      }
    } catch (StoreException crashed) {
      assertThat(injector.crashed()).as(crashed.getMessage()).isTrue();
    }
  }

  @Test
  void a_statement_that_another_overtook_is_carried_out_again_and_its_calls_are_not()
      throws Exception {
    var overtaken = new Overtaken(new MemoryStore(clock));
    try (var errand = errand(overtaken.store())) {
      var job =
          submit(
              errand,
              "a",
              """
              def work():
                  note(text='once')
                  print('counting')
                  n = shared.n
                  print('pass', n)
                  shared.n = n + 1
              work()
              exit(shared.n)
              """);
      start(errand);
      assertThat(job.await(LONG).value(Integer.class)).isEqualTo(101);
      assertThat(notes).hasSize(1);
      assertThat(errand.store().history(job.id(), 0, 100))
          .filteredOn(entry -> entry.kind() == Entry.Kind.CONSOLE)
          .extracting(entry -> entry.data().text("text").orElseThrow())
          .containsExactly("counting\n", "pass 100\n");
    }
  }

  /// A store in which somebody changes the object right after the job has looked at it, once.
  private record Overtaken(MemoryStore inner, AtomicBoolean done) {
    Overtaken(MemoryStore inner) {
      this(inner, new AtomicBoolean());
    }

    Store store() {
      return (Store)
          Proxy.newProxyInstance(
              Store.class.getClassLoader(), new Class<?>[] {Store.class}, this::invoke);
    }

    private @Nullable Object invoke(Object proxy, Method method, @Nullable Object[] arguments)
        throws Throwable {
      @Nullable Object result;
      try {
        result = method.invoke(inner, arguments);
      } catch (InvocationTargetException refused) {
        throw refused.getCause();
      }
      if (method.getName().equals("object") && done.compareAndSet(false, true)) {
        var object = ((Optional<?>) result).map(DurableObject.class::cast).orElseThrow();
        var attributes = new LinkedHashMap<>(object.attributes());
        attributes.put("n", Value.of(100));
        inner.change(object.changed(attributes, null));
      }
      return result;
    }
  }

  @Test
  void the_application_and_jobs_change_the_same_object() throws Exception {
    try (var errand = errand(new MemoryStore(clock))) {
      var shared = shared(errand);
      shared.change(Shared.class, now -> new Shared(now.n() + 5, List.of("app")));
      shared.edit(Editable.class, now -> now.n(now.n() * 2));
      var job = submit(errand, "a", "shared.n += 1", "shared.seen.append(me)", "shared.mark = 3");
      start(errand);
      job.await(LONG);
      assertThat(shared.as(Shared.class)).isEqualTo(new Shared(11, List.of("app", "a")));
      assertThat(shared.as(Editable.class).n()).isEqualTo(11);
      assertThat(shared.changedBy()).hasValue(job.id());
      assertThat(shared.attributes().number("mark")).hasValue(3L);
      assertThat(errand.durable(shared.id()).version()).isEqualTo(6);
    }
  }

  @Test
  void an_object_of_a_job_that_ended_can_still_be_read() throws Exception {
    try (var errand = errand(new MemoryStore(clock))) {
      var job =
          submit(
              errand,
              "a",
              """
              @durable
              class Report:
                  def __init__(self, title):
                      self.title = title
              report = Report('Prices')
              """);
      start(errand);
      job.await(LONG);
      var report =
          errand.store().objects("", 10).stream()
              .filter(object -> object.type().equals("Report"))
              .findFirst()
              .orElseThrow();
      assertThat(errand.durable(report.id()).attributes().text("title")).hasValue("Prices");
    }
  }

  /// An object of the application.
  static final class Customer {
    private final String id;
    private final List<String> orders = Collections.synchronizedList(new ArrayList<>());

    Customer(String id) {
      this.id = id;
    }

    @Exposed(EffectPolicy.READ_ONLY)
    public String name() {
      return "customer " + id;
    }

    @Exposed
    public int order(String what, int count) {
      if (count < 1) {
        throw new IllegalArgumentException("nobody orders " + count);
      }
      orders.add(count + " " + what);
      return orders.size();
    }

    public String secret() {
      return "secret";
    }
  }

  private Errand withCustomers(Customer... customers) {
    return Errand.builder()
        .store(new MemoryStore(clock))
        .clock(clock)
        .runtime(Waiting.KEPT.over(RUNTIME))
        .references(
            "customer",
            Customer.class,
            id ->
                Arrays.stream(customers)
                    .filter(customer -> customer.id.equals(id))
                    .findFirst()
                    .orElse(null))
        .open();
  }

  private static Object ask(Errand errand, String code) throws InterruptedException {
    var job =
        errand.submit(
            Agent.named("clerk").build(),
            spec -> spec.var("customer", errand.reference("customer", "17")).code(code));
    return job.await(LONG).value(Object.class);
  }

  @Test
  void methods_of_an_object_of_the_application_are_called_where_it_is() throws Exception {
    var customer = new Customer("17");
    try (var errand = withCustomers(customer, new Customer("18"))) {
      start(errand);
      assertThat(
              ask(
                  errand,
                  """
                  def child(customer):
                      return customer.order("pens", count=3)
                  customer.order("ink", 1)
                  exit([customer.name(), delegate(child, customer).result])
                  """))
          .isEqualTo(List.of("customer 17", 2));
      assertThat(customer.orders).containsExactly("1 ink", "3 pens");
    }
  }

  @Test
  void what_is_not_exposed_cannot_be_reached() throws Exception {
    try (var errand = withCustomers(new Customer("17"), new Customer("18"))) {
      start(errand);
      assertThat(
              ask(
                      errand,
                      """
                      def message(attempt):
                          try:
                              return attempt()
                          except Exception as error:
                              return str(error)
                      def change(): customer.id = "18"
                      exit([message(f) for f in (
                          lambda: customer.secret(),
                          lambda: customer.order("pens", 0),
                          lambda: type(customer)("customer", "18").name(),
                          change,
                      )])
                      """)
                  .toString())
          .contains("has no method 'secret'; it has name, order")
          .contains("nobody orders 0")
          .contains("no reference to a customer")
          .contains("belongs to the application")
          .doesNotContain("customer 18");
    }
  }

  @Test
  void an_object_that_is_gone_is_an_error_for_the_code() throws Exception {
    try (var errand = withCustomers(new Customer("18"))) {
      start(errand);
      assertThat(
              ask(
                      errand,
                      """
                      try:
                          customer.name()
                      except ToolError as error:
                          exit(str(error))
                      """)
                  .toString())
          .contains("There is no customer 17 any more");
    }
  }

  @Test
  void only_what_is_registered_and_exposed_can_be_referred_to() {
    try (var errand = withCustomers()) {
      assertThatThrownBy(() -> errand.reference("order", "1"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("order");
    }
    assertThatThrownBy(() -> Errand.builder().references("text", String.class, id -> id))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("@Exposed");
  }

  @Test
  void a_plain_value_cannot_pass_for_a_reference() throws Exception {
    try (var errand = errand(new MemoryStore(clock))) {
      var forged = Map.of("errand:object", "4f");
      assertThatThrownBy(
              () -> errand.submit(Agent.named("a").build(), spec -> spec.var("forged", forged)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("errand:object");
    }
  }
}
