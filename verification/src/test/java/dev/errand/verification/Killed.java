package dev.errand.verification;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.spi.StoreProvider;
import dev.errand.testkit.CrashInjector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/// The process that the kill tests kill: works on one job until it is done.
///
/// Arguments: the store, the file of effects, the write at which to crash (0 for none), `before` or
/// `after`, and how many waiting jobs to keep warm.
final class Killed {
  static final String KEY = "the one";
  static final int CHILDREN = 4;
  private static final String PROGRAM =
      """
      @durable
      class Board:
          def __init__(self):
              self.n = 0
              self.names = []
          def note(self, name):
              self.n += 1
              self.names.append(name)

      def work(n, words, board):
          idempotent(text=f"begin {n}")
          print("child", n)
          total = 0
          for i in range(3):
              total += i * n
              print("step", i, total)
          words.append("changed by the child")
          board.note(f"child {n}")
          try:
              at_most_once(text=f"end {n}")
          except EffectUnknown:
              pass
          return {"n": n, "total": total, "words": len(words)}

      print("start")
      words = ["a", "b"]
      board = Board()
      tasks = [delegate(work, n, words, board, id=f"t{n}") for n in range(4)]
      idempotent(text="delegated")
      print("delegated", len(tasks))
      grand = 0
      for t in tasks:
          r = t.result
          grand += r["total"]
          words.append(str(r["n"]))
          board.note(f"got {r['n']}")
          print("got", t.id, r["total"], r["words"])
      first = wait_any(tasks)
      print("all", sorted(words), first.is_completed)
      print(board.n, sorted(board.names))
      idempotent(text="last")
      exit(grand)
      """;

  private Killed() {}

  public static void main(String[] arguments) throws Exception {
    var provider = ServiceLoader.load(StoreProvider.class).findFirst().orElseThrow();
    var store = provider.open(Path.of(arguments[0]), InstantSource.system());
    var effects = Path.of(arguments[1]);
    var injector =
        CrashInjector.halting(store, Long.parseLong(arguments[2]), arguments[3].equals("after"));
    try (var errand = Errand.builder().store(injector.store()).open()) {
      errand.worker().concurrency(3).warmJobs(Integer.parseInt(arguments[4])).start();
      var job = errand.submit(agent(effects), spec -> spec.key(KEY).code(PROGRAM));
      job.await(Duration.ofMinutes(5));
    }
    store.close();
  }

  private static Agent agent(Path effects) {
    var idempotent =
        ToolFunction.of(
            "idempotent",
            "Appends a line unless its key is there.",
            List.of("text"),
            call -> append(effects, call, true));
    var atMostOnce =
        ToolFunction.of(
                "at_most_once",
                "Appends a line, whatever is there.",
                List.of("text"),
                call -> append(effects, call, false))
            .policy(EffectPolicy.AT_MOST_ONCE);
    return Agent.named("main").tools(idempotent, atMostOnce).build();
  }

  private static synchronized @Nullable Object append(
      Path effects, ToolFunction.Call call, boolean checked) throws IOException {
    var line = call.key() + " " + call.text("text");
    if (checked && Files.exists(effects) && Files.readAllLines(effects).contains(line)) {
      return null;
    }
    Files.writeString(effects, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    return null;
  }
}
