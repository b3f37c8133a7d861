package dev.errand.verification.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.ToolFunction;
import dev.errand.job.Outcome;
import dev.errand.python.CPythonRuntime;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What code reads of clocks and of chance before it waits, it has read after it waited, whatever
/// became of its process meanwhile.
class ReplayTest {
  private static final CPythonRuntime RUNTIME = CPythonRuntime.create();
  private static final String IMPORTS =
      """
      import random, secrets, time, uuid
      from datetime import date, datetime, timezone

      def one():
          return 1
      """;

  private final Map<String, String> told = new ConcurrentSkipListMap<>();
  private final AtomicInteger calls = new AtomicInteger();

  @AfterAll
  static void stop() {
    RUNTIME.close();
  }

  static Stream<Arguments> readings() {
    return Stream.of(
            "time.time()",
            "[time.time_ns(), time.monotonic(), time.perf_counter()]",
            "[time.localtime(), time.strftime('%H:%M:%S'), time.ctime()]",
            "[datetime.now(), datetime.now(timezone.utc), datetime.today(), date.today()]",
            "[time.time_ns() for _ in range(3000)]",
            "uuid.uuid1()",
            "[uuid.uuid4(), uuid.uuid4()]",
            "[secrets.token_hex(8), secrets.randbelow(10**9)]",
            "[random.random(), random.sample(range(1000), 5)]",
            "[random.Random().random(), random.SystemRandom().random()]",
            "random.seed() or random.random()",
            "[hash('text'), hash((1, 'b')), list({'one', 'two', 'three', 'four', 'five'})]")
        .flatMap(
            reading -> Stream.of(Waiting.values()).map(waiting -> Arguments.of(reading, waiting)));
  }

  @ParameterizedTest
  @MethodSource("readings")
  void a_reading_is_the_same_before_and_after_a_wait(String reading, Waiting waiting)
      throws Exception {
    var code =
        """
        if True:
            seen = repr(%s)
            tell(seen)
            got = [delegate(one).result, delegate(one).result]
            tell(seen)
        exit(len(seen) > 0)
        """
            .formatted(reading);
    assertThat(value(waiting, code)).isEqualTo(true);
    assertThat(told).hasSize(2);
    assertThat(told.values().stream().distinct()).hasSize(1);
    assertThat(calls).as("no call was repeated").hasValue(2);
  }

  @ParameterizedTest
  @EnumSource(Waiting.class)
  void chance_goes_on_after_a_wait_where_it_was(Waiting waiting) throws Exception {
    var code =
        """
        random.seed(7)
        a = [random.random(), delegate(one).result, random.random()]
        b = delegate(one).result
        c = [random.random() for _ in range(3)]
        random.seed(7)
        d = [random.random() for _ in range(5)]
        exit([a[0], a[2], *c] == d)
        """;
    assertThat(value(waiting, code)).isEqualTo(true);
  }

  @ParameterizedTest
  @EnumSource(Waiting.class)
  void readings_after_a_wait_are_new_ones(Waiting waiting) throws Exception {
    var code =
        """
        def read():
            return [time.time_ns(), uuid.uuid4(), random.random(), secrets.token_hex(8)]

        seen = [read(), delegate(one).result, read(), delegate(one).result, read()]
        first, second, third = seen[::2]
        exit(all(len({a, b, c}) == 3 for a, b, c in zip(first, second, third)) and first[0] <= second[0] <= third[0])
        """;
    assertThat(value(waiting, code)).isEqualTo(true);
  }

  private Object value(Waiting waiting, String code) throws InterruptedException {
    var tell =
        ToolFunction.of(
            "tell",
            "",
            List.of("text"),
            call -> {
              calls.incrementAndGet();
              return told.put(call.key(), call.text("text"));
            });
    try (var errand =
        Errand.builder()
            .store(new MemoryStore(InstantSource.system()))
            .runtime(waiting.over(RUNTIME))
            .open()) {
      errand.worker().warmJobs(waiting.warmJobs()).start();
      var job =
          errand.submit(
              Agent.named("main").tools(tell).build(), spec -> spec.code(IMPORTS).code(code));
      var outcome = job.await(Duration.ofMinutes(1));
      assertThat(outcome).isInstanceOf(Outcome.Succeeded.class);
      return outcome.value(Object.class);
    }
  }
}
