package dev.errand.testkit;

import dev.errand.job.AgentSpec;
import dev.errand.job.Blob;
import dev.errand.job.Checkpoint;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.NewJob;
import dev.errand.job.Outcome;
import dev.errand.job.Subtask;
import dev.errand.job.TaskError;
import dev.errand.job.Value;
import dev.errand.spi.Change;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Short words for the jobs and changes that store tests are made of.
final class Jobs {
  static final JobDefinition DEFINITION =
      JobDefinition.of(AgentSpec.program("tester"), CodeBlock.python("pass"));

  private Jobs() {}

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

  /// A checkpoint with these pieces, all of them given along.
  static Checkpoint checkpoint(String... pieces) {
    var fresh =
        Stream.of(pieces)
            .map(Jobs::blob)
            .distinct()
            .collect(Collectors.toMap(Blob::address, Function.identity()));
    return checkpoint(fresh, pieces);
  }

  /// A checkpoint with these pieces, none of which is given along.
  static Checkpoint checkpointOfStored(String... pieces) {
    return checkpoint(Map.of(), pieces);
  }

  private static Checkpoint checkpoint(Map<String, Blob> fresh, String... pieces) {
    return new Checkpoint(
        blob("manifest of " + pieces.length),
        Stream.of(pieces).map(piece -> blob(piece).address()).toList(),
        fresh,
        List.of(new Checkpoint.Variable("x", "str", String.join(",", pieces), "")));
  }
}
