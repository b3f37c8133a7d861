package dev.errand.job;

import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.json.JsonFactory;

/// Reads and writes the text form of [Json].
final class JsonText {
  /// Data comes from our own driver and store, which bound its size: the parser need not.
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(1000)
                  .maxNumberLength(1_000_000)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          .streamWriteConstraints(StreamWriteConstraints.builder().maxNestingDepth(1000).build())
          .build();

  private JsonText() {}

  static Json parse(String text) {
    try (var parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      if (parser.nextToken() == null) {
        throw new IllegalArgumentException("Not JSON: the text is empty");
      }
      var value = read(parser);
      if (parser.nextToken() != null) {
        throw new IllegalArgumentException("Not JSON: there is more text after the first value");
      }
      return value;
    } catch (JacksonException notJson) {
      throw new IllegalArgumentException("Not JSON: " + notJson.getOriginalMessage(), notJson);
    }
  }

  private static Json read(JsonParser parser) {
    var token = parser.currentToken();
    return switch (token) {
      case START_OBJECT -> {
        var members = new LinkedHashMap<String, Json>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          var name = parser.currentName();
          parser.nextToken();
          members.put(name, read(parser));
        }
        yield new Json.Object(members);
      }
      case START_ARRAY -> {
        var items = new ArrayList<Json>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(read(parser));
        }
        yield new Json.Array(items);
      }
      case VALUE_STRING -> new Json.Text(parser.getString());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Json.Number(parser.getString());
      case VALUE_TRUE -> new Json.Bool(true);
      case VALUE_FALSE -> new Json.Bool(false);
      case VALUE_NULL -> Json.Null.VALUE;
      default -> throw new IllegalArgumentException("Not JSON: unexpected " + token);
    };
  }

  static String print(Json json) {
    var text = new StringWriter();
    try (var generator = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
      write(json, generator);
    }
    return escapeHalfPairs(text.toString());
  }

  /// Half a surrogate pair has no UTF-8 and would become a question mark on its way to disk;
  /// written as an escape it survives. It can only stand inside a string.
  private static String escapeHalfPairs(String json) {
    if (!hasPairs(json)) {
      return json;
    }
    var escaped = new StringBuilder();
    json.codePoints()
        .forEach(
            point -> {
              if (isHalfPair(point)) {
                escaped.append("\\u").append(Integer.toHexString(point));
              } else {
                escaped.appendCodePoint(point);
              }
            });
    return escaped.toString();
  }

  /// Whether there is a pair or half of one; most texts have none, and every print is looked at.
  private static boolean hasPairs(String json) {
    for (int i = 0; i < json.length(); i++) {
      if (Character.isSurrogate(json.charAt(i))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isHalfPair(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  private static void write(Json json, JsonGenerator generator) {
    switch (json) {
      case Json.Null ignored -> generator.writeNull();
      case Json.Bool(var value) -> generator.writeBoolean(value);
      case Json.Number(var literal) -> generator.writeNumber(literal);
      case Json.Text(var value) -> generator.writeString(value);
      case Json.Array(var items) -> {
        generator.writeStartArray();
        items.forEach(item -> write(item, generator));
        generator.writeEndArray();
      }
      case Json.Object(var members) -> {
        generator.writeStartObject();
        members.forEach(
            (name, value) -> {
              generator.writeName(name);
              write(value, generator);
            });
        generator.writeEndObject();
      }
    }
  }
}
