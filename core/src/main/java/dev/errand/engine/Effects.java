package dev.errand.engine;

import dev.errand.agent.SubTaskFactory;
import dev.errand.agent.ToolFunction;
import dev.errand.agent.ToolHook;
import dev.errand.job.AgentSpec;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.Finding;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.RefusedException;
import dev.errand.job.Slot;
import dev.errand.job.Value;
import dev.errand.spi.Change;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Calls tools, each under a line of the journal.
 *
 *   (no line) ──permitted, commit──▶ Intended ──call──▶ Returned or Raised
 *                                        │
 *                                        └── met by a replay: nobody knows whether the call was made
 *                                  the tool's reconciler knows          ──▶ Returned or Raised, or called
 *                                  it does not, the policy allows calls ──▶ called again with the same key
 *                                  it does not, AT_MOST_ONCE            ──▶ Unknown: the code is told
 *
 * The intention is committed before the call. What came of it may be committed later: without it the intention is met
 * again. The same holds of Unknown, for whatever the code does upon it is committed after it.
 *
 * An operator moves lines too, in the store and only while nobody holds the job (Store.resolve). An intention that was
 * resolved answers a replay like any outcome. Unknown stays Unknown for the code, which was told so and has gone on; what
 * was found is kept beside it.
 *
 * READ_ONLY tools have no line. A subtask factory does nothing outside, so it needs no intention: a call without a line is
 * simply made again. What it said is recorded all the same, for its child is made of it, and committed together with that.
 *
 * Only the job's own thread uses this object.
 */
final class Effects {
  private static final String PERMISSION = "PermissionError";
  private static final Logger LOG = LoggerFactory.getLogger(Effects.class);

  private final Registry registry;
  private final JobId job;
  private final AgentSpec agent;
  private final StepWriter writer;
  private final Outbound outbound;
  private final Journal journal;
  private final Remembering remembering;
  private final OwnHistory ownHistory;

  Effects(
      Registry registry,
      JobId job,
      AgentSpec agent,
      StepWriter writer,
      Outbound outbound,
      Journal journal,
      Remembering remembering,
      OwnHistory ownHistory) {
    this.registry = registry;
    this.job = job;
    this.agent = agent;
    this.writer = writer;
    this.outbound = outbound;
    this.journal = journal;
    this.remembering = remembering;
    this.ownHistory = ownHistory;
  }

  /// Calls a tool or a subtask factory, where that is permitted.
  ///
  /// @param permit what asks whether it is; not asked of a call that was made, or was begun, before
  Value call(Slot slot, String name, Json.Object arguments, Permit permit) {
    var factory = registry.factory(agent, name);
    return factory.isPresent()
        ? said(slot, factory.get(), arguments, permit)
        : called(slot, tool(name), arguments, permit);
  }

  /// Asks whether a call may be made.
  interface Permit {
    /// Of a call that is made whatever the rules say.
    Permit NOT_NEEDED = (call, tool) -> Optional.empty();

    /// What is said against it; may wait.
    Optional<Approvals.Answer.Refused> refusal(ToolFunction.Call call, ToolFunction tool);
  }

  /// The form of a subtask that is to be started.
  private Value said(Slot slot, SubTaskFactory factory, Json.Object arguments, Permit permit) {
    var name = factory.name();
    var digest = Journal.digest(arguments.print());
    var known = journal.recorded(slot, name, digest);
    if (known == null) {
      journal.requireAllAsked(slot, name);
      var asked = new ToolFunction.Call(job, slot.key(job), arguments);
      var refusal = permit.refusal(asked, registry.described(factory));
      if (refusal.isPresent()) {
        throw new RefusedException(PERMISSION, refusal.get().message());
      }
      var result = invoke(name, ToolFunction.TIMEOUT, () -> factory.spec(arguments).form());
      known = new Effect(slot, name, digest, EffectPolicy.IDEMPOTENT, result);
      journal.record(known);
    }
    outbound.requireOpen();
    return answer(slot.key(job), name, known.result());
  }

