package dev.errand.verification.calls;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.ToolCall;
import dev.errand.job.Usage;
import dev.errand.spi.Store;
import dev.errand.testkit.MemoryStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// Jobs of agents whose models say what a test has them say, in one Errand at work.
final class Talk implements AutoCloseable {
  static final Usage PRICE = new Usage(1, 6, 4, 100);
  private static final Duration LONG = Duration.ofMinutes(2);

  private final List<Model.Request> asked = Collections.synchronizedList(new ArrayList<>());
  private final Errand errand;

  Talk() {
    this(UnaryOperator.identity());
  }

  Talk(UnaryOperator<Errand.Builder> more) {
    this(new MemoryStore(InstantSource.system()), more);
  }

  Talk(UnaryOperator<Errand.Builder> more, int warmJobs) {
    this(new MemoryStore(InstantSource.system()), more, warmJobs);
  }

  Talk(Store store, UnaryOperator<Errand.Builder> more) {
    this(store, more, 64);
  }

  private Talk(Store store, UnaryOperator<Errand.Builder> more, int warmJobs) {
    errand = more.apply(Errand.builder()).store(store).open();
    errand.worker().concurrency(16).warmJobs(warmJobs).poll(Duration.ofMillis(20)).start();
  }

  Errand errand() {
    return errand;
  }

  /// What models were asked, in order.
  List<Model.Request> asked() {
    return List.copyOf(asked);
  }

  /// What the models of jobs with such a first message were asked.
  List<Model.Request> asked(String first) {
    return asked().stream().filter(request -> first(request).contains(first)).toList();
  }

  /// An agent whose model's every reply is what `mind` says of the request.
  Agent.Builder agent(String name, Function<Model.Request, Model.Reply> mind) {
    return Agent.named(name)
        .model(
            request -> {
              asked.add(request);
              return mind.apply(request);
            });
  }

  /// An agent whose model gives these replies, in order, and the last of them from then on.
  Agent.Builder agent(String name, Model.Reply... replies) {
    return agent(name, request -> nth(request, replies));
  }

  static Model.Reply nth(Model.Request request, Model.Reply... replies) {
    return replies[Math.min(request.replies(), replies.length - 1)];
  }

  Job submit(Agent.Builder agent, String message) {
    return errand.submit(agent.build(), spec -> spec.message(message));
  }

  /// How the job ends.
  Outcome outcome(Job job) {
    try {
      return job.await(LONG);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interrupted);
    }
  }

  /// What the job's model says last.
  String answer(Job job) {
    return outcome(job).value(String.class);
  }

  String answer(Agent.Builder agent, String message) {
    return answer(submit(agent, message));
  }

  static Model.Reply says(String text) {
    return new Model.Reply(text, PRICE);
  }

  static Model.Reply calls(ToolCall... calls) {
    return new Model.Reply("", numbered(calls), false, PRICE);
  }

  private static List<ToolCall> numbered(ToolCall... calls) {
    var all = new ArrayList<ToolCall>();
    for (var call : calls) {
      all.add(new ToolCall("call_" + all.size(), call.name(), call.arguments()));
    }
    return all;
  }

  static ToolCall call(String tool, Json arguments) {
    return new ToolCall("", tool, arguments);
  }

  static ToolCall subTask(Object title, Object instructions) {
    return call("SubTask", Json.object("title", title).with("instructions", instructions));
  }

  /// What the first message of the conversation says.
  static String first(Model.Request request) {
    return request.messages().getFirst().text();
  }

  /// Whether the model speaks in a subtask.
  static boolean isSubTask(Model.Request request) {
    return first(request).startsWith("# SubTask: ");
  }

  /// The results that stand last in the conversation, in their order.
  static List<Model.Message.ToolResult> results(Model.Request request) {
    var results = new ArrayList<Model.Message.ToolResult>();
    for (var message : request.messages().reversed()) {
      if (message instanceof Model.Message.ToolResult result) {
        results.addFirst(result);
      } else if (!results.isEmpty()) {
        break;
      }
    }
    return results;
  }

  static List<String> texts(Model.Request request) {
    return results(request).stream().map(Model.Message.ToolResult::text).toList();
  }

  static List<Entry> entries(Job job, Entry.Kind kind) {
    return job.history(0, 10_000).stream().filter(entry -> entry.kind() == kind).toList();
  }

  @Override
  public void close() {
    errand.close();
  }
}
