package dev.errand.verification.calls;

import static dev.errand.verification.calls.Talk.call;
import static dev.errand.verification.calls.Talk.calls;
import static dev.errand.verification.calls.Talk.entries;
import static dev.errand.verification.calls.Talk.isSubTask;
import static dev.errand.verification.calls.Talk.nth;
import static dev.errand.verification.calls.Talk.says;
import static dev.errand.verification.calls.Talk.subTask;
import static dev.errand.verification.calls.Talk.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.ToolCall;
import dev.errand.models.ScriptedModel;
import dev.errand.python.CPythonRuntime;
import dev.errand.verification.programs.Waiting;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The tool by which a job reads its own history.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HistoryToolTest {
  private static final CPythonRuntime PYTHON = CPythonRuntime.create();
  private static final int TURNS = 1_000;
  private static final long WINDOW = 2_000;
  private static final Pattern PLACE =
      Pattern.compile("call History with (.*) and at=\"([0-9:]+)\"");

  private static final ToolFunction PAGE =
      ToolFunction.of(
              "page",
              "Reads a page.",
              List.of("n"),
              call -> {
                int n = call.number("n", 0);
                return "Page %d: the ship of that year was the %s. %s"
                    .formatted(n, ship(n), "waves ".repeat(60));
              })
          .policy(EffectPolicy.READ_ONLY);

  @AutoClose
  private final Talk talk = new Talk(builder -> builder.runtime(Waiting.KEPT.over(PYTHON)));

  @AfterAll
  static void closePython() {
    PYTHON.close();
  }

  private static String ship(int n) {
    return "Argo-" + Integer.toString(n * 7_919 + 10_007, 36);
  }

  private static ToolCall history(Object... arguments) {
    var given = Json.Object.EMPTY;
    for (int i = 0; i < arguments.length; i += 2) {
      given = given.with((String) arguments[i], arguments[i + 1]);
    }
    return call("History", given);
  }

  /// Reads a page in each of a thousand turns, by a script; then does as it is asked.
  private static Model.Reply reading(Model.Request request) {
    var last = request.messages().getLast().text();
    if (request.purpose() == Model.Purpose.SUMMARY || request.replies() < TURNS) {
      return SCRIPT.reply(request);
    }
    if (request.replies() == TURNS) {
      return says("All read.");
    }
    if (!isAnswered(request)) {
      return last.contains("turn 3")
          ? calls(history("turn", 3))
          : calls(history("search", last.replaceFirst("(?s).*Which turn had (\\S+)\\?.*", "$1")));
    }
    return says("I read: " + texts(request).getFirst());
  }

  private static boolean isAnswered(Model.Request request) {
    return request.messages().getLast() instanceof Model.Message.ToolResult;
  }

  private static final ScriptedModel SCRIPT =
      ScriptedModel.of(
          IntStream.range(0, TURNS)
              .mapToObj(n -> calls(call("page", Json.object("n", n))))
              .toArray(Model.Reply[]::new));

  @Test
  void after_a_thousand_turns_and_many_summaries_a_job_answers_what_turn_3_said() throws Exception {
    var agent =
        talk.agent("reader", HistoryToolTest::reading)
            .tools(PAGE, ToolFunction.HISTORY)
            .limits(limits -> limits.withTurns(TURNS + 100))
            .compactAt(WINDOW);
    var job = talk.submit(agent, "Read it all.");
    assertThat(talk.answer(job)).isEqualTo("All read.");
    var compacted = entries(job, Entry.Kind.COMPACTED);
    assertThat(compacted).hasSizeGreaterThan(50);
    assertThat(compacted.getLast().data().number("through").orElseThrow()).isGreaterThan(900L);
    int before = talk.asked().size();

    job.say("Which ship was it in turn 3?");
    var answer = talk.answer(job);

    var turn3 =
        entries(job, Entry.Kind.TOOL).stream()
            .filter(entry -> entry.turn() == 3)
            .map(entry -> entry.data().text("result").orElseThrow())
            .toList();
    assertThat(turn3).singleElement().asString().contains(ship(3));
    assertThat(answer)
        .contains("## Turn 3\n[you]\ncalls page {\"n\":3}\n")
        .contains(turn3.getFirst().strip());
    assertThat(answer).doesNotContain(ship(2), ship(4));
    // It had forgotten, and was told where to look.
    assertThat(talk.asked().get(before).messages())
        .noneMatch(message -> message.text().contains(ship(3)));
    assertThat(Talk.first(talk.asked().get(before)))
        .startsWith("Read it all.")
        .contains("All of it stands in your history: History shows turn n with turn=n");

    for (int n : new int[] {0, 1, 499, 500, 998, 999}) {
      job.say("Which turn had " + ship(n) + "?");
      assertThat(talk.answer(job))
          .startsWith(
              "I read: Turn %d, page returned: Page %d: the ship of that year was the %s."
                  .formatted(n, n, ship(n)));
    }
    assertThat(talk.asked())
        .filteredOn(request -> request.purpose() == Model.Purpose.TURN)
        .allSatisfy(request -> assertThat(request.characters()).isLessThanOrEqualTo(4 * WINDOW));
  }

  /// All that a chain of calls returns, each of which reads on where the one before ended.
  private List<String> parts(Job job, Json.Object first) {
    var parts = new ArrayList<String>();
    var asked = first;
    while (true) {
      next = asked;
      job.say("Read.");
      var part = talk.answer(job);
      parts.add(part);
      var more = PLACE.matcher(part);
      if (!more.find()) {
        return parts;
      }
      asked = first.with("at", more.group(2));
    }
  }

  private volatile Json.Object next = Json.Object.EMPTY;

  /// Says things first, and then reads as it is told, each time it is spoken to.
  private Agent.Builder teller(Model.Reply... first) {
    return talk.agent(
            "teller",
            request -> {
              if (request.replies() < first.length) {
                return first[request.replies()];
              }
              return isAnswered(request)
                  ? says(texts(request).getFirst())
                  : calls(call("History", next));
            })
        .tools(PAGE, ToolFunction.HISTORY);
  }

  private String reads(Job job, Object... arguments) {
    next = (Json.Object) history(arguments).arguments();
    job.say("Read.");
    return talk.answer(job);
  }

  private Job told(Model.Reply... first) {
    var job = talk.submit(teller(first), "Tell of Lisbon.");
    talk.answer(job);
    return job;
  }

  @Test
  void turns_are_read_with_what_was_said_called_and_returned() {
    var job = told(calls(call("page", Json.object("n", 1))), says("A port."));

    assertThat(reads(job, "turn", 0))
        .startsWith(
            """
            ## Turn 0
            [message]
            Tell of Lisbon.
            [you]
            calls page {"n":1}
            [page returned]
            Page 1\
            """)
        .doesNotContain("A port.");
    assertThat(reads(job, "turn", 0, "to", 1)).contains("## Turn 1\n[you]\nA port.");
    assertThat(reads(job)).startsWith("[Your history has turns 0 to ").contains("give turn");
    assertThat(reads(job, "turn", 99)).contains("Turn 99 is not over; your history has turns 0 to");
    assertThat(reads(job, "turn", 3, "to", 2)).contains("to is not before it");
    assertThat(reads(job, "turn", "three")).contains("InputValidationError");
    assertThat(reads(job, "turn", 0, "at", "there")).contains("'there' is no place to read on");
  }

  @Test
  void words_are_found_wherever_they_stand_and_the_search_itself_is_not() {
    var job =
        told(
            calls(call("page", Json.object("n", 5).with("why", "the Blue heron"))),
            calls(call("missing", Json.object("bird", "grey HERON"))),
            says("Herons: red, brown."));

    assertThat(reads(job, "search", "heron").lines())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .isEqualTo("Turn 0, you: calls page {\"n\":5,\"why\":\"the Blue heron\"}"),
            line -> assertThat(line).startsWith("Turn 1, you: calls missing"),
            line -> assertThat(line).isEqualTo("Turn 2, you: Herons: red, brown."));
    assertThat(reads(job, "search", "brown herons")).startsWith("Turn 2, you: Herons");
    assertThat(reads(job, "search", "lisbon TELL")).isEqualTo("Turn 0, message: Tell of Lisbon.");
    assertThat(reads(job, "search", "there is no tool missing"))
        .startsWith("Turn 1, missing failed: ");
    assertThat(reads(job, "search", "heron", "turn", 1, "to", 1).lines()).hasSize(1);
    assertThat(reads(job, "search", "penguin"))
        .matches("\\[Nothing in turns 0 to \\d+ has all of these words: penguin\\. .*]");
    assertThat(reads(job, "search", " ")).contains("search is blank");
  }

  @Test
  void what_is_long_comes_in_parts_and_nothing_is_lost() {
    var words = new StringBuilder();
    IntStream.range(0, 9_000).forEach(n -> words.append("word").append(n).append(" 🐦 "));
    var agent = teller(says(words.toString()));
    var job = talk.submit(agent, "Tell.");
    talk.answer(job);

    var parts = parts(job, Json.object("turn", 0));

    assertThat(parts)
        .hasSizeGreaterThan(4)
        .allSatisfy(part -> assertThat(part).hasSizeLessThan(20_000));
    var joined = new StringBuilder();
    parts.forEach(
        part ->
            joined.append(
                part.replaceFirst(
                        "(?s)\\A## Turn 0\n(\\[message]\nTell.\n)?\\[you(, going on)?]\n", "")
                    .replaceFirst("(?s)\n\\[…]\n\\[There is more.*", "")));
    assertThat(joined.toString().equals(words.toString().strip()))
        .as(() -> differing(joined.toString(), words.toString().strip()))
        .isTrue();
  }

  @Test
  void what_code_called_with_comes_in_parts_too_is_found_and_stands_there_if_nothing_came_of_it() {
    var put = ToolFunction.of("Put", "Puts it away.", List.of("text"), call -> "");
    var code = "Put('x' * 100000 + 'needle')";
    var job =
        talk.errand()
            .submit(teller().tools(put).build(), spec -> spec.code(code).message("Put it away."));
    talk.answer(job);

    assertThat(reads(job, "search", "needle"))
        .startsWith("Turn 0, Put returned: … x")
        .hasSizeLessThan(1_000);
    var parts = parts(job, Json.object("turn", 0));
    assertThat(parts)
        .hasSizeGreaterThan(4)
        .allSatisfy(part -> assertThat(part).hasSizeLessThan(20_000));
    assertThat(parts.getFirst()).contains("[Put returned]\ncalled with {\"text\":\"xxx");
    assertThat(parts.getLast()).contains("needle");
  }

  private static String differing(String one, String two) {
    int at = 0;
    while (at < Math.min(one.length(), two.length()) && one.charAt(at) == two.charAt(at)) {
      at++;
    }
    return "differs at %d: %s"
        .formatted(at, one.substring(Math.max(0, at - 40), Math.min(one.length(), at + 80)));
  }

  @Test
  void places_come_in_parts_too() {
    var replies =
        IntStream.range(0, 70)
            .mapToObj(n -> calls(call("page", Json.object("n", n))))
            .toArray(Model.Reply[]::new);
    var agent = teller(replies).limits(limits -> limits.withTurns(200));
    next = Json.object("turn", 0);
    var job = talk.submit(agent, "Tell.");
    talk.answer(job);

    var parts = parts(job, Json.object("search", "ship year").with("to", 69));

    var found = String.join("\n", parts);
    for (int n = 0; n < 70; n++) {
      assertThat(found).containsOnlyOnce("Page " + n + ": the ship");
    }
    assertThat(parts).hasSizeGreaterThan(3);
  }

  @Test
  void a_subtask_reads_its_own_history_and_never_its_parents() {
    var agent =
        talk.agent(
                "boss",
                request ->
                    isSubTask(request)
                        ? nth(
                            request,
                            calls(call("page", Json.object("n", 8))),
                            calls(history("search", "secret"), history("turn", 0)),
                            says("done"))
                        : nth(request, calls(subTask("look", "find it")), says("Good.")))
            .tools(PAGE, ToolFunction.HISTORY, ToolFunction.SUB_TASK);

    assertThat(talk.answer(agent, "My secret is 42.")).isEqualTo("Good.");

    var results = texts(talk.asked("# SubTask").getLast());
    assertThat(results.getFirst())
        .isEqualTo("[Nothing in turn 0 has all of these words: secret. Try fewer, or others.]");
    assertThat(results.getLast()).contains("# SubTask: look", ship(8)).doesNotContain("42");
  }

  private static String fenced(String code) {
    return "```python\n" + code + "\n```";
  }

  @Test
  void python_reads_it_too_with_what_it_printed_and_raised() {
    var agent =
        talk.agent(
                "coder",
                says(fenced("print('the answer is', 6 * 7)\nmarmot")),
                says(fenced("found = History(search='answer')\nprint(History(turn=0))")),
                says(fenced("exit(found)")))
            .tools(ToolFunction.HISTORY);
    var job = talk.submit(agent, "Compute.");

    assertThat(talk.answer(job).lines())
        .satisfiesExactly(
            line -> assertThat(line).startsWith("Turn 0, you: ```python print('the answer is'"),
            line -> assertThat(line).isEqualTo("Turn 0, console: the answer is 42"));
    assertThat(talk.asked().getLast().messages().getLast().text())
        .contains("[console]\nthe answer is 42", "NameError", "marmot");
    assertThat(talk.asked().getFirst().system()).contains("- History(turn=None, to=None,");
  }

  @Test
  void code_that_is_hidden_from_the_model_is_hidden_in_its_history() {
    var agent =
        talk.agent(
                "coder",
                calls(history("turn", 0, "to", 1), history("search", "heron")),
                says("Well."))
            .tools(ToolFunction.HISTORY);
    var job =
        talk.errand()
            .submit(
                agent.build(),
                spec ->
                    spec.code("#STATEK: hidden = True\nprint('a heron')")
                        .code("print('a gull')")
                        .message("Go."));

    assertThat(talk.answer(job)).isEqualTo("Well.");
    assertThat(texts(talk.asked().getLast()))
        .satisfiesExactly(
            turns -> assertThat(turns).contains("a gull").doesNotContain("heron"),
            places -> assertThat(places).startsWith("[Nothing in turns 0 to 1"));
  }

  @Test
  void code_that_ran_before_all_is_read_with_all_that_came_before_it() {
    var agent = talk.agent("coder", says("Well.")).tools(ToolFunction.HISTORY);
    var job =
        talk.errand()
            .submit(
                agent.build(),
                spec -> spec.code("print('a gull')").code("print(History(turn=0))").message("Go."));

    assertThat(talk.answer(job)).isEqualTo("Well.");
    assertThat(Talk.first(talk.asked().getFirst())).contains("## Turn 0\n[console]\na gull");
  }

  @Test
  void places_and_words_that_code_gives_as_numbers_count_and_what_is_neither_is_refused() {
    var code =
        """
        print('it was 1453')
        """;
    var asks =
        """
        told = [History(turn=0, at=999999999), History(search=1453)]
        for wrong in ({'at': [1]}, {'at': 1.5}, {'search': True}):
          try:
            told.append(History(turn=0, **wrong))
          except Exception as error:
            told.append(str(error))
        exit('\\n'.join(told))
        """;
    var agent =
        talk.agent("coder", says(fenced(code)), says(fenced(asks))).tools(ToolFunction.HISTORY);

    assertThat(talk.answer(talk.submit(agent, "Go.")).lines())
        .satisfiesExactly(
            nothing -> assertThat(nothing).isEqualTo("[Nothing was said in turn 0.]"),
            reply -> assertThat(reply).startsWith("Turn 0, you: "),
            console -> assertThat(console).isEqualTo("Turn 0, console: it was 1453"),
            at -> assertThat(at).contains("at must be a text, and not [1]"),
            at -> assertThat(at).contains("at must be a text, and not 1.5"),
            search -> assertThat(search).contains("search must be a text, and not true"));
  }

  @Test
  void a_job_without_the_tool_is_not_told_of_it() {
    var agent =
        talk.agent(
                "reader",
                request ->
                    request.purpose() == Model.Purpose.SUMMARY
                        ? says("Summed up.")
                        : nth(request, pages(20)))
            .tools(PAGE)
            .compactAt(500);

    talk.answer(agent, "Read.");

    assertThat(talk.asked())
        .anyMatch(
            request ->
                Talk.first(request).contains("[What was said and done up to here, summed up:]"))
        .noneMatch(request -> Talk.first(request).contains("History"));
  }

  private static Model.Reply[] pages(int count) {
    return IntStream.rangeClosed(0, count)
        .mapToObj(n -> n < count ? calls(call("page", Json.object("n", n))) : says("All read."))
        .toArray(Model.Reply[]::new);
  }
}
