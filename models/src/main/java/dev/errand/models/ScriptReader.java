package dev.errand.models;

import dev.errand.agent.Model.Reply;
import dev.errand.job.Json;
import dev.errand.job.ModelException;
import dev.errand.job.ToolCall;
import dev.errand.job.Usage;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.dataformat.yaml.YAMLFactory;

/// Reads a script from YAML, token by token, so that what is wrong can be said with its line.
final class ScriptReader {
  private static final String REPLY =
      "a reply is a text, or has text, calls or both, with usage and cutOff, or has error";

  private static final String CALL = "a call has tool, a name, and arguments, an object";

  private static final Pattern DELAY = Pattern.compile("(\\d{1,9})(ms|s|)");

  private final Path file;
  private final JsonParser parser;

  private ScriptReader(Path file, JsonParser parser) {
    this.file = file;
    this.parser = parser;
  }

  static Script read(Path file) {
    try (var parser = new YAMLFactory().createParser(ObjectReadContext.empty(), text(file))) {
      return new ScriptReader(file, parser).script();
    } catch (JacksonException malformed) {
      var place = malformed.getLocation();
      int line = place == null ? 1 : Math.max(1, place.getLineNr());
      throw refused(file, line, "not YAML: " + firstLine(malformed.getOriginalMessage()));
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException missing) {
      throw new ModelException("There is no script " + file + "; check the name.", missing);
    } catch (CharacterCodingException binary) {
      throw new ModelException("The script " + file + " is not UTF-8 text.", binary);
    } catch (IOException unreadable) {
      throw new ModelException("The script " + file + " cannot be read: " + unreadable, unreadable);
    }
  }

  private static String firstLine(@Nullable String message) {
    return message == null ? "unreadable" : message.lines().findFirst().orElse("unreadable");
  }

