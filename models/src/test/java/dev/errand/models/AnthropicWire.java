package dev.errand.models;

import static dev.errand.models.OpenAiWire.quoted;

/// Answers as Anthropic writes them.
final class AnthropicWire {
  private AnthropicWire() {}

  static String said(String text) {
    return reply("[{\"type\":\"text\",\"text\":" + quoted(text) + "}]", "end_turn");
  }

  static String reply(String content, String stopReason) {
    return """
    {"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929",
     "content":%s,"stop_reason":"%s","stop_sequence":null,
     "usage":{"input_tokens":100,"cache_creation_input_tokens":200,"cache_read_input_tokens":1000,
              "output_tokens":10}}
    """
        .formatted(content, stopReason);
  }

  static String start() {
    return event(
        "message_start",
        "\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\","
            + "\"model\":\"claude-sonnet-4-5-20250929\",\"content\":[],\"stop_reason\":null,"
            + "\"stop_sequence\":null,\"usage\":{\"input_tokens\":100,"
            + "\"cache_creation_input_tokens\":200,\"cache_read_input_tokens\":1000,"
            + "\"output_tokens\":1}}");
  }

  static String text(int index, String... pieces) {
    var events =
        new StringBuilder(
            event(
                "content_block_start",
                "\"index\":" + index + ",\"content_block\":{\"type\":\"text\",\"text\":\"\"}"));
    for (var piece : pieces) {
      events.append(piece(index, piece));
    }
    return events.append(event("content_block_stop", "\"index\":" + index)).toString();
  }

  static String piece(int index, String piece) {
    return event(
        "content_block_delta",
        "\"index\":"
            + index
            + ",\"delta\":{\"type\":\"text_delta\",\"text\":"
            + quoted(piece)
            + "}");
  }

  static String call(int index, String id, String tool, String... pieces) {
    var events =
        new StringBuilder(
            event(
                "content_block_start",
                "\"index\":"
                    + index
                    + ",\"content_block\":{\"type\":\"tool_use\",\"id\":"
                    + quoted(id)
                    + ",\"name\":"
                    + quoted(tool)
                    + ",\"input\":{}}"));
    for (var piece : pieces) {
      events.append(
          event(
              "content_block_delta",
              "\"index\":"
                  + index
                  + ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":"
                  + quoted(piece)
                  + "}"));
    }
    return events.append(event("content_block_stop", "\"index\":" + index)).toString();
  }

  static String end(String stopReason) {
    return event(
            "message_delta",
            "\"delta\":{\"stop_reason\":"
                + quoted(stopReason)
                + ",\"stop_sequence\":null},\"usage\":{\"output_tokens\":10}")
        + event("message_stop", "\"x\":0");
  }

  static String event(String type, String members) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + members + "}\n\n";
  }

  static String error(String type, String message) {
    return "{\"type\":\"error\",\"error\":{\"type\":"
        + quoted(type)
        + ",\"message\":"
        + quoted(message)
        + "}}";
  }
}
