package dev.errand.engine;

import dev.errand.job.Card;
import dev.errand.job.Note;
import dev.errand.spi.Cards;
import dev.errand.spi.SearchWords;
import java.util.Comparator;
import java.util.List;

/// Finds cards for a text: those that the store finds by its words, weighed by what they are.
final class MemorySearch {
  /// So many times the cards that are wanted are weighed: what comes after these by its words alone
  /// is no better by its importance.
  private static final int WEIGHED = 4;

  private MemorySearch() {}

  /// At most `most` cards, the best first.
  ///
  /// @throws IllegalArgumentException if `most` is negative
  static List<Card> best(Cards store, String memory, String text, int most) {
    if (most < 0) {
      throw new IllegalArgumentException("Cannot search for " + most + " cards");
    }
    var words = SearchWords.of(text);
    int weighed = (int) Math.min(Integer.MAX_VALUE, (long) most * WEIGHED);
    return store.search(memory, words, weighed).stream()
        .sorted(Comparator.comparingDouble(MemorySearch::value).reversed())
        .limit(most)
        .map(Cards.Match::card)
        .toList();
  }

  private static double value(Cards.Match match) {
    return match.score() * weight(match.card().note());
  }

  /// 1 for a card of usual importance that is sure.
  private static double weight(Note note) {
    return (0.5 + note.importance()) * (0.5 + note.confidence() / 2);
  }
}