  private Value called(Slot slot, ToolFunction tool, Json.Object arguments, Permit permit) {
    var name = tool.name();
    var call = callAt(slot, arguments);
    var digest = Journal.digest(arguments.print());
    var known = journal.recorded(slot, name, digest);
    if (known == null) {
      var refusal = permit.refusal(call, tool);
      if (refusal.isPresent()) {
        known = refused(slot, call, tool, refusal.get());
      }
    }
    if (known == null && tool.policy() == EffectPolicy.READ_ONLY) {
      if (OwnHistory.isReadBy(tool)) {
        writer.commit(); // it reads what is committed, and a replay has to read the same
      } else {
        writer.commitSoon();
      }
      var result = made(tool, call).result();
      outbound.requireOpen();
      return answer(call.key(), name, result);
    }
    if (known == null) {
      journal.requireAllAsked(slot, name);
      known = intended(slot, tool, arguments);
      writer.commit();
      known = record(call, known, made(tool, call));
    } else if (known.result() instanceof Effect.Result.Intended) {
      known = record(call, known, settled(tool, call));
    }
    outbound.requireOpen();
    return answer(call.key(), name, known.result());
  }

  /// Records that a call was not made; one that is not journalled is simply not made again.
  private Effect refused(
      Slot slot, ToolFunction.Call call, ToolFunction tool, Approvals.Answer.Refused why) {
    var result = new Effect.Result.Raised(PERMISSION, why.message());
    var line =
        new Effect(
            slot, tool.name(), Journal.digest(call.arguments().print()), tool.policy(), result);
    return tool.policy() == EffectPolicy.READ_ONLY
        ? line
        : record(call, line, new Came(result, Json.object("code", why.code())));
  }

  /// Goes no further once the job is to come to rest; only while no call is under way.
  void requireNoRest() {
    outbound.requireNoRest();
  }

  /// The call at that place, as its tool is given it.
  ToolFunction.Call callAt(Slot slot, Json.Object arguments) {
    return remembering.call(slot, arguments);
  }

  /// Records that a call is about to be made; it may be once that is committed.
  Effect intended(Slot slot, ToolFunction tool, Json.Object arguments) {
    var digest = Journal.digest(arguments.print());
    var line =
        new Effect(slot, tool.name(), digest, tool.policy(), new Effect.Result.Intended(arguments));
    journal.record(line);
    return line;
  }

  private ToolFunction tool(String name) {
    return registry
        .tool(agent, name)
        .orElseThrow(
            () ->
                new RefusedException(
                    "NameError", "Agent " + agent.name() + " has no tool " + name));
  }

  private static Value answer(String key, String name, Effect.Result result) {
    return switch (result) {
      case Effect.Result.Returned(var value) -> value;
      case Effect.Result.Raised(var type, var message) -> throw new RefusedException(type, message);
      case Effect.Result.Unknown ignored ->
          throw new RefusedException(
              "EffectUnknown",
              """
              The call of %s (%s) was begun and its outcome is not known; it is not made again. \
              Find out what became of it before going on.\
              """
                  .formatted(name, key));
      case Effect.Result.Intended ignored ->
          throw new IllegalStateException("An intention is no answer");
    };
  }

  /// What came of a call, and what the history says of it besides.
  record Came(Effect.Result result, Json.Object more) {
    /// Whether nobody knows.
    boolean isUnknown() {
      return result instanceof Effect.Result.Unknown;
    }
  }

  /// Makes a call, unless a hook makes something else of it; any thread may.
  Came made(ToolFunction tool, ToolFunction.Call call) {
    return new Came(
        invoke(tool.name(), tool.timeout(), () -> calledBehindHooks(tool, call)),
        Json.Object.EMPTY);
  }

  private @Nullable Object calledBehindHooks(ToolFunction tool, ToolFunction.Call call)
      throws Exception {
    var use = new ToolHook.Use(agent.name(), call, tool.name());
    for (var hook : registry.hooks(agent)) {
      switch (hook.before(use)) {
        case ToolHook.Decision.GoOn ignored -> {}
        case ToolHook.Decision.Halt(var message) -> throw new IllegalStateException(message);
        case ToolHook.Decision.Replace(var value) -> {
          return value;
        }
      }
    }
    return OwnHistory.isReadBy(tool) ? ownHistory.read(call) : tool.action().call(call);
  }

