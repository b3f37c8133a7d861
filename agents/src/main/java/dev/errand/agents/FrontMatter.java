package dev.errand.agents;

import dev.errand.job.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.dataformat.yaml.YAMLFactory;

/// A Markdown file taken apart: the YAML between its first two lines `---`, and all that follows.
///
/// @param fields by key, in order
/// @param body the text after it; all of the text if there is no front matter
/// @param warnings what was not read as it is written
record FrontMatter(Map<String, Field> fields, String body, List<String> warnings) {
  /// Values that people leave without the quotes that YAML asks for.
  private static final Pattern BARE =
      Pattern.compile(
          "([A-Za-z][\\w-]*):[ \\t]+((?![\"'\\[{|>#&!]).*(?::(?:\\s.*|$)|\\s#.*)|[*@`%].*)");

  private static final String RULE = "---\\s*";

  /// What a key has.
  ///
  /// @param line of the file
  record Field(int line, Json value) {}

  /// Takes a text apart.
  ///
  /// @throws AgentFileError if it cannot be done
  static FrontMatter of(String text) throws AgentFileError {
    var plain = text.replaceFirst("^\uFEFF", "").replace("\r\n", "\n");
    var lines = plain.lines().toList();
    if (lines.isEmpty() || !lines.getFirst().matches(RULE)) {
      return new FrontMatter(Map.of(), plain.strip(), List.of());
    }
    int end = 1;
    while (end < lines.size() && !lines.get(end).matches(RULE)) {
      end++;
    }
    if (end == lines.size()) {
      throw new AgentFileError(
          1, "it begins with ---, and no second line --- ends what should be YAML");
    }
    var body = String.join("\n", lines.subList(end + 1, lines.size())).strip();
    return read(lines.subList(1, end), body);
  }

  private static FrontMatter read(List<String> yaml, String body) throws AgentFileError {
    try {
      return new FrontMatter(fields(yaml), body, List.of());
    } catch (JacksonException malformed) {
      var warnings = new ArrayList<String>();
      var quoted = quoted(yaml, warnings);
      try {
        return new FrontMatter(fields(quoted), body, warnings);
      } catch (JacksonException stillMalformed) {
        var place = malformed.getLocation();
        int line = place == null ? 2 : Math.max(1, place.getLineNr()) + 1;
        throw new AgentFileError(
            line,
            "not YAML: %s; a text with ': ' in it needs quotes"
                .formatted(firstLine(malformed.getOriginalMessage())));
      }
    }
  }

  private static String firstLine(@Nullable String message) {
    return message == null ? "unreadable" : message.lines().findFirst().orElse("unreadable");
  }

  private static List<String> quoted(List<String> yaml, List<String> warnings) {
    var quoted = new ArrayList<String>();
    for (var line : yaml) {
      var bare = BARE.matcher(line);
      if (bare.matches()) {
        warnings.add(
            "line %d: %s needs quotes to be YAML; it is read as it is written"
                .formatted(quoted.size() + 2, bare.group(1)));
        quoted.add(bare.group(1) + ": " + Json.of(bare.group(2).strip()).print());
      } else {
        quoted.add(line);
      }
    }
    return quoted;
  }

  private static Map<String, Field> fields(List<String> yaml) throws AgentFileError {
    var text = String.join("\n", yaml) + "\n";
    try (var parser = new YAMLFactory().createParser(ObjectReadContext.empty(), text)) {
      var fields = new LinkedHashMap<String, Field>();
      var first = parser.nextToken();
      if (first == null) {
        return fields;
      }
      if (first != JsonToken.START_OBJECT) {
        throw new AgentFileError(2, "the front matter should be lines of key: value");
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        int line = parser.currentTokenLocation().getLineNr() + 1;
        var key = parser.currentName();
        parser.nextToken();
        if (fields.put(key, new Field(line, value(parser))) != null) {
          throw new AgentFileError(line, "there is " + key + " twice");
        }
      }
      return fields;
    }
  }

  private static Json value(JsonParser parser) {
    return switch (parser.currentToken()) {
      case START_ARRAY -> {
        var items = new ArrayList<Json>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(value(parser));
        }
        yield new Json.Array(items);
      }
      case START_OBJECT -> {
        var members = new LinkedHashMap<String, Json>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          var name = parser.currentName();
          parser.nextToken();
          members.put(name, value(parser));
        }
        yield new Json.Object(members);
      }
      case VALUE_NUMBER_INT -> Json.of(parser.getBigIntegerValue());
      case VALUE_NUMBER_FLOAT -> Json.of(parser.getDoubleValue());
      case VALUE_TRUE -> new Json.Bool(true);
      case VALUE_FALSE -> new Json.Bool(false);
      case VALUE_NULL -> Json.Null.VALUE;
      default -> new Json.Text(parser.getString());
    };
  }
}
