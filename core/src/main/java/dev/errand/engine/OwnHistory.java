package dev.errand.engine;

import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectKey;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.ToolCall;
import dev.errand.job.Value;
import dev.errand.spi.Store;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * The tool History: a job's model, or its code, reads what was said and done in turns that are over.
 *
 * It is that of the job that calls, and of no other. It is read from the store a page of entries at a time, and nothing of
 * it is kept. A result is bounded, by a quarter of what the model is shown at most if that is less: so reading never fills a
 * conversation that was just made shorter. What is left out is said, with a place from which to go on: an entry's number,
 * and where the entry is longer than a result, how much of it was shown.
 *
 * The turn of the call itself is left out, for the model sees it, and so are calls of History: who searches for a word
 * would find the searches.
 */
/// A job's history as the job itself may read it.
///
/// Safe for use by several threads.
final class OwnHistory {
  private static final String TOOL = ToolFunction.HISTORY.name();
  private static final Pattern PLACE = Pattern.compile("(\\d{1,18})(?::(\\d{1,9}))?");
  private static final Pattern WHOLE = Pattern.compile("-?\\d+");
  private static final int ENTRIES_AT_ONCE = 100;
  private static final int MOST_CHARACTERS = 19_000; // a model is shown 32,000 of a result
  private static final int LEAST_CHARACTERS = 1_000;
  private static final int LEAST_PIECE = 200;
  private static final int MOST_PLACES = 20;
  private static final int AROUND = 160;

  private final Store store;
  private final JobId job;
  private final int most;
  private final IntPredicate isHidden;

  OwnHistory(Store store, JobId job, JobDefinition definition) {
    this.store = store;
    this.job = job;
    long quarter = definition.agent().conduct().compactAt();
    this.most = Math.clamp(quarter, LEAST_CHARACTERS, MOST_CHARACTERS);
    var blocks = definition.blocks();
    this.isHidden = turn -> turn < blocks.size() && blocks.get(turn).isHidden();
  }

  /// Whether a tool is this one, under whatever policy or timeout.
  static boolean isReadBy(ToolFunction tool) {
    return tool.action().equals(ToolFunction.HISTORY.action());
  }

  /// What a call asks for.
  ///
  /// @param from the first turn
  /// @param to the last one
  /// @param words all of which an entry must have; null where entries are read
  /// @param sequence the number of the first entry that may be shown
  /// @param skipped how many of its characters were shown before
  private record Asked(int from, int to, @Nullable String words, long sequence, int skipped) {
    private String again(String place) {
      var search = words == null ? "" : "search=%s, ".formatted(new Json.Text(words).print());
      return "%sturn=%d, to=%d and at=\"%s\"".formatted(search, from, to, place);
    }
  }

  /// What an entry says, under a few words on who said it.
  private record Told(String head, String text) {}

  /// The answer to a call.
  ///
  /// @throws IllegalArgumentException if it asks for what cannot be
  /// @throws InterruptedException if the thread was interrupted
  String read(ToolFunction.Call call) throws InterruptedException {
    int now = EffectKey.parse(call.key()).slot().turn();
    if (now == 0) {
      return "[There is nothing before this turn.]";
    }
    boolean asksNothing =
        Stream.of("turn", "search").allMatch(name -> call.arguments().get(name).isEmpty());
    if (asksNothing) {
      return "[Your history has turns 0 to %d: give turn to read one, or search to find words.]"
          .formatted(now - 1);
    }
    var asked = asked(call, now - 1);
    return asked.words() == null ? read(asked) : found(asked, asked.words());
  }

