package dev.errand.python;

import dev.errand.job.Blob;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.DurableObject;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.RefusedException;
import dev.errand.job.Retry;
import dev.errand.job.StoredForm;
import dev.errand.job.TaskError;
import dev.errand.job.Value;
import dev.errand.job.Wait;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a workspace's process says in one frame, in the words of [Host].
///
/// @param form the frame's header
/// @param parts the bytes it brings
/// @param mark how far the code has come
record Asked(Form form, List<Blob> parts, Host.Mark mark) {
  /// What it asks or tells.
  String what() {
    return form.text("do");
  }

  /// Puts the question to the host.
  ///
  /// @return the answer to send back
  Frame put(Host host) {
    return switch (what()) {
      case "call" -> {
        var arguments = Form.of(json(form.number("args"))).json();
        yield Forms.value(
            host.call(mark, form.number("n"), form.number("child"), form.text("tool"), arguments));
      }
      case "create" -> Forms.child(host.create(mark, childRequest(host)));
      case "attach" -> Forms.child(host.attach(mark, job(form.any("job")), form.any("id")));
      case "complete" -> {
        host.complete(mark, completion());
        yield new Frame(Json.Object.EMPTY);
      }
      case "await" -> Forms.children(host.await(mark, form.number("n"), awaited()));
      case "later" -> {
        var delay = Duration.ofMillis(form.longNumber("millis"));
        yield new Frame(
            Json.object("at", host.later(mark, form.number("n"), delay).toEpochMilli()));
      }
      case "cancel" -> {
        host.cancel(mark, form.number("n"), job(form.any("job")), form.text("reason"));
        yield new Frame(Json.Object.EMPTY);
      }
      case "tell" -> {
        boolean revives = form.longNumber("revives") == 1;
        long place =
            host.tell(mark, form.number("n"), job(form.any("job")), form.text("text"), revives);
        yield new Frame(Json.object("place", place));
      }
      case "report" -> {
        host.report(mark, form.number("n"), form.text("text"));
        yield new Frame(Json.Object.EMPTY);
      }
      case "peek" -> Forms.children(host.peek(mark, form.number("n"), jobs()));
      case "replies" ->
          new Frame(
              Json.object("texts", host.replies(mark, form.number("n"), job(form.any("job")))));
      case "children" -> Forms.children(host.children(mark, form.number("n"), subtaskId()));
      case "new_object" -> new Frame(Json.object("id", host.newObject(mark, form.number("n"))));
      case "object" -> Forms.object(host.object(mark, form.number("n"), form.text("id")));
      case "change" -> {
        host.change(mark, form.number("n"), objects());
        yield new Frame(Json.Object.EMPTY);
      }
      case "job" -> {
        host.note(mark);
        yield new Frame(Json.object("job", host.job()));
      }
      case String other -> throw new Form.Misfit("asked for " + other);
    };
  }

  /// The error by which a block ended.
  TaskError error() {
    return new TaskError(
        Form.fitting(() -> TaskError.Kind.ofCode(form.text("kind"))),
        form.text("message"),
        form.optionalText("advice").orElse(""),
        form.optionalText("trace").orElse(""));
  }

  /// A value whose content is among the parts.
  Value value() {
    return value(form.form("value"));
  }

  private Value value(Form value) {
    return value.optional("json").isPresent()
        ? new Value.Plain(json(value.number("json")))
        : new Value.Pickled(part(value.number("pickle")), value.text("text"));
  }

  /// The value as a model is shown it; null where it is not.
  Workspace.@Nullable Shown shown() {
    return form.optional("shown").map(Form::items).map(Asked::shown).orElse(null);
  }

  private static Workspace.Shown shown(List<Json> texts) {
    var brief = Form.text(Form.fitting(() -> texts.get(0)));
    return new Workspace.Shown(brief, texts.size() == 1 ? brief : Form.text(texts.get(1)));
  }

  private Completion completion() {
    return form.optionalText("error")
        .<Completion>map(
            error -> new Completion.Error(TaskError.of(TaskError.Kind.REPORTED, error, "")))
        .orElseGet(() -> new Completion.Result(value()));
  }

  private Host.ChildRequest childRequest(Host host) {
    return new Host.ChildRequest(
        form.number("n"),
        form.optionalText("agent").orElse(null),
        form.form("form").json(),
        form.items("blocks").stream().map(Asked::block).toList(),
        form.optional("w").map(w -> Marks.snapshot(Form.of(w), parts, 0)).orElse(null),
        subtaskId(),
        new Host.Briefing(
            form.optional("params").map(Form::of).map(Form::json).orElse(Json.Object.EMPTY),
            form.optionalText("locale").orElse(null),
            form.optionalText("message").orElse(null),
            form.optional("schema").map(Form::of).map(Form::json).orElse(null),
            form.optional("millis").isPresent()
                ? Duration.ofMillis(form.longNumber("millis"))
                : null,
            form.optional("budget")
                .map(Form::of)
                .map(Form::json)
                .map(StoredForm::budget)
                .orElse(null),
            retry(host),
            form.optional("priority").isPresent() ? form.number("priority") : null));
  }

  /// What the code has come to by then counts, also where it is refused.
  private @Nullable Retry retry(Host host) {
    try {
      return form.optional("policy")
          .map(policy -> StoredForm.retry(Form.of(policy).json()))
          .or(() -> form.optional("retry").map(RetryForm::read))
          .orElse(null);
    } catch (RefusedException refused) {
      host.note(mark);
      throw refused;
    }
  }

  private static CodeBlock block(Json json) {
    var block = Form.items(json);
    return Form.fitting(
        () ->
            new CodeBlock(
                CodeBlock.Kind.valueOf(Form.text(block.get(0))), Form.text(block.get(1))));
  }

  /// Durable objects as they are to be: id, type, version and attributes of each.
  private List<DurableObject> objects() {
    return form.items("objects").stream().map(Form::items).map(this::object).toList();
  }

  private DurableObject object(List<Json> line) {
    return Form.fitting(
        () -> {
          var attributes = new LinkedHashMap<String, Value>();
          Form.of(line.get(3))
              .json()
              .members()
              .forEach((name, value) -> attributes.put(name, value(Form.of(value))));
          return new DurableObject(
              Form.text(line.get(0)),
              null,
              Form.text(line.get(1)),
              Form.number(line.get(2)),
              attributes,
              null);
        });
  }

  private Wait awaited() {
    var until = form.optional("until").map(Form::longNumber).map(Instant::ofEpochMilli);
    return Form.fitting(() -> new Wait(jobs(), form.number("needed"), until.orElse(null)));
  }

  private List<JobId> jobs() {
    return form.items("jobs").stream().map(Asked::job).toList();
  }

  private static JobId job(Json json) {
    return Form.fitting(() -> new JobId(Form.text(json)));
  }

  /// An id may be JSON null and may be missing, so it comes in a list of one or not at all.
  private @Nullable Json subtaskId() {
    return form.optional("id").map(id -> Form.items(id).getFirst()).orElse(null);
  }

  private Json json(int place) {
    var text = new String(part(place).bytes(), StandardCharsets.UTF_8);
    return Form.fitting(() -> Json.parse(text));
  }

  private Blob part(int place) {
    return Form.fitting(() -> parts.get(place));
  }
}
