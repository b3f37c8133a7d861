package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.job.Card;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobStatus;
import dev.errand.job.NewJob;
import dev.errand.job.Note;
import dev.errand.job.Progress;
import dev.errand.job.StaleLeaseException;
import dev.errand.spi.Cards;
import dev.errand.spi.Change;
import dev.errand.spi.SearchWords;
import dev.errand.spi.Step;
import dev.errand.spi.Store;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every [Store] promises of memories; see [Cards].
public abstract class MemoryContract {
  private static final String TEAM = "team";
  private static final JobId JOB = new JobId("tree");
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final int CALLS = 800;
  private static final int MANY = 100_000;

  private final ManualClock clock = ManualClock.create();
  private Store store;

  /// For subclasses.
  protected MemoryContract() {}

  /// Opens an empty store.
  protected abstract Store open(InstantSource clock);

  @BeforeEach
  void openStore() {
    store = open(clock);
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  private static Note fact(String text) {
    return Note.of(Note.Type.FACT, text);
  }

  private Card write(String id, String text) {
    return store.remember(TEAM, id, fact(text), null);
  }

  private List<String> search(String words) {
    return search(words, 100);
  }

  private List<String> search(String words, int limit) {
    return ids(store.search(TEAM, SearchWords.of(words), limit));
  }

  private static List<String> ids(List<Cards.Match> matches) {
    return matches.stream().map(match -> match.card().id()).toList();
  }

  @Test
  void a_card_is_kept_as_it_was_written() {
    var note =
        new Note(
            Note.Type.DECISION, "We ship on Monday. Zażółć!", List.of("Ada", "INV-1"), 0.9, 0.25);
    var written = store.remember(TEAM, "a", note, JOB);

    assertThat(written).isEqualTo(Card.written("a", note, JOB, clock.instant()));
    assertThat(store.card(TEAM, "a")).hasValue(written);
    assertThat(store.cards(TEAM, "", 10)).containsExactly(written);
    assertThat(store.countCards(TEAM)).isEqualTo(1);
    assertThat(store.search(TEAM, SearchWords.of("monday"), 1))
        .extracting(Cards.Match::card)
        .containsExactly(written);
  }

  @Test
  void a_card_that_is_there_is_left_as_it_is_when_it_is_written_again() {
    var first = write("a", "Water boils at 100 degrees.");
    clock.advance(LEASE);

    assertThat(store.remember(TEAM, "a", fact("Something else."), JOB)).isEqualTo(first);
    assertThat(store.cards(TEAM, "", 10)).containsExactly(first);
    assertThat(search("something else")).isEmpty();
  }

  @Test
  void a_card_that_is_rewritten_is_found_by_its_new_words_alone() {
    var first = write("a", "Water boils at 100 degrees.");
    store.retrieved(TEAM, List.of("a"));
    clock.advance(LEASE);
    var now = store.rewrite(TEAM, "a", fact("Ice melts at zero."), JOB).orElseThrow();

    assertThat(now.note().text()).isEqualTo("Ice melts at zero.");
    assertThat(now.created()).isEqualTo(first.created());
    assertThat(now.updated()).isEqualTo(clock.instant());
    assertThat(now.by()).isEqualTo(JOB);
    assertThat(now.accesses()).isEqualTo(1);
    assertThat(store.card(TEAM, "a")).hasValue(now);
    assertThat(search("ice")).containsExactly("a");
    assertThat(search("water")).isEmpty();
  }

  @Test
  void a_card_that_is_not_there_is_not_rewritten() {
    assertThat(store.rewrite(TEAM, "a", fact("x"), null)).isEmpty();
    write("b", "y");
    assertThat(store.rewrite(TEAM, "a", fact("x"), null)).isEmpty();
    assertThat(store.cards(TEAM, "", 10)).hasSize(1);
  }

  @Test
  void a_card_that_is_forgotten_is_nowhere_and_its_id_may_be_used_again() {
    write("a", "Water boils.");

    assertThat(store.forgetCard(TEAM, "a")).isTrue();
    assertThat(store.forgetCard(TEAM, "a")).isFalse();
    assertThat(store.card(TEAM, "a")).isEmpty();
    assertThat(search("water")).isEmpty();
    assertThat(store.memories()).isEmpty();
    write("a", "Water freezes.");
    assertThat(search("water")).containsExactly("a");
  }

  @Test
  void memories_know_nothing_of_each_other() {
    write("a", "Water boils at 100 degrees.");
    clock.advance(LEASE);
    store.remember("other", "a", fact("Water is wet."), null);
    store.remember("other", "b", fact("Wine is not."), null);
    store.retrieved("other", List.of("a"));

    assertThat(search("water wine")).containsExactly("a");
    assertThat(store.card(TEAM, "a").orElseThrow().accesses()).isZero();
    assertThat(store.memories())
        .extracting(one -> one.name() + " " + one.cards())
        .containsExactly("other 2", "team 1");
    assertThat(store.memories().getFirst().updated()).isEqualTo(clock.instant());
    assertThat(store.search("nobody", SearchWords.of("water"), 10)).isEmpty();
    assertThat(store.countCards("nobody")).isZero();
  }

  @Test
  void what_was_retrieved_is_counted_once_and_nothing_else_is_changed() {
    var before = write("a", "Water boils.");
    write("b", "Water freezes.");
    clock.advance(LEASE);
    store.retrieved(TEAM, List.of("a", "gone", "a"));

    assertThat(store.card(TEAM, "a")).hasValue(before.retrieved(clock.instant()));
    assertThat(store.card(TEAM, "b").orElseThrow().accessed()).isNull();
  }

  @Test
  void looking_counts_nothing() {
    write("a", "Water boils.");
    search("water");
    store.cards(TEAM, "", 10);

    assertThat(store.card(TEAM, "a").orElseThrow().accesses()).isZero();
  }

  @Test
  void a_step_counts_what_was_retrieved_and_one_that_is_refused_does_not() {
    write("a", "Water boils.");
    store.submit(
        new NewJob(
            JOB, null, JobDefinition.of(Jobs.MODELLED), "asked", null, null, null, LEASE, null));
    var claim = store.claim("w", 1, LEASE).getFirst();
    var step =
        new Step(
            claim.lease(),
            claim.version(),
            JobStatus.STARTED,
            Progress.START,
            List.of(new Change.Retrieved(TEAM, List.of("a", "gone"))),
            new Step.Next.Continue());
    store.commit(step);

    assertThat(store.card(TEAM, "a").orElseThrow().accesses()).isEqualTo(1);
    assertThatThrownBy(() -> store.commit(step)).isInstanceOf(StaleLeaseException.class);
    assertThat(store.card(TEAM, "a").orElseThrow().accesses()).isEqualTo(1);
  }

  @Test
  void cards_come_in_the_order_of_their_ids_page_by_page() {
    List.of("c", "a", "d", "b").forEach(id -> write(id, "card " + id));

    assertThat(store.cards(TEAM, "", 3)).extracting(Card::id).containsExactly("a", "b", "c");
    assertThat(store.cards(TEAM, "c", 3)).extracting(Card::id).containsExactly("d");
  }

  /// What a card says, and what finds it.
  @ParameterizedTest
  @CsvSource({
    "The deployment runs at night, DEPLOY",
    "Zażółć gęślą jaźń w Łodzi, zazolc lodzi",
    "zazolc w lodzi, ZAŻÓŁĆ",
    "Straße nach Köln, strasse",
    "Σίσυφος wrote it, ΣΊΣΥΦΟΣ",
    "Встреча в среду, встреча",
    "東京で会議がある, 会議",
    "Invoice INV-104 is open, inv-104",
    "The port is 8080, 8080",
    "rock 'n' roll, ROCK",
    "naïve café, naive",
  })
  void case_accents_and_the_ends_of_words_do_not_matter(String text, String words) {
    write("a", text);
    write("b", "Nothing of that kind.");

    assertThat(search(words)).containsExactly("a");
  }

  @Test
  void short_words_mean_themselves_and_long_ones_what_begins_with_them() {
    write("a", "The cathedral is old.");
    write("b", "The cat is old.");

    assertThat(search("cat")).containsExactly("b");
    assertThat(search("cath")).containsExactly("a");
  }

  @Test
  void a_card_is_found_by_what_it_is_about() {
    store.remember(TEAM, "a", fact("It is late.").about("Ada Lovelace", "INV-104"), null);
    write("b", "It is early.");

    assertThat(search("lovelace")).containsExactly("a");
    assertThat(search("104")).containsExactly("a");
  }

  @Test
  void rare_words_count_more_and_more_words_more_than_one() {
    IntStream.range(0, 20).forEach(n -> write("common" + n, "The server is number " + n));
    write("rare", "The gateway is in the cellar, and has one server.");
    write("both", "The gateway and its proxy are in the attic.");

    assertThat(search("server gateway proxy").subList(0, 2)).containsExactly("both", "rare");
  }

  @Test
  void of_many_that_fit_alike_the_most_important_and_the_surest_come_first_then_the_newest() {
    for (int n = 0; n < 100; n++) {
      clock.advance(Duration.ofMillis(1));
      store.remember(TEAM, "c" + (n * 37) % 100, fact("Water boils.").importance(0.1), null);
    }
    clock.advance(Duration.ofMillis(1));
    store.remember(TEAM, "weighty", fact("Water boils.").importance(1), null);
    store.remember(TEAM, "unsure", fact("Water boils.").importance(1).confidence(0.1), null);

    assertThat(search("water", 1)).containsExactly("weighty");
    assertThat(search("water", 4)).containsExactly("weighty", "unsure", "c63", "c26");
    clock.advance(Duration.ofMillis(1));
    assertThat(store.rewrite(TEAM, "c0", fact("Water boils.").importance(0.1), null)).isPresent();
    assertThat(search("water", 3)).containsExactly("weighty", "unsure", "c0");
  }

  @Test
  void words_that_nearly_every_sentence_has_find_nothing_where_there_are_others() {
    write("a", "What is the price of it?");
    write("b", "The gateway is new.");

    assertThat(search("What is the gateway?")).containsExactly("b");
    assertThat(search("what is the")).contains("a");
  }

  @Test
  void no_more_are_found_than_are_asked_for() {
    IntStream.range(0, 10).forEach(n -> write("c" + n, "Card about water, number " + n));

    assertThat(search("water", 3)).hasSize(3);
    assertThat(search("water", 0)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "\"",
        "water\" OR \"",
        "water AND",
        "NOT water",
        "NEAR(water boils)",
        "memory: water",
        "words : m1",
        "m1",
        "wat*",
        "^water",
        "water + boils - freezes",
        "{water boils}:",
        "'; drop table card; --",
        "wa\0ter",
        "%_\\",
        "()()",
        "water & !boils | <-> :*",
        "\uD800",
        "𝒲ater 💧"
      })
  void whatever_is_looked_for_is_no_error(String words) {
    write("a", "Water boils at 100 degrees.");

    assertThat(search(words)).isSubsetOf("a");
    assertThat(search("water boils " + words)).containsExactly("a");
    assertThat(search("water ".repeat(5_000) + words)).containsExactly("a");
  }

  @Test
  void what_a_card_says_may_be_anything() {
    var odd = "a \"quoted\" 'text' with \0 and \uD83D\uDCA7 \\ %_ and \n lines";
    write("a", odd);

    assertThat(store.card(TEAM, "a").orElseThrow().note().text()).isEqualTo(odd);
    assertThat(search("quoted")).containsExactly("a");
  }

  @Test
  void a_name_that_is_none_is_refused_and_nothing_is_written() {
    assertThatThrownBy(() -> store.remember(" ", "a", fact("x"), null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.remember(TEAM, "a b", fact("x"), null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(store.memories()).isEmpty();
  }

  @Test
  void many_that_write_one_memory_at_once_lose_nothing() throws Exception {
    int writers = 8;
    int each = 40;
    var all =
        IntStream.range(0, writers)
            .<Callable<Integer>>mapToObj(
                writer ->
                    () -> {
                      for (int n = 0; n < each; n++) {
                        write(
                            writer + "-" + n, "Card " + n + " of writer w" + writer + " on water");
                        write("shared" + n, "Card that all write, on wine");
                        store.retrieved(TEAM, List.of("shared" + n));
                      }
                      return each;
                    })
            .toList();
    try (var threads = Executors.newFixedThreadPool(writers)) {
      for (var done : threads.invokeAll(all)) {
        done.get();
      }
    }

    assertThat(store.countCards(TEAM)).isEqualTo((long) writers * each + each);
    assertThat(search("water", MANY)).hasSize(writers * each);
    assertThat(store.search(TEAM, SearchWords.of("wine"), MANY))
        .hasSize(each)
        .allSatisfy(match -> assertThat(match.card().accesses()).isEqualTo(writers));
  }

  /// With the system property `errand.seed` the same calls again.
  @Test
  void random_calls_leave_the_reference_and_this_store_alike(TestReporter reporter) {
    long seed = RandomCalls.seed();
    reporter.publishEntry("errand.seed", Long.toString(seed));
    var random = new Random(seed);
    try (var reference = new MemoryStore(clock)) {
      for (int call = 0; call < CALLS; call++) {
        clock.advance(Duration.ofMillis(random.nextInt(3)));
        var asked = call(random);
        assertThat(asked.apply(store))
            .as("call %d, seed %d", call, seed)
            .isEqualTo(asked.apply(reference));
      }
      for (var memory : List.of("m1", "m2", "m3")) {
        assertThat(store.cards(memory, "", MANY))
            .as("seed %d", seed)
            .isEqualTo(reference.cards(memory, "", MANY));
      }
      assertThat(store.memories()).as("seed %d", seed).isEqualTo(reference.memories());
    }
  }

  private static Function<Store, Object> call(Random random) {
    var memory = "m" + (1 + random.nextInt(3));
    var id = "c" + random.nextInt(12);
    var note = note(random);
    var by = random.nextBoolean() ? JOB : null;
    var words = SearchWords.of(sentence(random));
    return switch (random.nextInt(8)) {
      case 0, 1, 2 -> any -> any.remember(memory, id, note, by);
      case 3 -> any -> any.rewrite(memory, id, note, by);
      case 4 -> any -> any.forgetCard(memory, id);
      case 5 ->
          any -> {
            any.retrieved(memory, List.of(id, "c1"));
            return any.card(memory, id);
          };
      case 6 -> any -> any.cards(memory, id, 1 + note.entities().size());
      default ->
          any ->
              any.search(memory, words, MANY).stream()
                  .map(match -> match.card())
                  .sorted(java.util.Comparator.comparing(Card::id))
                  .toList();
    };
  }

  private static Note note(Random random) {
    var types = Note.Type.values();
    var entities =
        random.nextBoolean() ? List.<String>of() : List.of(word(random), "x " + word(random));
    return new Note(
        types[random.nextInt(types.length)],
        sentence(random),
        entities,
        random.nextInt(11) / 10.0,
        random.nextInt(11) / 10.0);
  }

  private static String sentence(Random random) {
    var words = new ArrayList<String>();
    for (int n = random.nextInt(8); n >= 0; n--) {
      words.add(word(random));
    }
    return String.join(random.nextBoolean() ? " " : ", ", words);
  }

  /// Few, of which some begin like others.
  private static String word(Random random) {
    var stems =
        List.of("wat", "wate", "water", "żółw", "ZOLW", "Ä", "東京", "m1", "42", "the", "\"or\"");
    return stems.get(random.nextInt(stems.size())) + "s".repeat(random.nextInt(2));
  }
}