  private static Asked asked(ToolFunction.Call call, int last) {
    var words = words(call, "search").map(String::strip).orElse(null);
    if (words != null && words.isEmpty()) {
      throw new IllegalArgumentException("search is blank; give the words to look for");
    }
    int from = call.number("turn", 0);
    int to = call.number("to", words == null ? from : last);
    if (from < 0 || to < from) {
      throw new IllegalArgumentException("turn counts from 0, and to is not before it");
    }
    if (from > last) {
      throw new IllegalArgumentException(
          "Turn %d is not over; your history has turns 0 to %d".formatted(from, last));
    }
    var at = words(call, "at").orElse("0");
    var place = PLACE.matcher(at.strip());
    if (!place.matches()) {
      throw new IllegalArgumentException(
          "'%s' is no place to read on; give at as the end of a result said".formatted(at));
    }
    int skipped = place.group(2) == null ? 0 : Integer.parseInt(place.group(2));
    return new Asked(from, Math.min(to, last), words, Long.parseLong(place.group(1)), skipped);
  }

  /// A text, for which a whole number will do: code that reads on writes at=120 as well.
  private static Optional<String> words(ToolFunction.Call call, String name) {
    return call.arguments()
        .get(name)
        .map(
            given ->
                switch (given) {
                  case Json.Text(var text) -> text;
                  case Json.Number number when WHOLE.matcher(number.print()).matches() ->
                      number.print();
                  default ->
                      throw new IllegalArgumentException(
                          "%s must be a text, and not %s".formatted(name, given.print()));
                });
  }

  /// Takes one entry that was asked for; false if no more are wanted.
  private interface Reader {
    boolean take(Entry entry, Told told);
  }

