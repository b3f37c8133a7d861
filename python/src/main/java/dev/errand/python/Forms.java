package dev.errand.python;

import dev.errand.job.Blob;
import dev.errand.job.Completion;
import dev.errand.job.DurableObject;
import dev.errand.job.Effect;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import dev.errand.job.RefusedException;
import dev.errand.job.Value;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// What Java says to a workspace's process, as frames.
final class Forms {
  private static final int HASH_DIGITS = 16;

  /// The processor time after which the kernel ends a process, should nobody else: that of many
  /// blocks, since a process kept warm carries out one after another.
  private static final int CPU_BLOCKS = 10;

  private static final int CPU_SPARE = 60;

  private Forms() {}

  static Frame opening(WorkspaceRuntime.Opening opening) {
    var header =
        Json.object("do", "open")
            .with("job", opening.job().text())
            .with("agent", opening.agent())
            .with("restricted", opening.restricted())
            .with("limits", limits(opening.limits()))
            .with("imports", opening.imports())
            .with("tools", opening.tools().stream().map(Forms::tool).toList());
    var state = opening.state();
    if (state == null) {
      return new Frame(header);
    }
    var contents = new ArrayList<Blob>();
    var counts = new ArrayList<Json>();
    for (var part : state.parts()) {
      counts.add(Json.of(List.of(part.number(), part.chunks().size())));
      contents.add(part.head());
      contents.addAll(part.chunks());
    }
    return new Frame(header.with("w", counts), contents);
  }

  private static Json.Object limits(Limits limits) {
    return Json.object("statements", limits.statements())
        .with(
            "process",
            Json.object("memory", limits.memoryBytes())
                .with("files", limits.fileBytes())
                .with("seconds", CPU_SPARE + CPU_BLOCKS * limits.blockTime().toSeconds()));
  }

  private static Json tool(WorkspaceRuntime.ToolSignature tool) {
    var signature = Stream.of(tool.name(), tool.description(), tool.parameters());
    return Json.of(Stream.concat(signature, after(tool)).toList());
  }

  /// What comes of a call that has returned, if it is more than its value.
  private static Stream<Json> after(WorkspaceRuntime.ToolSignature tool) {
    var after = Json.Object.EMPTY;
    if (tool.errorHandler() != null) {
      after = after.with("on_error", tool.errorHandler());
    }
    if (tool.exit() != null) {
      after = after.with("exit", List.of(tool.exit()));
    }
    if (tool.starts() != null) {
      after = after.with("starts", tool.starts());
    }
    return after.members().isEmpty() ? Stream.of() : Stream.of(after);
  }

  static Frame run(Workspace.Run run, Json.Object job) {
    var source = run.block().source();
    var parts = new ArrayList<Blob>();
    var header =
        Json.object("do", "run")
            .with("turn", run.turn())
            .with("kind", run.block().kind().name())
            .with("source", source)
            .with("hash", hash(source))
            .with("statement", run.statement())
            .with("created", run.created())
            .with("printed", run.printed())
            .with("readings", readings(run))
            .with("told", run.told().stream().map(told -> told(told, parts)).toList())
            .with("show", run.show())
            .with("stop", run.stop())
            .with("job", job);
    return new Frame(header, parts);
  }

  private static Json told(Workspace.Told told, List<Blob> parts) {
    var ended = told.ended().stream().map(child -> form(child, parts)).toList();
    return Json.of(List.of(told.slot().statement(), told.slot().ordinal(), ended));
  }

  private static String hash(String source) {
    return new Blob(source.getBytes(StandardCharsets.UTF_8)).address().substring(0, HASH_DIGITS);
  }

  private static List<Json> readings(Workspace.Run run) {
    var readings = new ArrayList<Json>();
    for (var effect : run.readings()) {
      if (effect.slot().turn() == run.turn()
          && effect.result() instanceof Effect.Result.Returned(Value.Plain(var value))) {
        var slot = effect.slot();
        readings.add(Json.of(List.of(slot.statement(), slot.ordinal(), effect.name(), value)));
      }
    }
    return readings;
  }

  static Frame value(Value value) {
    return switch (value) {
      case Value.Plain(var json) -> new Frame(Json.object("value", Json.object("json", json)));
      case Value.Pickled(var bytes, var ignored) ->
          new Frame(Json.object("value", Json.object("pickle", 0)), List.of(bytes));
    };
  }

  static Frame object(DurableObject object) {
    var parts = new ArrayList<Blob>();
    var attributes = Json.Object.EMPTY;
    for (var attribute : object.attributes().entrySet()) {
      attributes = attributes.with(attribute.getKey(), form(attribute.getValue(), parts));
    }
    var by = object.by();
    return new Frame(
        Json.object("version", object.version())
            .with("by", by == null ? null : by.text())
            .with("attributes", attributes),
        parts);
  }

  private static Json form(Value value, List<Blob> parts) {
    return switch (value) {
      case Value.Plain(var json) -> Json.object("json", json);
      case Value.Pickled(var bytes, var ignored) -> {
        parts.add(bytes);
        yield Json.object("pickle", parts.size() - 1);
      }
    };
  }

  static Frame child(Host.Child child) {
    var parts = new ArrayList<Blob>();
    return new Frame(Json.object("child", form(child, parts)), parts);
  }

  static Frame children(List<Host.Child> children) {
    var parts = new ArrayList<Blob>();
    var forms = children.stream().map(child -> form(child, parts)).toList();
    return new Frame(Json.object("children", forms), parts);
  }

  private static Json form(Host.Child child, List<Blob> parts) {
    var form =
        Json.object("job", child.job().text())
            .with("agent", child.agent())
            .with("id", child.subtaskId())
            .with("handled", child.subtaskId() != null)
            .with("state", child.state().name());
    return switch (child.completion()) {
      case null -> form;
      case Completion.Error(var error) ->
          form.with(
              "ended",
              Json.object(
                  "error",
                  Json.object("kind", error.kind().code())
                      .with("message", error.message())
                      .with("advice", error.advice())
                      .with("trace", error.trace())));
      case Completion.Result(Value.Plain(var json)) ->
          form.with("ended", Json.object("json", json));
      case Completion.Result(Value.Pickled(var bytes, var ignored)) -> {
        parts.add(bytes);
        yield form.with("ended", Json.object("pickle", parts.size() - 1));
      }
    };
  }

  static Frame refusal(RefusedException refused) {
    var message = refused.getMessage() == null ? "" : refused.getMessage();
    return new Frame(Json.object("no", List.of(refused.type(), message)));
  }

  static String seconds(Duration time) {
    return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
  }
}
