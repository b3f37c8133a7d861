package dev.errand.models;

import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.job.Json;
import dev.errand.job.ToolCall;
import dev.errand.job.ToolSpec;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/// Models over a stub, and what they are asked.
final class Asking {
  static final String KEY = "sk-test-4f9a8b7c6d5e4f3a2b1c";

  static final ToolSpec GREP =
      new ToolSpec(
          "grep",
          "Searches.",
          (Json.Object)
              Json.parse(
                  """
                  {"type":"object","properties":{
                    "pattern":{"type":"string","description":"what to find"},
                    "mode":{"enum":["files","lines"]},
                    "paths":{"type":"array","items":{"type":"string"}},
                    "range":{"type":"object","properties":{"from":{"type":"integer","minimum":1}},
                             "required":["from"],"additionalProperties":false},
                    "limit":{"anyOf":[{"type":"integer"},{"type":"null"}]},
                    "tree":{"$ref":"#/$defs/Node"},
                    "anything":{}},
                   "required":["pattern"],
                   "$defs":{"Node":{"type":"object","properties":{
                     "children":{"type":"array","items":{"$ref":"#/$defs/Node"}}}}}}
                  """));

  /// How long was waited between calls; nobody waits.
  final List<Duration> waits = new CopyOnWriteArrayList<>();

  private final StubProvider stub;

  Asking(StubProvider stub) {
    this.stub = stub;
  }

  Retries retries() {
    return new Retries(
        5,
        Duration.ofSeconds(1),
        Duration.ofSeconds(60),
        Duration.ofMinutes(5),
        waits::add,
        () -> 1.0);
  }

  Model openAi(String name) {
    return provider(Service.OPENAI, Map.of()).model(name);
  }

  Model anthropic(String name) {
    return provider(Service.ANTHROPIC, Map.of()).model(name);
  }

  /// With the stub's address, a key, and what else is given.
  HostedModels provider(Service service, Map<String, String> more) {
    var environment = new HashMap<String, String>();
    environment.put(service.baseVariable(), stub.url());
    environment.put(service.keyVariable(), KEY);
    environment.putAll(more);
    return new HostedModels(service, environment, retries());
  }

  static Model.Request question(String text) {
    return new Model.Request("clerk", "You are a clerk.", List.of(new Message.User(text)));
  }

  static Model.Request with(List<Message> messages) {
    return new Model.Request(
        "clerk", "You are a clerk.", messages, List.of(GREP), 0, Model.Purpose.TURN);
  }

  /// A conversation in which a tool was called, as it stands before turn `turns`.
  static List<Message> conversation(int turns) {
    var messages = new java.util.ArrayList<Message>();
    messages.add(new Message.User("Find it."));
    for (int turn = 0; turn < turns; turn++) {
      var call = new ToolCall("c" + turn, "grep", Json.object("pattern", "x" + turn));
      messages.add(new Message.Assistant("I look.", List.of(call)));
      messages.add(new Message.ToolResult(call.id(), "grep", "no file", turn == 0));
    }
    return messages;
  }
}
