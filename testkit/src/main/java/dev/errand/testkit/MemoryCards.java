package dev.errand.testkit;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingDouble;

import dev.errand.job.Card;
import dev.errand.job.JobId;
import dev.errand.job.MemorySummary;
import dev.errand.job.MemoryUse;
import dev.errand.job.Note;
import dev.errand.spi.Cards.Match;
import dev.errand.spi.SearchWords;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The cards of memories.
final class MemoryCards {
  /// What the formula BM25 usually has for them.
  private static final double SATURATION = 1.2;

  private static final double LENGTH = 0.75;
  private static final double LEAST = 1e-6;

  private final NavigableMap<Key, Card> cards;

  private record Key(String memory, String id) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      return comparing(Key::memory).thenComparing(Key::id).compare(this, other);
    }
  }

  MemoryCards() {
    cards = new TreeMap<>();
  }

  MemoryCards(MemoryCards other) {
    cards = new TreeMap<>(other.cards);
  }

  Card remember(String memory, String id, Note note, @Nullable JobId by, Instant now) {
    MemoryUse.requireName(memory);
    return cards.computeIfAbsent(new Key(memory, id), key -> Card.written(key.id(), note, by, now));
  }

  Optional<Card> rewrite(String memory, String id, Note note, @Nullable JobId by, Instant now) {
    return Optional.ofNullable(
        cards.computeIfPresent(new Key(memory, id), (key, card) -> card.rewritten(note, by, now)));
  }

  boolean forget(String memory, String id) {
    return cards.remove(new Key(memory, id)) != null;
  }

  void retrieved(String memory, Collection<String> ids, Instant now) {
    for (var id : new HashSet<>(ids)) {
      cards.computeIfPresent(new Key(memory, id), (key, card) -> card.retrieved(now));
    }
  }

  Optional<Card> find(String memory, String id) {
    return Optional.ofNullable(cards.get(new Key(memory, id)));
  }

  /// Those of a memory, in the order of their ids.
  Stream<Card> of(String memory) {
    return cards.entrySet().stream()
        .filter(entry -> entry.getKey().memory().equals(memory))
        .map(entry -> entry.getValue());
  }

  List<MemorySummary> memories() {
    return cards.keySet().stream().map(Key::memory).distinct().map(this::summary).toList();
  }

  private MemorySummary summary(String memory) {
    var updated = of(memory).map(Card::updated).max(Instant::compareTo).orElseThrow();
    return new MemorySummary(memory, of(memory).count(), updated);
  }

  Stream<Match> search(String memory, SearchWords looked) {
    var all = cards.values().stream().map(card -> SearchWords.of(card.note())).toList();
    double usual = all.stream().mapToInt(List::size).average().orElse(1);
    return of(memory)
        .filter(card -> looked.words().stream().anyMatch(word -> count(card, word) > 0))
        .map(card -> new Match(card, score(card, looked, all, usual) * card.note().weight()))
        .sorted(
            comparingDouble(Match::score)
                .thenComparing(match -> match.card().updated())
                .reversed()
                .thenComparing(match -> match.card().id()));
  }

  private static double score(Card card, SearchWords looked, List<List<String>> all, double usual) {
    double length = SearchWords.of(card.note()).size();
    double score = 0;
    for (var word : looked.words()) {
      long count = count(card, word);
      long having = all.stream().filter(words -> count(words, word) > 0).count();
      double rarity = Math.max(LEAST, Math.log((all.size() - having + 0.5) / (having + 0.5)));
      score +=
          rarity
              * count
              * (SATURATION + 1)
              / (count + SATURATION * (1 - LENGTH + LENGTH * length / usual));
    }
    return score;
  }

  private static long count(Card card, String word) {
    return count(SearchWords.of(card.note()), word);
  }

  private static long count(List<String> words, String looked) {
    return words.stream().filter(word -> SearchWords.isMeant(looked, word)).count();
  }
}