  /// What came of an intention whose call may or may not have been made; any thread may ask.
  Came settled(ToolFunction tool, ToolFunction.Call call) {
    var answer = reconcile(tool, call);
    var finding = answer.finding();
    return switch (finding) {
      case Finding.Returned(var value) -> reconciled(new Effect.Result.Returned(value));
      case Finding.Raised(var message) -> reconciled(Effect.Result.Raised.by(tool.name(), message));
      case Finding.NotMade ignored -> made(tool, call);
      case null ->
          tool.policy() == EffectPolicy.AT_MOST_ONCE
              ? new Came(new Effect.Result.Unknown(call.arguments(), null), answer.trouble())
              : made(tool, call);
    };
  }

  private static Came reconciled(Effect.Result result) {
    return new Came(result, Json.object("reconciled", true));
  }

  private Effect record(ToolFunction.Call call, Effect line, Came came) {
    var effect = line.with(came.result());
    var kind = came.isUnknown() ? Entry.Kind.EFFECT_UNKNOWN : Entry.Kind.TOOL;
    var data =
        Json.object("key", call.key())
            .with("tool", effect.name())
            .with("arguments", call.arguments());
    for (var member : came.more().members().entrySet()) {
      data = data.with(member.getKey(), member.getValue());
    }
    var told = told(data, effect.result());
    journal.record(effect, new Change.Recorded(effect.slot().turn(), kind, told));
    writer.commitSoon();
    return effect;
  }

  /// An entry with what came of a call.
  static Json.Object told(Json.Object data, Effect.Result result) {
    return switch (result) {
      case Effect.Result.Raised(var type, var message) -> data.with("error", message);
      case Effect.Result.Returned(var value) -> data.with("result", value.text());
      case Effect.Result.Unknown ignored -> data;
      case Effect.Result.Intended ignored -> data;
    };
  }

  /// What a reconciler said; no finding if it does not know, failed, or there is none.
  private record Answer(@Nullable Finding finding, Json.Object trouble) {}

  @SuppressWarnings("IllegalCatch")
  private Answer reconcile(ToolFunction tool, ToolFunction.Call call) {
    var reconciler = tool.reconciler();
    if (reconciler == null) {
      return new Answer(null, Json.Object.EMPTY);
    }
    try {
      return new Answer(
          outbound.tool(tool.timeout(), () -> reconciler.find(call)).orElse(null),
          Json.Object.EMPTY);
    } catch (InterruptedException stopped) {
      throw interrupted(tool.name());
    } catch (Exception | AssertionError | LinkageError | StackOverflowError failed) {
      return new Answer(null, Json.object("reconciler", message(failed)));
    }
  }

  @SuppressWarnings("IllegalCatch")
  private Effect.Result invoke(String name, Duration most, Callable<@Nullable Object> call) {
    try {
      return new Effect.Result.Returned(Value.of(outbound.tool(most, call)));
    } catch (InterruptedException stopped) {
      if (!isInterruptedByItself()) {
        throw interrupted(name);
      }
      return Effect.Result.Raised.by(name, message(stopped));
    } catch (Exception | AssertionError | LinkageError | StackOverflowError failed) {
      LOG.info("Tool {} failed in job {}", name, job, failed);
      return Effect.Result.Raised.by(name, message(failed));
    } finally {
      if (isInterruptedByItself()) {
        Thread.interrupted(); // a tool's own affair, and none of what the thread does next
      }
    }
  }

  /// Whether an interrupt can only be the tool's own doing: the engine interrupts the threads of
  /// Java programs, and those of calls that it breaks off.
  private boolean isInterruptedByItself() {
    return outbound.isOpen() && !agent.runtime().equals(JavaRuntime.NAME);
  }

  private static Dropped interrupted(String tool) {
    Thread.currentThread().interrupt();
    return new Dropped("interrupted in tool " + tool);
  }

  private static String message(Throwable failed) {
    return Objects.requireNonNullElse(failed.getMessage(), failed.getClass().getName());
  }
}