  private Script script() {
    Map<String, List<Script.Line>> agents = new HashMap<>();
    List<Script.Line> others = List.of();
    String summary = "";
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw refused("a script begins with replies: or agents:");
    }
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "replies" -> others = lines();
        case "agents" -> agents = agents();
        case "summary" -> summary = string("summary: is a text");
        default ->
            throw refused(
                "'" + name + "' means nothing here; known are replies, agents and summary");
      }
    }
    if (others.isEmpty() && agents.isEmpty()) {
      throw refused("there are no replies; list them under replies:");
    }
    return new Script(file.toString(), agents, others, summary);
  }

  private Map<String, List<Script.Line>> agents() {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw refused("agents: holds a list of replies for each agent's name");
    }
    var agents = new HashMap<String, List<Script.Line>>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var name = parser.currentName();
      parser.nextToken();
      agents.put(name, lines());
    }
    return agents;
  }

  private List<Script.Line> lines() {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw refused("replies are a list; begin each with a dash");
    }
    var lines = new ArrayList<Script.Line>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      lines.add(line(lines.size()));
    }
    return lines;
  }

  private Script.Line line(int index) {
    return switch (parser.currentToken()) {
      case VALUE_STRING -> Script.Line.says(parser.getString());
      case START_OBJECT -> detailed(index);
      default -> throw refused(REPLY);
    };
  }

  private Script.Line detailed(int index) {
    int start = parser.currentTokenLocation().getLineNr();
    var parts = new Parts();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "text" -> parts.text = string(REPLY);
        case "calls" -> parts.calls = calls(index);
        case "error" -> parts.error = string(REPLY);
        case "cutOff" -> parts.cutOff = flag(name);
        case "delay" -> parts.delay = delay();
        case "usage" -> parts.usage = usage();
        default -> throw refused("'" + name + "' means nothing here; " + REPLY);
      }
    }
    return new Script.Line(
        parts.outcome().orElseThrow(() -> refused(file, start, REPLY)), parts.delay);
  }

  /// What a reply with parts has so far.
  private static final class Parts {
    private @Nullable String text;
    private @Nullable List<ToolCall> calls;
    private @Nullable String error;
    private boolean cutOff;
    private Duration delay = Duration.ZERO;
    private Usage usage = Script.FREE;

    Optional<Script.Outcome> outcome() {
      boolean speaks = text != null || calls != null;
      if (error != null) {
        return speaks ? Optional.empty() : Optional.of(new Script.Outcome.Fails(error));
      }
      if (!speaks) {
        return Optional.empty();
      }
      var said = text == null ? "" : text;
      var called = calls == null ? List.<ToolCall>of() : calls;
      return Optional.of(new Script.Outcome.Says(new Reply(said, called, cutOff, usage)));
    }
  }

  private List<ToolCall> calls(int reply) {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw refused("calls are a list; begin each with a dash");
    }
    var calls = new ArrayList<ToolCall>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      calls.add(call("call-" + reply + "-" + calls.size()));
    }
    return calls;
  }

  private ToolCall call(String id) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw refused(CALL);
    }
    String tool = null;
    Json arguments = Json.Object.EMPTY;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "tool" -> tool = string(CALL);
        case "arguments" -> arguments = value();
        default -> throw refused("'" + name + "' means nothing here; " + CALL);
      }
    }
    if (tool == null) {
      throw refused(CALL);
    }
    return new ToolCall(id, tool, arguments);
  }

  private Json value() {
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        var object = Json.Object.EMPTY;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          var name = parser.currentName();
          parser.nextToken();
          object = object.with(name, value());
        }
        yield object;
      }
      case START_ARRAY -> {
        var items = new ArrayList<Json>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(value());
        }
        yield new Json.Array(items);
      }
      case VALUE_STRING -> new Json.Text(parser.getString());
      case VALUE_NUMBER_INT -> new Json.Number(parser.getBigIntegerValue().toString());
      case VALUE_NUMBER_FLOAT -> number();
      case VALUE_TRUE -> new Json.Bool(true);
      case VALUE_FALSE -> new Json.Bool(false);
      case VALUE_NULL -> Json.Null.VALUE;
      default -> throw refused("arguments are plain values, lists and objects");
    };
  }

  private Json number() {
    try {
      return Json.parse(parser.getDecimalValue().toString());
    } catch (JacksonException | IllegalArgumentException noNumber) {
      throw refused("JSON has no form for this number");
    }
  }

  private boolean flag(String name) {
    return switch (parser.currentToken()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> throw refused(name + " is true or false");
    };
  }

  private Duration delay() {
    var text = parser.currentToken().isScalarValue() ? parser.getString() : "";
    var delay = DELAY.matcher(text);
    if (!delay.matches()) {
      throw refused("a delay is written 2s, 50ms or 50, which are milliseconds");
    }
    long amount = Long.parseLong(delay.group(1));
    return delay.group(2).equals("s") ? Duration.ofSeconds(amount) : Duration.ofMillis(amount);
  }

  private Usage usage() {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw refused("usage: holds input, output and microUsd");
    }
    var amounts = new HashMap<String, Long>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var name = parser.currentName();
      if (!List.of("input", "output", "microUsd").contains(name)) {
        throw refused("'" + name + "' is no usage; known are input, output and microUsd");
      }
      if (parser.nextToken() != JsonToken.VALUE_NUMBER_INT || parser.getLongValue() < 0) {
        throw refused(name + " must be a whole number from 0 on");
      }
      amounts.put(name, parser.getLongValue());
    }
    return new Usage(
        1,
        amounts.getOrDefault("input", 0L),
        amounts.getOrDefault("output", 0L),
        amounts.getOrDefault("microUsd", 0L));
  }

  private String string(String otherwise) {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw refused(otherwise);
    }
    return parser.getString();
  }

  private ModelException refused(String what) {
    return refused(file, Math.max(1, parser.currentTokenLocation().getLineNr()), what);
  }

  private static ModelException refused(Path file, int line, String what) {
    return new ModelException(
        "The script " + file + " is wrong in line " + line + ": " + what + ".");
  }
}
