package dev.errand.verification.workers;

import static dev.errand.verification.Recorded.python;

import dev.errand.Errand;
import dev.errand.agent.Agent;
import dev.errand.agent.JobScope;
import dev.errand.agent.Model;
import dev.errand.agent.SubTaskHandler;
import dev.errand.agent.SubTaskSpec;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Json;
import dev.errand.job.RefusedException;
import dev.errand.job.Usage;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What the processes work on: jobs that touch all that a store keeps.
final class Work {
  /// What [#summing] with that many children ends with.
  static int sum(int children) {
    int sum = 0;
    for (int n = 0; n < children; n++) {
      sum += n * n;
    }
    return sum;
  }

  /// What [#CODE] ends with.
  static final int CODE_ENDS_WITH = 18;

  static final String CODE =
      """
      @durable
      class Board:
          def __init__(self):
              self.n = 0
          def note(self):
              self.n += 1

      def work(n, board):
          again(text=f"begin {n}")
          total = 0
          for i in range(3):
              total += i * n
          board.note()
          try:
              once(text=f"end {n}")
          except EffectUnknown:
              pass
          return total

      board = Board()
      tasks = [delegate(work, n, board, id=f"t{n}") for n in range(4)]
      grand = 0
      for t in tasks:
          grand += t.result
          board.note()
      assert board.n == 8, board.n
      exit(grand)
      """;

  private static final String DELEGATE =
      python(
          """
          for n in range(3):
              create_sub_task(create_new_job("helper", budget={"tokens": 100}), id=n)
          """);
  private static final Usage PRICE = new Usage(1, 6, 4, 100);

  private final Log log;
  private final String worker;

  /// @param worker the process in whose name the tools write
  Work(Log log, String worker) {
    this.log = log;
    this.worker = worker;
  }

  /// Makes all agents known.
  void register(Errand errand) {
    agents().forEach(errand::register);
  }

  private List<Agent> agents() {
    return List.of(
        summing(),
        coding(),
        chatting(),
        tree(),
        held(),
        Agent.named("square").tools(once(), again()).program(this::square).build(),
        Agent.named("noop").program(job -> null).build(),
        Agent.named("helper")
            .model(new Saying("", python("complete_sub_task(result=1)\nexit()")))
            .build());
  }

  /// Given `n`: adds the squares below it, each from a child of its own.
  Agent summing() {
    return Agent.named("sum").program(this::addSquares).build();
  }

  /// Carries out [#CODE].
  Agent coding() {
    return Agent.named("code").tools(once(), again()).build();
  }

  /// A model that has three subtasks with models of their own, is told of their ends, and answers
  /// all that is said to it.
  Agent chatting() {
    return Agent.named("chat").model(new Saying(DELEGATE, "heard")).build();
  }

  /// Given `levels`, `wide` and `until`: a tree whose leaves sleep for an hour, and whose last
  /// branches do not grow before there is the sign `until`.
  Agent tree() {
    return Agent.named("tree").tools(again(), hold()).program(this::grow).build();
  }

  /// Given `until`, the name of a sign: calls a tool that returns when the sign is there.
  Agent held() {
    return Agent.named("held").tools(hold()).program(Work::holdUntil).build();
  }

  private static Object holdUntil(JobScope job) {
    return job.call("hold", Json.object("until", job.var("until", String.class)));
  }

  private ToolFunction hold() {
    return ToolFunction.of("hold", "Waits for a sign.", List.of("until"), this::hold);
  }

  private Object hold(ToolFunction.Call call) {
    log.write(worker, new Operation.Made("hold", call.key(), worker));
    Eventually.await("the sign").until(() -> Files.exists(log.sign(call.text("until"))));
    return true;
  }

  private Object addSquares(JobScope job) {
    var children = new ArrayList<SubTaskHandler>();
    for (int n = 0; n < job.var("n", Integer.class); n++) {
      children.add(job.start(SubTaskSpec.of("square").id("n" + n).var("n", n)));
    }
    return job.awaitAll(children).stream().mapToInt(child -> child.result(Integer.class)).sum();
  }

  private Object square(JobScope job) {
    int n = job.var("n", Integer.class);
    job.call("again", Json.object("text", "square " + n));
    try {
      job.call("once", Json.object("text", "squared " + n));
    } catch (RefusedException unknown) {
      job.print("It is not known whether that happened");
    }
    return n * n;
  }

  private Object grow(JobScope job) {
    int levels = job.var("levels", Integer.class);
    if (levels == 0) {
      job.call("again", Json.object("text", "leaf"));
      job.sleep(Duration.ofHours(1));
      return 1;
    }
    if (levels == 1) {
      holdUntil(job);
    }
    int wide = job.var("wide", Integer.class);
    var until = job.var("until", String.class);
    var children = new ArrayList<SubTaskHandler>();
    for (int n = 0; n < wide; n++) {
      children.add(
          job.start(
              SubTaskSpec.of("tree")
                  .var("levels", levels - 1)
                  .var("wide", wide)
                  .var("until", until)));
    }
    return job.awaitAll(children).stream().mapToInt(child -> child.result(Integer.class)).sum();
  }

  private ToolFunction again() {
    return ToolFunction.of("again", "May be called again.", List.of("text"), this::make);
  }

  private ToolFunction once() {
    return ToolFunction.of("once", "Must not be called again.", List.of("text"), this::make)
        .policy(EffectPolicy.AT_MOST_ONCE);
  }

  private Object make(ToolFunction.Call call) {
    var tool =
        call.text("text").startsWith("end ") || call.text("text").startsWith("squared ")
            ? "once"
            : "again";
    log.write(worker, new Operation.Made(tool, call.key(), worker));
    return true;
  }

  /// Says the first thing first and the other ever after; each call costs ten tokens.
  private record Saying(String first, String then) implements Model {
    @Override
    public Reply reply(Request request) {
      boolean begun =
          request.messages().stream().anyMatch(said -> said instanceof Message.Assistant);
      return new Reply(begun || first.isEmpty() ? then : first, PRICE);
    }

    @Override
    public Usage estimate(Request request) {
      return PRICE;
    }
  }
}
