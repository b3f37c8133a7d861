package dev.errand.models;

import dev.errand.job.Json;

/// Answers as OpenAI writes them.
final class OpenAiWire {
  private OpenAiWire() {}

  static String said(String text) {
    return reply(
        "{\"role\":\"assistant\",\"content\":" + quoted(text) + ",\"refusal\":null}", "stop");
  }

  static String reply(String message, String finishReason) {
    return """
    {"id":"chatcmpl-1","object":"chat.completion","created":1741569952,"model":"gpt-4.1-2025-04-14",
     "choices":[{"index":0,"message":%s,"logprobs":null,"finish_reason":"%s"}],
     "usage":{"prompt_tokens":1200,"completion_tokens":10,"total_tokens":1210,
      "prompt_tokens_details":{"cached_tokens":1000,"audio_tokens":0},
      "completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}},
     "service_tier":"default"}
    """
        .formatted(message, finishReason);
  }

  static String event(String delta, String finishReason) {
    return "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,"
        + "\"model\":\"gpt-4.1-2025-04-14\",\"choices\":[{\"index\":0,\"delta\":"
        + delta
        + ",\"logprobs\":null,\"finish_reason\":"
        + (finishReason.isEmpty() ? "null" : quoted(finishReason))
        + "}]}\n\n";
  }

  static String piece(String text) {
    return event("{\"content\":" + quoted(text) + "}", "");
  }

  static String end(String finishReason) {
    return event("{}", finishReason)
        + "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,"
        + "\"model\":\"gpt-4.1-2025-04-14\",\"choices\":[],\"usage\":{\"prompt_tokens\":1200,"
        + "\"completion_tokens\":10,\"total_tokens\":1210,"
        + "\"prompt_tokens_details\":{\"cached_tokens\":1000}}}\n\n"
        + "data: [DONE]\n\n";
  }

  static String error(String type, String code, String message) {
    return "{\"error\":{\"message\":"
        + quoted(message)
        + ",\"type\":"
        + quoted(type)
        + ",\"param\":null,\"code\":"
        + quoted(code)
        + "}}";
  }

  static String quoted(String text) {
    return new Json.Text(text).print();
  }
}
