package dev.errand.jdbc;

import dev.errand.spi.Store;
import dev.errand.testkit.ManualClock;
import dev.errand.testkit.MemoryStore;
import dev.errand.testkit.RandomCalls;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.TestReporter;

/// Several processes write the same trees in turn: what each still knows of what it wrote is wrong
/// as soon as another has written.
class PostgresInTurnTest {
  private static final int PROCESSES = 3;
  private static final int STAYS = 25;

  /// Each call is made through one of three openings of one database, mostly through the one
  /// before. They share their turns, which would differ otherwise.
  @RepeatedTest(2)
  void random_calls_of_several_in_turn_leave_the_store_as_they_leave_the_reference(
      TestReporter reporter) {
    long seed = RandomCalls.seed();
    reporter.publishEntry("errand.seed", String.valueOf(seed));
    var clock = ManualClock.create();
    var source = PostgresSource.of(TestPostgres.emptyDatabase());
    var turns = new Queues();
    var stores =
        Stream.generate(() -> PostgresStore.open(source, clock, turns)).limit(PROCESSES).toList();
    try {
      RandomCalls.usual(seed, inTurn(stores, new Random(seed)), new MemoryStore(clock), clock)
          .run();
    } finally {
      stores.forEach(Store::close);
    }
  }

  private static Store inTurn(List<PostgresStore> stores, Random random) {
    var now = new Store[] {stores.getFirst()};
    return (Store)
        Proxy.newProxyInstance(
            Store.class.getClassLoader(),
            new Class<?>[] {Store.class},
            (proxy, method, arguments) -> {
              if (random.nextInt(STAYS) == 0) {
                now[0] = stores.get(random.nextInt(stores.size()));
              }
              try {
                return method.invoke(now[0], arguments);
              } catch (InvocationTargetException refused) {
                throw refused.getCause();
              }
            });
  }
}
