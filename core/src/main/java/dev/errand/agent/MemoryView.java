package dev.errand.agent;

import dev.errand.job.Card;
import dev.errand.job.MemoryUse;
import java.util.List;
import java.util.Optional;

/// A memory that can be read.
///
/// That of a subtask is nothing more: it has no method that writes, and what is read through it is
/// not counted. One that is a [Memory] counts what is retrieved.
///
/// Safe for use by many threads. Every call asks the store, and throws
/// `dev.errand.job.StoreException` if that fails.
public interface MemoryView {
  /// What the memory is called.
  String name();

  /// At most `most` cards that fit these words, the best first.
  ///
  /// A card fits that has one of the words in its text or among its entities, or a word that begins
  /// with one of four letters or more, whatever the case and the accents. Words that are rare count
  /// more than those that many cards have; importance and confidence count too. The words may be
  /// any text. Who owns the memory has retrieved them then.
  ///
  /// @throws IllegalArgumentException if `most` is negative
  List<Card> search(String words, int most);

  /// The best 15.
  default List<Card> search(String words) {
    return search(words, MemoryUse.CARDS);
  }

  /// The card of that id. Who owns the memory has retrieved it then.
  Optional<Card> card(String id);

  /// At most `most` cards after that id (exclusive; empty for the start), in the order of ids.
  /// Nobody has retrieved them.
  List<Card> cards(String after, int most);

  /// How many cards there are.
  long size();
}