  private void each(Asked asked, Reader reader) throws InterruptedException {
    long last = asked.sequence() - 1;
    List<Entry> page;
    do {
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted while the history was read");
      }
      page = store.history(job, Math.max(0, last), ENTRIES_AT_ONCE);
      for (var entry : page) {
        last = entry.sequence();
        // Entries may be told of an earlier turn, but replies come in their order.
        if (entry.kind() == Entry.Kind.REPLY && entry.turn() > asked.to()) {
          return;
        }
        boolean isAsked = entry.turn() >= asked.from() && entry.turn() <= asked.to();
        var told = isAsked && !isHidden.test(entry.turn()) ? told(entry) : Optional.<Told>empty();
        if (told.isPresent() && !reader.take(entry, told.get())) {
          return;
        }
      }
    } while (page.size() == ENTRIES_AT_ONCE);
  }

  private String read(Asked asked) throws InterruptedException {
    var text = new StringBuilder();
    int[] turn = {-1};
    each(
        asked,
        (entry, told) -> {
          int skipped = entry.sequence() == asked.sequence() ? asked.skipped() : 0;
          var head =
              (entry.turn() == turn[0] ? "" : "## Turn " + entry.turn() + "\n")
                  + "["
                  + told.head()
                  + (skipped > 0 ? ", going on]\n" : "]\n");
          turn[0] = entry.turn();
          var left = told.text().substring(Math.min(skipped, told.text().length()));
          int room = most - text.length() - head.length();
          if (room < Math.min(LEAST_PIECE, left.length()) && !text.isEmpty()) {
            text.append(more(asked, String.valueOf(entry.sequence())));
            return false;
          }
          int end = boundary(left, Math.min(left.length(), Math.max(room, LEAST_PIECE)));
          text.append(head).append(left, 0, end).append('\n');
          if (end < left.length()) {
            text.append("[…]\n").append(more(asked, entry.sequence() + ":" + (skipped + end)));
            return false;
          }
          return true;
        });
    return text.isEmpty()
        ? "[Nothing was said in %s.]".formatted(turns(asked))
        : text.toString().stripTrailing();
  }

  private static String turns(Asked asked) {
    return asked.from() == asked.to()
        ? "turn " + asked.from()
        : "turns %d to %d".formatted(asked.from(), asked.to());
  }

  private static String more(Asked asked, String place) {
    return "[There is more: call History with %s.]".formatted(asked.again(place));
  }

  private String found(Asked asked, String words) throws InterruptedException {
    var patterns = Stream.of(words.split("\\s+")).map(OwnHistory::literally).toList();
    var phrase = literally(words);
    var text = new StringBuilder();
    int[] places = {0};
    each(
        asked,
        (entry, told) -> {
          var matchers = patterns.stream().map(word -> word.matcher(told.text())).toList();
          if (!matchers.stream().allMatch(Matcher::find)) {
            return true;
          }
          var whole = phrase.matcher(told.text());
          int hit = whole.find() ? whole.start() : matchers.getFirst().start();
          var line =
              "Turn %d, %s: %s\n"
                  .formatted(entry.turn(), told.head(), around(told.text(), hit, words.length()));
          if (places[0] == MOST_PLACES || (places[0] > 0 && text.length() + line.length() > most)) {
            text.append(more(asked, String.valueOf(entry.sequence())));
            return false;
          }
          text.append(line);
          places[0]++;
          return true;
        });
    return text.isEmpty()
        ? "[Nothing in %s has all of these words: %s. Try fewer, or others.]"
            .formatted(turns(asked), words)
        : text.toString().stripTrailing();
  }

  private static Pattern literally(String words) {
    return Pattern.compile(Pattern.quote(words), Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
  }

  private static String around(String text, int hit, int length) {
    int start = boundary(text, Math.max(0, hit - AROUND));
    int end = boundary(text, Math.min(text.length(), hit + length + AROUND));
    var part = text.substring(start, end).strip().replaceAll("\\s+", " ");
    return (start > 0 ? "… " : "") + part + (end < text.length() ? " …" : "");
  }

  /// That place, or the one before it if it is within a character.
  private static int boundary(String text, int place) {
    boolean isWithin =
        place > 0 && place < text.length() && Character.isLowSurrogate(text.charAt(place));
    return isWithin ? place - 1 : place;
  }

  private static Optional<Told> told(Entry entry) {
    var data = entry.data();
    var text = data.text("text").orElse("");
    var told =
        switch (entry.kind()) {
          case MESSAGE -> new Told("message", text);
          case NOTIFICATION -> new Told("notification", text);
          case REMINDER -> new Told("reminder", text);
          case RECEIPT, BUDGET_SPENT -> new Told("notice", text);
          case RECALLED -> new Told("your memory", text);
          case PROGRESS -> new Told("you reported", text);
          case REPLY -> new Told("you", reply(data));
          case CONSOLE -> new Told("console", text);
          case EXCEPTION -> new Told("error", Conversation.raised(data).orElse(""));
          case TOOL -> tool(data);
          case EFFECT_UNKNOWN ->
              new Told(
                  name(data) + ", of unknown outcome",
                  calledWith(data) + "It is not known what came of it.");
          case EFFECT_RESOLVED ->
              new Told("what came of " + name(data), calledWith(data) + finding(data));
          case COMPACTED,
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
              new Told("", "");
        };
    return Optional.of(told).filter(some -> !some.text().isBlank());
  }

  private static String reply(Json.Object data) {
    var calls =
        Acts.calls(data).stream()
            .filter(call -> !call.name().equals(TOOL))
            .map(OwnHistory::call)
            .collect(Collectors.joining("\n"));
    return Stream.of(data.text("text").orElse("").strip(), calls)
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining("\n"));
  }

  private static String call(ToolCall call) {
    return "calls " + call.name() + " " + Value.of(call.arguments()).text();
  }

  private static Told tool(Json.Object data) {
    var name = data.text("tool").orElse("");
    if (name.equals(TOOL) || name.startsWith("_")) {
      return new Told("", "");
    }
    return data.text("error")
        .map(error -> new Told(name(data) + " failed", calledWith(data) + error))
        .orElseGet(
            () ->
                new Told(
                    name(data) + " returned", calledWith(data) + data.text("result").orElse("")));
  }

  private static String name(Json.Object data) {
    return data.text("tool").orElse("a tool");
  }

  /// A line with what code called a tool with, which may be long; a model's reply says it itself.
  private static String calledWith(Json.Object data) {
    return data.get("arguments").map(given -> "called with " + given.print() + "\n").orElse("");
  }

  private static String finding(Json.Object data) {
    return Stream.of(data.text("finding"), data.text("result"), data.text("error"))
        .flatMap(Optional::stream)
        .collect(Collectors.joining(": "));
  }
}
