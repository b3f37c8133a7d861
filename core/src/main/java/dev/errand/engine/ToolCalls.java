package dev.errand.engine;

import dev.errand.agent.ToolFunction;
import dev.errand.job.AgentSpec;
import dev.errand.job.Conduct;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Slot;
import dev.errand.job.ToolCall;
import dev.errand.job.ToolSpec;
import dev.errand.job.Value;
import dev.errand.job.Verdict;
import dev.errand.spi.Change;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * Carries out the calls of one reply: so many at a time as the agent allows, begun in their order.
 *
 * Of each call one entry says what came of it, and that entry is the record of it: a worker that takes the job over makes
 * those calls that have none. A call that may not be made twice stands in the journal as well, by an intention that is
 * committed before it is made, as in Effects; once it is over, the line says no more than that, for its outcome is in the
 * entry. A call of SubTask is a child job. Its number follows from its place among the reply's calls of that tool, so that
 * it is the same child whoever creates it.
 *
 * Several tools are called on threads of their own, and nothing else happens there: what came of them is recorded by the
 * job's thread, which calls one alone itself. While only children are at work the job is suspended; one whose child is over begins the next call.
 *
 * A call that a person is to allow waits as a call of SubTask does, for a question instead of a child, and is begun once that
 * is answered. Which calls ask is decided in the commit of the reply, as numbers follow from it; a call that would be asked
 * for only by now is not made.
 *
 * A message for the job ends the wait for children, and they go on: their ends are told as those of any subtask. Questions
 * are taken back.
 *
 * Only the job's own thread uses this object.
 */
final class ToolCalls {
  private static final String INVALID = "INVALID_INPUT";

  private final Registry registry;
  private final JobId job;
  private final Conduct conduct;
  private final AgentSpec agent;
  private final StepWriter writer;
  private final Effects effects;
  private final Journal journal;
  private final SubTasks subTasks;
  private final Approvals approvals;
  private final Approvals.Waiting waiting;

  /// A call that is to be made; `line` is its line in the journal, null for one that needs none.
  private record Begun(
      int number,
      ToolFunction tool,
      ToolFunction.Call call,
      @Nullable Effect line,
      boolean isReplay) {}

  /// What came of it; `broken` if that is not known because the thread was interrupted, or the
  /// machine is in trouble.
  private record Made(Begun begun, Effects.@Nullable Came came, @Nullable Throwable broken) {
    /// What came of it, where that is known.
    Effects.Came known() {
      if (broken instanceof Error error) {
        throw error;
      }
      if (broken instanceof RuntimeException dropped) {
        throw dropped;
      }
      return Objects.requireNonNull(came);
    }
  }

  ToolCalls(
      Registry registry,
      JobId job,
      AgentSpec agent,
      StepWriter writer,
      Effects effects,
      Journal journal,
      SubTasks subTasks,
      Approvals approvals,
      Approvals.Waiting waiting) {
    this.registry = registry;
    this.job = job;
    this.agent = agent;
    this.conduct = agent.conduct();
    this.writer = writer;
    this.effects = effects;
    this.journal = journal;
    this.subTasks = subTasks;
    this.approvals = approvals;
    this.waiting = waiting;
  }

  /// Carries out those of a reply's calls that are not `done`; those that carry out code are left,
  /// unless nothing can be carried out for them.
  void carryOut(Acts acts, Set<Integer> done) {
    new Round(acts, done).carryOut();
  }

  /// The calls of one reply.
  private final class Round {
    private final int turn = writer.progress().turn();
    private final int created;
    private final boolean hasCode;
    private final List<ToolCall> calls;
    private final Acts acts;
    private final Deque<Integer> queue;
    private final Map<JobId, Integer> children = new LinkedHashMap<>();
    private final Map<JobId, Integer> questions = new LinkedHashMap<>();

