package dev.errand.models;

import dev.errand.agent.Model;
import dev.errand.job.ModelException;
import dev.errand.job.Usage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// A model that says what its script says, for demonstrations and tests without a key.
///
/// It keeps nothing: how many replies the job has had already decides which one is next, so a
/// script goes on where it was after any restart. Summaries are no part of that count.
public final class ScriptedModel implements Model {
  private static final int PIECES = 3;

  private final Script script;

  private ScriptedModel(Script script) {
    this.script = script;
  }

  /// The model that gives these replies to every agent, in this order.
  public static ScriptedModel replying(String... texts) {
    return of(Stream.of(texts).map(Script.Line::says));
  }

  /// The model that gives these replies, which may call tools, to every agent, in this order.
  public static ScriptedModel of(Reply... replies) {
    return of(Stream.of(replies).map(Script.Line::says));
  }

  private static ScriptedModel of(Stream<Script.Line> lines) {
    return new ScriptedModel(new Script("The script", Map.of(), lines.toList(), ""));
  }

  /// The model whose script is in that YAML file: `replies:`, a list for every agent, or `agents:`,
  /// a list for each name; and `summary:`, a text for when a summary is asked for.
  ///
  /// A reply is a text; or it has `text:`, `calls:`, a list of `{tool: …, arguments: {…}}`, or
  /// both, with `usage: {input: …, output: …, microUsd: …}` and `cutOff: true`; or it has `error:`,
  /// which fails the call. `delay:` is waited for first: `2s`, `50ms`, or a number of milliseconds.
  ///
  /// @throws ModelException if there is no such file or it is no script, naming file and line
  public static ScriptedModel read(Path file) {
    return new ScriptedModel(ScriptReader.read(file));
  }

  /// @throws ModelException if the script fails this call, has no more replies, or the thread was
  ///   interrupted in a delay; its flag stays set
  @Override
  public Reply reply(Request request) {
    if (request.purpose() == Purpose.SUMMARY) {
      return script.summary(request);
    }
    var lines = script.lines(request.agent());
    if (request.replies() >= lines.size()) {
      throw new ModelException(exhausted(request.agent(), lines));
    }
    var line = lines.get(request.replies());
    pause(line.delay());
    return switch (line.outcome()) {
      case Script.Outcome.Says(var reply) -> reply;
      case Script.Outcome.Fails(var message) -> throw new ModelException(message);
    };
  }

  /// The same; the text is said in a few pieces.
  @Override
  public Reply reply(Request request, Consumer<String> said) {
    var reply = reply(request);
    var text = reply.text();
    int size = Math.max(1, (text.length() + PIECES - 1) / PIECES);
    for (int from = 0; from < text.length(); ) {
      int to = Math.min(text.length(), from + size);
      if (to < text.length() && Character.isLowSurrogate(text.charAt(to))) {
        to++;
      }
      said.accept(text.substring(from, to));
      from = to;
    }
    return reply;
  }

  /// Exactly what the next call costs; nothing for one that fails.
  @Override
  public Usage estimate(Request request) {
    var lines = script.lines(request.agent());
    return request.purpose() == Purpose.TURN
            && request.replies() < lines.size()
            && lines.get(request.replies()).outcome() instanceof Script.Outcome.Says(var reply)
        ? reply.usage()
        : Script.FREE;
  }

  private void pause(Duration delay) {
    try {
      Thread.sleep(delay);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new ModelException(script.name() + " was interrupted in a delay.", interrupted);
    }
  }

  private String exhausted(String agent, List<Script.Line> lines) {
    return "%s has %s for agent %s and was asked for one more; add it, or let the last one call exit."
        .formatted(script.name(), lines.size() == 1 ? "1 reply" : lines.size() + " replies", agent);
  }
}
