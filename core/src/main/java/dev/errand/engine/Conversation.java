package dev.errand.engine;

import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.agent.Model.Message.Role;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a model is shown of a job: computed from its history, so that a request can be made again
/// at any time.
final class Conversation {
  private Conversation() {}

  static Model.Request request(JobDefinition definition, List<Entry> history) {
    var messages = new ArrayList<Message>();
    var said = new StringBuilder();
    for (var entry : history) {
      if (entry.kind() == Entry.Kind.REPLY) {
        flush(said, messages);
        messages.add(new Message(Role.ASSISTANT, entry.data().text("text").orElse("")));
      } else {
        shown(entry).ifPresent(said::append);
      }
    }
    if (said.isEmpty()) {
      said.append(messages.isEmpty() ? "Begin.\n" : "[the code printed nothing]\n");
    }
    flush(said, messages);
    return new Model.Request(definition.agent().name(), instructions(definition), messages);
  }

  /// The agent's instructions with the job's parameters in their placeholders.
  private static String instructions(JobDefinition definition) {
    var text = definition.agent().instructions();
    for (var parameter : definition.parameters().members().entrySet()) {
      var value = new Value.Plain(parameter.getValue()).text();
      text = text.replace("{" + parameter.getKey() + "}", value);
    }
    return text;
  }

  /// Failures and notifications are shown as a user's words: every provider passes those on.
  private static Optional<String> shown(Entry entry) {
    var data = entry.data();
    return switch (entry.kind()) {
      case MESSAGE, CONSOLE -> data.text("text").map(Conversation::line);
      case EXCEPTION ->
          data.text("trace")
              .filter(trace -> !trace.isBlank())
              .or(() -> data.text("message"))
              .map(Conversation::line);
      case NOTIFICATION -> data.text("text").map(Conversation::line);
      case REPLY,
          TOOL,
          EFFECT_UNKNOWN,
          EFFECT_RESOLVED,
          NOTICE,
          JOB_CREATED,
          JOB_ENDED,
          SUBTASK_SPAWNED,
          SUBTASK_COMPLETED,
          SUBTASK_FAILED,
          SUBTASK_CANCELLED,
          SUBTASK_TIMED_OUT ->
          Optional.empty();
    };
  }

  private static String line(String text) {
    return text.endsWith("\n") ? text : text + "\n";
  }

  private static void flush(StringBuilder said, List<Message> messages) {
    if (!said.isEmpty()) {
      messages.add(new Message(Role.USER, said.toString()));
      said.setLength(0);
    }
  }
}