    Round(Acts acts, Set<Integer> done) {
      this.acts = acts;
      this.hasCode = acts.code().isPresent();
      this.calls = acts.calls();
      this.created = writer.progress().created() - acts.numbers();
      this.queue =
          IntStream.range(0, calls.size())
              .filter(n -> !done.contains(n) && !acts.carriesOut(calls.get(n)))
              .boxed()
              .collect(Collectors.toCollection(ArrayDeque::new));
    }

    void carryOut() {
      try {
        while (!queue.isEmpty() || !children.isEmpty() || !questions.isEmpty()) {
          effects.requireNoRest();
          make(begin(conduct.concurrentTools()));
          boolean isFull = children.size() >= conduct.concurrentTools();
          boolean isWaiting = !children.isEmpty() || !questions.isEmpty();
          if (isWaiting && (queue.isEmpty() || isFull)) {
            hear(queue.isEmpty() && questions.isEmpty() ? children.size() : 1);
          }
        }
      } catch (JobHost.Interrupted byMessage) {
        hearEnded();
        queue.forEach(n -> recordFailed(n, "NOT_BEGUN", "Not begun: a message arrived. Read it."));
        queue.clear();
        withdraw();
        children.forEach((child, n) -> recordCame(n, subTasks.stillAtWork(child)));
      }
    }

    /// Takes the questions back; a call that was allowed at the last moment is made.
    private void withdraw() {
      questions.forEach(
          (question, n) -> {
            approvals.withdraw(question, calls.get(n).name());
            queue.add(n);
          });
      questions.clear();
      make(begin(Integer.MAX_VALUE)); // children may have all the places, and are not waited for
    }

    private List<Begun> begin(int most) {
      var begun = new ArrayList<Begun>();
      while (!queue.isEmpty() && begun.size() + children.size() < most) {
        int n = queue.remove();
        begin(n, calls.get(n)).ifPresent(begun::add);
      }
      boolean mustBeKnown = begun.stream().anyMatch(one -> one.line() != null && !one.isReplay());
      if (mustBeKnown) {
        writer.commit();
      }
      return begun;
    }

    /// Begins one; empty if it is over, or waits for a child or an answer.
    private Optional<Begun> begin(int n, ToolCall call) {
      if (Acts.isCode(call) && isOffered(call.name())) {
        recordFailed(n, INVALID, codeRefused());
        return Optional.empty();
      }
      var tool = tool(call);
      if (tool.isEmpty()) {
        recordFailed(n, "UNKNOWN_TOOL", unknown(call.name()));
        return Optional.empty();
      }
      boolean isSubTask = isSubTask(call);
      // One that is under way was found fit and permitted before, be it by the rules of that time.
      boolean isBegun =
          isSubTask ? subTasks.isBegun(ordinal(n)) : journal.at(Slot.ofCall(turn, n)) != null;
      var misfit = isBegun || isSubTask ? Optional.<String>empty() : misfit(tool.get(), call);
      if (misfit.isPresent()) {
        recordFailed(n, INVALID, SubTasks.invalid(misfit.get()));
        return Optional.empty();
      }
      if (!isBegun && !isPermitted(n, tool.get(), call)) {
        return Optional.empty();
      }
      if (isSubTask) {
        delegate(n, call);
        return Optional.empty();
      }
      return begin(n, tool.get(), (Json.Object) call.arguments());
    }

    /// Whether it may be made now; if not, it is over or waits for an answer.
    private boolean isPermitted(int n, ToolFunction tool, ToolCall call) {
      if (!(call.arguments() instanceof Json.Object arguments)) {
        return true; // and is none
      }
      var judgement = approvals.judge(tool, arguments);
      int number = created + 1 + acts.numbersBefore(n);
      var key = Slot.ofCall(turn, n).key(job);
      return switch (approvals.verdict(judgement, number, key, tool.name())) {
        case ALLOW -> true;
        case DENY -> heard(n, approvals.denied(tool.name(), judgement));
        case ASK -> {
          if (!acts.asks().contains(n)) {
            recordFailed(
                n,
                "WITHDRAWN",
                "Not made: what it is about is judged otherwise by now. Call again.");
            yield false;
          }
          var question = approvals.ask(number, key, tool.name(), arguments, judgement);
          yield approvals
              .answer(question, tool.name())
              .map(answer -> heard(n, answer))
              .orElseGet(
                  () -> {
                    questions.put(question, n);
                    return false;
                  });
        }
      };
    }

