package dev.errand.python;

import dev.errand.job.Blob;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.TaskError;
import dev.errand.job.Value;
import dev.errand.python.Frames.Frame;
import dev.errand.spi.Host;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a workspace's process says in one frame, in the words of [Host].
///
/// The process is not trusted to keep to the form: whatever does not fit is a [ProtocolException].
record Asked(Frame frame, Host.Mark mark) {
  /// Puts the question to the host.
  ///
  /// @return the answer to send back
  Frame put(Host host) throws ProtocolException {
    return switch (text("do")) {
      case "call" -> {
        var arguments = object(json(number("args")));
        yield Forms.value(host.call(mark, number("n"), text("tool"), arguments));
      }
      case "create" -> Forms.child(host.create(mark, childRequest()));
      case "attach" -> Forms.child(host.attach(mark, new JobId(text("job")), member("id")));
      case "complete" -> {
        host.complete(mark, completion());
        yield new Frame(Json.Object.EMPTY);
      }
      case "await" -> Forms.children(host.await(mark, number("n"), jobs(), number("needed")));
      case "peek" -> Forms.children(host.peek(mark, number("n"), jobs()));
      case "children" -> Forms.children(host.children(mark, number("n"), optional("id")));
      case "job" -> new Frame(Json.object("job", host.job()));
      case String other -> throw new ProtocolException("it asked for " + other);
    };
  }

  /// The error by which a block ended.
  TaskError error() throws ProtocolException {
    var header = frame.header();
    try {
      return new TaskError(
          TaskError.Kind.ofCode(text("kind")),
          text("message"),
          header.text("advice").orElse(""),
          header.text("trace").orElse(""));
    } catch (IllegalArgumentException unknownKind) {
      throw new ProtocolException("it raised " + text("kind"));
    }
  }

  /// A value whose content is among the frame's parts.
  Value value(String name) throws ProtocolException {
    var form = object(member(name));
    var json = form.number("json");
    if (json.isPresent()) {
      return new Value.Plain(json(json.get().intValue()));
    }
    int place = form.number("pickle").orElseThrow(() -> unfit(name)).intValue();
    return new Value.Pickled(part(place), form.text("text").orElse(""));
  }

  String text(String name) throws ProtocolException {
    return frame.header().text(name).orElseThrow(() -> unfit(name));
  }

  private Completion completion() throws ProtocolException {
    var error = frame.header().text("error");
    return error.isPresent()
        ? new Completion.Error(TaskError.of(TaskError.Kind.REPORTED, error.get(), ""))
        : new Completion.Result(value("value"));
  }

  private Host.ChildRequest childRequest() throws ProtocolException {
    var header = frame.header();
    var workspace = header.get("w");
    var parameters = header.get("params");
    return new Host.ChildRequest(
        number("n"),
        header.text("agent").orElse(null),
        object(member("form")),
        items(member("blocks")).stream().map(Asked::block).toList(),
        workspace.isEmpty() ? null : Marks.snapshot(object(workspace.get()), frame.parts(), 0),
        optional("id"),
        parameters.isEmpty() ? Json.Object.EMPTY : object(parameters.get()),
        header.text("locale").orElse(null));
  }

  private static CodeBlock block(Json form) {
    var parts = ((Json.Array) form).items();
    return new CodeBlock(
        CodeBlock.Kind.valueOf(((Json.Text) parts.get(0)).value()),
        ((Json.Text) parts.get(1)).value());
  }

  private List<JobId> jobs() throws ProtocolException {
    return items(member("jobs")).stream().map(id -> new JobId(((Json.Text) id).value())).toList();
  }

  /// A value that may be JSON null and may be missing: it comes in a list of one, or not at all.
  private @Nullable Json optional(String name) throws ProtocolException {
    var list = frame.header().get(name);
    return list.isEmpty() ? null : items(list.get()).getFirst();
  }

  private int number(String name) throws ProtocolException {
    return frame.header().number(name).orElseThrow(() -> unfit(name)).intValue();
  }

  private Json member(String name) throws ProtocolException {
    var found = frame.header().members().get(name);
    if (found == null) {
      throw unfit(name);
    }
    return found;
  }

  private Json json(int place) throws ProtocolException {
    try {
      return Json.parse(new String(part(place).bytes(), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException notJson) {
      throw new ProtocolException(notJson.getMessage());
    }
  }

  private Blob part(int place) throws ProtocolException {
    if (place < 0 || place >= frame.parts().size()) {
      throw new ProtocolException("there is no part " + place);
    }
    return frame.parts().get(place);
  }

  private static Json.Object object(Json json) throws ProtocolException {
    if (json instanceof Json.Object object) {
      return object;
    }
    throw new ProtocolException("not an object: " + json.print());
  }

  private static List<Json> items(Json json) throws ProtocolException {
    if (json instanceof Json.Array(var items)) {
      return items;
    }
    throw new ProtocolException("not a list: " + json.print());
  }

  private static ProtocolException unfit(String name) {
    return new ProtocolException("its frame has no fitting " + name);
  }
}
