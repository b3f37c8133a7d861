package dev.errand.models;

import dev.errand.job.ModelException;
import dev.errand.job.Usage;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.dataformat.yaml.YAMLFactory;

/// Reads a script from YAML, token by token, so that what is wrong can be said with its line.
final class ScriptReader {
  private static final String REPLY = "a reply is a text, or has text and usage, or has error";

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
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw refused("a script begins with replies: or agents:");
    }
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "replies" -> others = lines();
        case "agents" -> agents = agents();
        default -> throw refused("'" + name + "' means nothing here; known are replies and agents");
      }
    }
    if (others.isEmpty() && agents.isEmpty()) {
      throw refused("there are no replies; list them under replies:");
    }
    return new Script(file.toString(), agents, others);
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
      lines.add(line());
    }
    return lines;
  }

  private Script.Line line() {
    return switch (parser.currentToken()) {
      case VALUE_STRING -> Script.Line.Says.free(parser.getString());
      case START_OBJECT -> detailed();
      default -> throw refused(REPLY);
    };
  }

  private Script.Line detailed() {
    int start = parser.currentTokenLocation().getLineNr();
    String text = null;
    String error = null;
    Usage usage = ScriptedModel.price(0, 0, 0);
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "text" -> text = string();
        case "error" -> error = string();
        case "usage" -> usage = usage();
        default -> throw refused("'" + name + "' means nothing here; " + REPLY);
      }
    }
    if (error != null && text == null) {
      return new Script.Line.Fails(error);
    }
    if (text == null || error != null) {
      throw refused(file, start, REPLY);
    }
    return new Script.Line.Says(text, usage);
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
    return ScriptedModel.price(
        amounts.getOrDefault("input", 0L),
        amounts.getOrDefault("output", 0L),
        amounts.getOrDefault("microUsd", 0L));
  }

  private String string() {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw refused(REPLY);
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