    /// Whether a call may be made by that answer; if not, it is over.
    private boolean heard(int n, Approvals.Answer answer) {
      return switch (answer) {
        case Approvals.Answer.Allowed ignored -> true;
        case Approvals.Answer.Refused(var code, var message) -> {
          recordFailed(n, code, message);
          yield false;
        }
      };
    }

    private Optional<Begun> begin(int n, ToolFunction tool, Json.Object arguments) {
      var slot = Slot.ofCall(turn, n);
      var call = effects.callAt(slot, arguments);
      if (tool.policy() == EffectPolicy.READ_ONLY) {
        return Optional.of(new Begun(n, tool, call, null, false));
      }
      var known = journal.at(slot);
      if (known == null) {
        return Optional.of(
            new Begun(n, tool, call, effects.intended(slot, tool, arguments), false));
      }
      if (known.result() instanceof Effect.Result.Intended) {
        return Optional.of(new Begun(n, tool, call, known, true));
      }
      record(n, call, known, new Effects.Came(known.result(), Json.Object.EMPTY));
      return Optional.empty();
    }

    private void make(List<Begun> begun) {
      if (begun.size() == 1) {
        record(made(begun.getFirst()));
        return;
      }
      var over = new LinkedBlockingQueue<Made>();
      for (var one : begun) {
        Thread.ofVirtual().name("errand-tool-" + one.call().key()).start(() -> over.add(made(one)));
      }
      Made broken = null;
      for (int n = 0; n < begun.size(); n++) {
        var made = next(over);
        if (made.broken() == null) {
          record(made);
        } else {
          broken = made;
        }
      }
      if (broken != null) {
        record(broken);
      }
    }

