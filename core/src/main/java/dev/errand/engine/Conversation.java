package dev.errand.engine;

import dev.errand.agent.Model;
import dev.errand.agent.Model.Message;
import dev.errand.agent.ToolFunction;
import dev.errand.job.ChatStyle;
import dev.errand.job.Conduct;
import dev.errand.job.Delta;
import dev.errand.job.EffectKey;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.ToolSpec;
import dev.errand.job.UnknownTurnException;
import dev.errand.job.Value;
import dev.errand.spi.Change;
import dev.errand.spi.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What a model is shown of a job: computed from its history, so that a request can be made again
/// at any time, and begins as the one before did until the history says that it was compacted.
///
/// Only the job's own thread uses this object.
final class Conversation {
  private static final int CHARACTERS_PER_TOKEN = 4;
  private static final int MOST_OF_THE_TASK = 8_000;

  private final JobDefinition definition;
  private final ChatStyle style;
  private final Set<Integer> hidden;
  private final Optional<Language> hinted;

  private final List<Said> said = new ArrayList<>();
  private final StringBuilder words = new StringBuilder();
  private final StringBuilder asked = new StringBuilder();
  private final Console console = new Console();
  private @Nullable Answered open;
  private @Nullable String task;
  private int replies;

  /// A message, and the turn that it ends with.
  private record Said(int turn, Message message) {}

  /// The last reply, while what came of its calls is gathered.
  private record Answered(int turn, Answers answers) {}

  /// A conversation in which nothing was said yet.
  Conversation(JobDefinition definition) {
    this.definition = definition;
    this.style = conduct().style();
    var warmup = definition.blocks();
    this.hidden =
        IntStream.range(0, warmup.size())
            .filter(turn -> warmup.get(turn).isHidden())
            .boxed()
            .collect(Collectors.toUnmodifiableSet());
    this.hinted = Language.of(definition.locale()).filter(language -> conduct().languageHint());
  }

  /// The request for the reply of that turn, as it was made then.
  ///
  /// @throws UnknownTurnException if the model was not asked for that turn
  static Model.Request request(Store store, JobId job, JobDefinition definition, int turn) {
    var all = new ArrayList<Entry>();
    History.each(store, job, all::add);
    var replied = all.stream().filter(entry -> entry.kind() == Entry.Kind.REPLY).toList();
    int last = replied.isEmpty() ? Delta.BEFORE : replied.getLast().turn();
    boolean isKnown = replied.stream().anyMatch(entry -> entry.turn() == turn);
    boolean isDue = turn == Math.max(last + 1, definition.blocks().size());
    if (definition.agent().model() == null || !(isKnown || isDue)) {
      throw UnknownTurnException.withoutModel(job, turn, last);
    }
    var conversation = new Conversation(definition);
    for (var entry : all) {
      if (entry.turn() > turn || (entry.turn() == turn && entry.kind() == Entry.Kind.REPLY)) {
        break;
      }
      conversation.hear(new Change.Recorded(entry.turn(), entry.kind(), entry.data()));
    }
    return conversation.request();
  }

  private Conduct conduct() {
    return definition.agent().conduct();
  }

  /// Takes in what happened next.
  void hear(Change.Recorded entry) {
    if (hidden.contains(entry.turn())) {
      return;
    }
    switch (entry.kind()) {
      case CONSOLE -> console.printed(consoleText(entry.data()));
      case EXCEPTION -> raised(entry.data()).ifPresent(console::raised);
      case REPLY -> replied(entry);
      case COMPACTED -> compacted(entry.data());
      default -> {
        if (open == null || !open.answers().hear(entry)) {
          shown(entry)
              .ifPresent(
                  text -> {
                    closeConsole();
                    words.append(text);
                    if (replies == 0 && entry.kind() == Entry.Kind.MESSAGE) {
                      asked.append(text);
                    }
                  });
        }
      }
    }
  }

  private void replied(Change.Recorded entry) {
    close(entry.turn());
    replies++;
    var calls = Acts.calls(entry.data());
    said.add(
        new Said(entry.turn(), new Message.Assistant(entry.data().text("text").orElse(""), calls)));
    open = new Answered(entry.turn(), new Answers(calls));
  }

  /// All that happened before that turn is said.
  private void close(int turn) {
    closeConsole();
    var answered = open;
    if (answered != null) {
      answered.answers().results().forEach(result -> said.add(new Said(answered.turn(), result)));
      open = null;
    }
    var before = said.isEmpty() ? null : said.getLast().message();
    var last = orNothing(words.toString(), before);
    if (!last.isEmpty()) {
      said.add(new Said(turn, new Message.User(last)));
      words.setLength(0);
    }
  }

  /// What was printed is the result of the call that carried out the code, if there was one.
  private void closeConsole() {
    if (open != null && open.answers().takesConsole()) {
      boolean isError = console.hasError();
      open.answers().console(console.take(), isError);
      return;
    }
    words.append(console.take(style));
  }

