package dev.errand.testkit;

import dev.errand.job.AgentSpec;
import dev.errand.job.Blob;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.Delta;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.Subtask;
import dev.errand.job.TaskError;
import dev.errand.job.Value;
import dev.errand.job.Variable;
import dev.errand.spi.Change;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Short words for the jobs and changes that store tests are made of.
final class Jobs {
  static final JobDefinition DEFINITION =
      JobDefinition.of(AgentSpec.program("tester"), CodeBlock.python("pass"));

  /// An agent that lives by a model.
  static final AgentSpec MODELLED =
      new AgentSpec(
          "modelled", "", "model:any", List.of(), "cpython", true, Limits.DEFAULT, List.of());

  private Jobs() {}

  /// An agent of a program, with limits.
  static AgentSpec limited(Limits limits) {
    return new AgentSpec("limited", "", null, List.of(), "cpython", true, limits, List.of());
  }

  static NewJob job(JobId id) {
    return new NewJob(id, null, DEFINITION, "asked", null, null);
  }

  static NewJob keyed(JobId id, String key) {
    return new NewJob(id, key, DEFINITION, "asked", null, null);
  }

  /// A child whose handler has that id; null for one without id.
  static NewJob subtask(JobId id, @Nullable Object handler) {
    return new NewJob(id, null, DEFINITION, "asked", Subtask.open(Json.of(handler)), null);
  }

  static Change created(JobId id) {
    return new Change.Created(job(id));
  }

  static Change delegated(JobId id, @Nullable Object handler) {
    return new Change.Created(subtask(id, handler));
  }

  static Change attached(JobId id, @Nullable Object handler) {
    return new Change.Attached(id, Json.of(handler));
  }

  static Change said(String text) {
    return new Change.Recorded(0, Entry.Kind.MESSAGE, Json.object("text", text));
  }

  static Completion result(@Nullable Object value) {
    return new Completion.Result(Value.of(value));
  }

  static Change delivered(@Nullable Object value) {
    return new Change.Completed(result(value));
  }

  static Change refused(String message) {
    return new Change.Completed(
        new Completion.Error(TaskError.of(TaskError.Kind.REPORTED, message, "")));
  }

  static Outcome succeeded(@Nullable Object value) {
    return new Outcome.Succeeded(Value.of(value));
  }

  static Change ended(Outcome outcome) {
    return new Change.Ended(outcome);
  }

  static Blob blob(String text) {
    return new Blob(text.getBytes(StandardCharsets.UTF_8));
  }

  /// A delta of that turn, which changes nothing yet.
  static Delta delta(int turn) {
    return new Delta(turn, List.of(), List.of(), Map.of());
  }

  /// The same, and a co-variable that is now these pieces, all of them given along.
  static Delta put(Delta delta, int number, String... pieces) {
    var chunks = new TreeMap<Integer, String>();
    for (var piece : pieces) {
      chunks.put(chunks.size(), piece);
    }
    return put(delta, number, pieces.length, chunks);
  }

  /// The same, and a co-variable of so many pieces, of which these are given along by their places
  /// and the others are kept.
  static Delta put(Delta delta, int number, int length, Map<Integer, String> pieces) {
    var fresh = new HashMap<>(delta.fresh());
    pieces.values().forEach(piece -> fresh.put(blob(piece).address(), blob(piece)));
    return new Delta(
        delta.turn(), with(delta.puts(), putOf(number, length, pieces)), delta.dropped(), fresh);
  }

  /// The same, and a co-variable that is gone.
  static Delta drop(Delta delta, int number) {
    return new Delta(delta.turn(), delta.puts(), with(delta.dropped(), number), delta.fresh());
  }

  /// The same, where all pieces are in the store already.
  static Delta ofStored(Delta delta) {
    return new Delta(delta.turn(), delta.puts(), delta.dropped(), Map.of());
  }

  private static Delta.Put putOf(int number, int length, Map<Integer, String> pieces) {
    var chunks = new TreeMap<Integer, String>();
    pieces.forEach((place, piece) -> chunks.put(place, blob(piece).address()));
    return new Delta.Put(
        number,
        blob("head of " + length),
        length,
        chunks,
        List.of(new Variable("v" + number, "str", length, pieces.toString(), "")));
  }

  private static <T> List<T> with(List<T> some, T more) {
    return Stream.concat(some.stream(), Stream.of(more)).toList();
  }
}