    private Made next(LinkedBlockingQueue<Made> over) {
      boolean interrupted = false;
      try {
        while (true) {
          try {
            return over.take();
          } catch (InterruptedException again) {
            interrupted = true;
          }
        }
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }

    @SuppressWarnings("IllegalCatch")
    private Made made(Begun one) {
      try {
        var came =
            one.isReplay()
                ? effects.settled(one.tool(), one.call())
                : effects.made(one.tool(), one.call());
        return new Made(one, came, null);
      } catch (RuntimeException | Error broken) {
        return new Made(one, null, broken); // who waits for it must hear of it, whatever it is
      }
    }

    private void record(Made made) {
      var begun = made.begun();
      record(begun.number(), begun.call(), begun.line(), made.known());
    }

    private void record(int n, ToolFunction.Call call, @Nullable Effect line, Effects.Came came) {
      var data = Json.object("key", call.key()).with("tool", calls.get(n).name()).with("call", n);
      for (var member : came.more().members().entrySet()) {
        data = data.with(member.getKey(), member.getValue());
      }
      var kind = came.isUnknown() ? Entry.Kind.EFFECT_UNKNOWN : Entry.Kind.TOOL;
      var entry = new Change.Recorded(turn, kind, Effects.told(data, came.result()));
      if (line == null) {
        writer.add(entry);
      } else {
        journal.record(line.with(came.isUnknown() ? came.result() : OVER), entry);
        writer.commitSoon();
      }
    }

    private void recordFailed(int n, String code, String message) {
      recordCame(n, SubTasks.Came.failed(code, message));
    }

    private void recordCame(int n, SubTasks.Came came) {
      writer.add(entry(n, came));
    }

    private Change.Recorded entry(int n, SubTasks.Came came) {
      var data =
          Json.object("key", Slot.ofCall(turn, n).key(job))
              .with("tool", calls.get(n).name())
              .with("call", n);
      for (var member : came.data().members().entrySet()) {
        data = data.with(member.getKey(), member.getValue());
      }
      return new Change.Recorded(turn, Entry.Kind.TOOL, data);
    }

    /// The number of a call's child is the same in every pass, whichever calls are done by then.
    private int ordinal(int n) {
      return created + 1 + acts.numbersBefore(n) + (acts.asks().contains(n) ? 1 : 0);
    }

    private void delegate(int n, ToolCall call) {
      switch (subTasks.begin(ordinal(n), turn + "/" + n, call.arguments())) {
        case SubTasks.Begun.AtWork(var child) -> children.put(child, n);
        case SubTasks.Begun.Refused(var came, var event) -> writer.add(event, entry(n, came));
        case SubTasks.Begun.Wrong(var came) -> recordCame(n, came);
      }
    }

    /// Waits until so many children have ended or questions are answered, and goes on with all that
    /// have.
    private void hear(int needed) {
      waiting.until(
          Stream.concat(children.keySet().stream(), questions.keySet().stream()).toList(), needed);
      hearEnded();
      hearAnswers();
    }

    /// What is answered is begun anew, and finds its answer.
    private void hearAnswers() {
      var answered =
          questions.entrySet().stream()
              .filter(
                  one ->
                      approvals.answer(one.getKey(), calls.get(one.getValue()).name()).isPresent())
              .map(Map.Entry::getKey)
              .toList();
      answered.forEach(question -> queue.add(Objects.requireNonNull(questions.remove(question))));
    }

    private void hearEnded() {
      for (var ended : subTasks.ended(List.copyOf(children.keySet()))) {
        int n = Objects.requireNonNull(children.remove(ended.job()));
        recordCame(n, ended.came());
      }
    }

    private String codeRefused() {
      if (hasCode) {
        return "Not carried out: the fenced code of the same reply was. Use one way or the other";
      }
      long asked = calls.stream().filter(Acts::isCode).count();
      return asked > 1
          ? "Only 1 python_cli call is allowed per step, got " + asked
          : SubTasks.invalid("code is required: a text that is not blank");
    }
  }

  /// Which of a reply's calls wait for a person's answer, by their places.
  List<Integer> asks(List<ToolCall> reply) {
    return IntStream.range(0, reply.size()).filter(n -> isAsked(reply.get(n))).boxed().toList();
  }

  private boolean isAsked(ToolCall call) {
    return call.arguments() instanceof Json.Object arguments
        && !Acts.isCode(call)
        && tool(call)
            .filter(tool -> isSubTask(call) || misfit(tool, call).isEmpty())
            .filter(tool -> approvals.judge(tool, arguments).verdict() == Verdict.ASK)
            .isPresent();
  }

  private static boolean isSubTask(ToolCall call) {
    return call.name().equals(SubTasks.TOOL);
  }

  private Optional<ToolFunction> tool(ToolCall call) {
    if (isSubTask(call) && subTasks.mayBeCalled()) {
      return Optional.of(ToolFunction.SUB_TASK);
    }
    return isOffered(call.name()) ? registry.tool(agent, call.name()) : Optional.empty();
  }

  private Optional<String> misfit(ToolFunction tool, ToolCall call) {
    return registry.misfit(tool.spec(), call.arguments());
  }

  private static final Effect.Result OVER = new Effect.Result.Returned(Value.none());

  private boolean isOffered(String name) {
    return conduct.offers().stream().anyMatch(tool -> tool.name().equals(name));
  }

  private String unknown(String name) {
    boolean isWithheld =
        name.equals(Conduct.REMEMBER)
            && conduct.memory() != null
            && agent.tools().contains(Conduct.REMEMBER);
    if (isWithheld) {
      return "Error: this job is a subtask and only reads its memory: nothing was written. Say in"
          + " your answer what is to be remembered";
    }
    var known = conduct.offers().stream().map(ToolSpec::name).toList();
    return "Error: there is no tool "
        + name
        + " here; "
        + (known.isEmpty() ? "there are none" : "there are " + String.join(", ", known));
  }
}