  /// What was said first is told by its summary from now on, and the task itself: the messages that
  /// came first, without the cards recalled for them, whose block a cut could leave open.
  private void compacted(Json.Object data) {
    int through = data.number("through").orElse(-1L).intValue();
    if (task == null) {
      task = asked.isEmpty() ? "" : shortened(asked.toString(), MOST_OF_THE_TASK) + "\n";
    }
    said.removeIf(one -> one.turn() <= through);
    var summary = task + summedUp(through) + data.text("text").orElse("");
    said.addFirst(new Said(through, new Message.User(summary)));
  }

  /// Who can look it up is told so.
  private String summedUp(int through) {
    return definition.agent().tools().contains(ToolFunction.HISTORY.name())
        ? "[What was said and done up to turn %d, summed up. All of it stands in your history: %s shows turn n with turn=n, or finds words with search=…. Look there before you say that you do not know.]\n"
            .formatted(through, ToolFunction.HISTORY.name())
        : "[What was said and done up to here, summed up:]\n";
  }

  private static String shortened(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most) + "\n[…]";
  }

  /// The request for the next reply.
  Model.Request request() {
    return request(messages(), conduct().offers(), Model.Purpose.TURN);
  }

  /// The messages as they stand; pending ones stay pending.
  private List<Message> messages() {
    var all = new ArrayList<Message>();
    said.forEach(one -> all.add(one.message()));
    var last = words.toString();
    if (open != null) {
      all.addAll(open.answers().resultsWith(console));
    }
    if (open == null || !open.answers().takesConsole()) {
      last += console.peek(style);
    }
    last = orNothing(last, all.isEmpty() ? null : all.getLast());
    if (!last.isEmpty()) {
      all.add(new Message.User(last));
    }
    return all;
  }

  /// What is said before a reply: something, where that would be the first message or follow
  /// another reply.
  private static String orNothing(String last, @Nullable Message before) {
    if (!last.isEmpty()) {
      return last;
    }
    return switch (before) {
      case null -> "Begin.\n";
      case Message.ToolResult ignored -> "";
      case Message.User ignored -> "";
      case Message.Assistant ignored -> "[the code printed nothing]\n";
    };
  }

  private Model.Request request(
      List<Message> messages, List<ToolSpec> tools, Model.Purpose purpose) {
    return new Model.Request(
        definition.agent().name(), instructions(), messages, tools, replies, purpose);
  }

  /// What is to be summed up before the model is asked again, if it would be shown too much.
  ///
  /// @param through the last turn that is summed up
  /// @param request asks the model for the summary
  record Compaction(int through, Model.Request request) {}

  /// Empty where there is room, or nothing that could be summed up.
  Optional<Compaction> compaction() {
    long most = conduct().compactAt() * CHARACTERS_PER_TOKEN;
    if (request().characters() <= most) {
      return Optional.empty();
    }
    int through = lastButRecent(most / 4);
    var old =
        said.stream()
            .filter(one -> one.turn() <= through)
            .map(Said::message)
            .collect(Collectors.toCollection(ArrayList::new));
    if (old.size() < 2) {
      return Optional.empty();
    }
    old.add(new Message.User(SUM_UP));
    return Optional.of(
        new Compaction(through, request(old, conduct().offers(), Model.Purpose.SUMMARY)));
  }

  private static final String SUM_UP =
      """
      The conversation is getting long. Sum it up: your words will take its place, and you will go \
      on from them. Keep the task and what was asked, what is done and what is not, decisions with \
      their reasons, names, ids, paths, figures and variables that are needed again, and what \
      failed and why. Call no tool and write no code; answer with the summary alone.
      """;

  /// The last turn before those that are kept as they are: the latest that take so many characters.
  private int lastButRecent(long characters) {
    long left = characters;
    int turn = open == null ? Integer.MAX_VALUE : open.turn();
    for (var one : said.reversed()) {
      left -= one.message().characters();
      if (left < 0) {
        return Math.min(one.turn(), turn - 1);
      }
    }
    return -1;
  }

  /// The agent's instructions with the job's parameters in their placeholders, and the rule of its
  /// language.
  private String instructions() {
    var text = definition.agent().instructions();
    for (var parameter : definition.parameters().members().entrySet()) {
      var value = new Value.Plain(parameter.getValue()).text();
      text = text.replace("{" + parameter.getKey() + "}", value);
    }
    var language = Language.of(definition.locale());
    return language.isPresent() && conduct().languageRule() ? language.get().ruling(text) : text;
  }

  /// What an entry says of what the code raised.
  static Optional<String> raised(Json.Object data) {
    return data.text("trace").filter(trace -> !trace.isBlank()).or(() -> data.text("message"));
  }

  /// Failures and notifications are shown as a user's words: every provider passes those on.
  private Optional<String> shown(Change.Recorded entry) {
    var data = entry.data();
    return switch (entry.kind()) {
      case MESSAGE -> data.text("text").map(this::hinted).map(Console::line);
      case NOTIFICATION, REMINDER, RECEIPT, BUDGET_SPENT -> data.text("text").map(Console::line);
      case RECALLED -> data.text("text").filter(cards -> !cards.isEmpty()).map(Console::line);
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
          EXCEPTION,
          COMPACTED,
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
          SUBTASK_REFUSED,
          PERMISSION_GRANTED,
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

  private static String consoleText(Json.Object data) {
    return data.text("brief").or(() -> data.text("text")).orElse("");
  }
}
