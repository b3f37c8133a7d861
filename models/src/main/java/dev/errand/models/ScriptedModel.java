package dev.errand.models;

import dev.errand.agent.Model;
import dev.errand.job.ModelException;
import dev.errand.job.Usage;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// A model that says what its script says, for demonstrations and tests without a key.
///
/// It keeps nothing: how many replies the conversation holds already decides which one is next, so
/// a script goes on where it was after any restart.
public final class ScriptedModel implements Model {
  private final Script script;

  private ScriptedModel(Script script) {
    this.script = script;
  }

  /// The model that gives these replies to every agent, in this order.
  public static ScriptedModel replying(String... texts) {
    var lines = Stream.of(texts).<Script.Line>map(Script.Line.Says::free).toList();
    return new ScriptedModel(new Script("The script", Map.of(), lines));
  }

  /// The model whose script is in that YAML file: `replies:`, a list for every agent, or `agents:`,
  /// a list for each name.
  ///
  /// A reply is a text; or `text:` with `usage: {input: …, output: …, microUsd: …}`; or `error:`,
  /// which fails the call.
  ///
  /// @throws ModelException if there is no such file or it is no script, naming file and line
  public static ScriptedModel read(Path file) {
    return new ScriptedModel(ScriptReader.read(file));
  }

  @Override
  public Reply reply(Request request) {
    var lines = script.lines(request.agent());
    int said = said(request);
    if (said >= lines.size()) {
      throw new ModelException(exhausted(request.agent(), lines));
    }
    return switch (lines.get(said)) {
      case Script.Line.Says(var text, var usage) -> new Reply(text, usage);
      case Script.Line.Fails(var message) -> throw new ModelException(message);
    };
  }

  /// Exactly what the next call costs; nothing for one that fails.
  @Override
  public Usage estimate(Request request) {
    var lines = script.lines(request.agent());
    int said = said(request);
    return said < lines.size() && lines.get(said) instanceof Script.Line.Says(var text, var usage)
        ? usage
        : price(0, 0, 0);
  }

  private static int said(Request request) {
    return (int)
        request.messages().stream()
            .filter(message -> message instanceof Model.Message.Assistant)
            .count();
  }

  private String exhausted(String agent, List<Script.Line> lines) {
    return "%s has %s for agent %s and was asked for one more; add it, or let the last one call exit."
        .formatted(script.name(), lines.size() == 1 ? "1 reply" : lines.size() + " replies", agent);
  }

  static Usage price(long input, long output, long microUsd) {
    return new Usage(1, input, output, microUsd);
  }
}
