package dev.errand.engine;

import dev.errand.job.Card;
import dev.errand.spi.Cards;
import dev.errand.spi.SearchWords;
import java.util.List;

/// Finds cards for a text, by its words.
final class MemorySearch {
  private MemorySearch() {}

  /// At most `most` cards, the best first.
  ///
  /// @throws IllegalArgumentException if `most` is negative
  static List<Card> best(Cards store, String memory, String text, int most) {
    if (most < 0) {
      throw new IllegalArgumentException("Cannot search for " + most + " cards");
    }
    return store.search(memory, SearchWords.of(text), most).stream()
        .map(Cards.Match::card)
        .toList();
  }
}
