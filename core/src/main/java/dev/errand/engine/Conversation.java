package dev.errand.engine;

import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.job.EffectKey;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.Json;
import dev.errand.job.Value;
import dev.errand.spi.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What a model is shown of a job: computed from its history, so that a request can be made again
/// at any time.
///
/// Only the job's own thread uses this object.
final class Conversation {
  /// How much of what one turn printed is shown: its beginning and its end.
  private static final int FIRST_CHARACTERS = 15_000;

  private static final int LAST_CHARACTERS = 5_000;

  private final List<Message> messages = new ArrayList<>();
  private final StringBuilder said = new StringBuilder();
  private final StringBuilder printed = new StringBuilder();

  private final Set<Integer> hidden;
  private final Optional<Language> hinted;

  /// A conversation in which nothing was said yet.
  Conversation(JobDefinition definition) {
    var warmup = definition.blocks();
    this.hidden =
        IntStream.range(0, warmup.size())
            .filter(turn -> warmup.get(turn).isHidden())
            .boxed()
            .collect(Collectors.toUnmodifiableSet());
    this.hinted =
        Language.of(definition.locale())
            .filter(language -> definition.agent().conduct().languageHint());
  }

  /// Takes in what happened next.
  void hear(Change.Recorded entry) {
    if (hidden.contains(entry.turn())) {
      return;
    }
    if (entry.kind() == Entry.Kind.CONSOLE) {
      printed.append(console(entry));
      return;
    }
    said.append(shortened(printed));
    printed.setLength(0);
    if (entry.kind() == Entry.Kind.REPLY) {
      if (!said.isEmpty()) {
        messages.add(new Message.User(said.toString()));
        said.setLength(0);
      }
      messages.add(new Message.Assistant(entry.data().text("text").orElse("")));
    } else {
      shown(entry).ifPresent(said::append);
    }
  }

  /// The request for the next reply.
  Model.Request request(JobDefinition definition) {
    var last = said + shortened(printed);
    if (last.isEmpty()) {
      last = messages.isEmpty() ? "Begin.\n" : "[the code printed nothing]\n";
    }
    var all = new ArrayList<>(messages);
    all.add(new Message.User(last));
    return new Model.Request(definition.agent().name(), instructions(definition), all);
  }

  /// The agent's instructions with the job's parameters in their placeholders, and the rule of its
  /// language.
  private static String instructions(JobDefinition definition) {
    var text = definition.agent().instructions();
    for (var parameter : definition.parameters().members().entrySet()) {
      var value = new Value.Plain(parameter.getValue()).text();
      text = text.replace("{" + parameter.getKey() + "}", value);
    }
    var language = Language.of(definition.locale());
    return language.isPresent() && definition.agent().conduct().languageRule()
        ? language.get().ruling(text)
        : text;
  }

  /// Failures and notifications are shown as a user's words: every provider passes those on.
  private Optional<String> shown(Change.Recorded entry) {
    var data = entry.data();
    return switch (entry.kind()) {
      case MESSAGE -> data.text("text").map(this::hinted).map(Conversation::line);
      case EXCEPTION ->
          data.text("trace")
              .filter(trace -> !trace.isBlank())
              .or(() -> data.text("message"))
              .map(Conversation::line);
      case NOTIFICATION, REMINDER, RECEIPT, BUDGET_SPENT ->
          data.text("text").map(Conversation::line);
      case TOOL ->
          ofWords(data)
              .flatMap(key -> data.text("error"))
              .map(error -> "[Error] what you said was not delivered: " + error + "\n");
      case EFFECT_UNKNOWN ->
          ofWords(data)
              .map(
                  key -> "[Error] nobody knows whether what you said was delivered: " + key + "\n");
      case REPLY,
          CONSOLE,
          PROGRESS,
          EFFECT_RESOLVED,
          NOTICE,
          JOB_CREATED,
          JOB_STOPPING,
          JOB_FAILING,
          JOB_ENDED,
          JOB_REVIVED,
          SIGNAL,
          SUBTASK_SPAWNED,
          SUBTASK_COMPLETED,
          SUBTASK_FAILED,
          SUBTASK_CANCELLED,
          SUBTASK_TIMED_OUT ->
          Optional.empty();
    };
  }

  private String hinted(String message) {
    return hinted.map(language -> language.hinting(message)).orElse(message);
  }

  /// The key of a call that delivered a model's words, if it is that of one.
  private static Optional<EffectKey> ofWords(Json.Object data) {
    return data.text("key").map(EffectKey::parse).filter(key -> key.slot().isOfWords());
  }

  private static String console(Change.Recorded entry) {
    return entry.data().text("brief").or(() -> entry.data().text("text")).orElse("");
  }

  private static String shortened(CharSequence printed) {
    int left = printed.length() - FIRST_CHARACTERS - LAST_CHARACTERS;
    if (printed.isEmpty()) {
      return "";
    }
    if (left <= 0) {
      return line(printed.toString());
    }
    var last = printed.subSequence(printed.length() - LAST_CHARACTERS, printed.length());
    return printed.subSequence(0, FIRST_CHARACTERS)
        + ("\n[… " + left + " more characters …]\n")
        + line(last.toString());
  }

  private static String line(String text) {
    return text.endsWith("\n") ? text : text + "\n";
  }
}
