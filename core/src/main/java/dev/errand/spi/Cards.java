package dev.errand.spi;

import dev.errand.job.Card;
import dev.errand.job.JobId;
import dev.errand.job.MemorySummary;
import dev.errand.job.Note;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The part of a [Store] that keeps memories: named sets of cards, found by the words in them.
///
/// A memory is there as long as it has a card. What is said of the methods of [Store] holds of
/// these too. A change is committed like any other, together with those that wait at the same time.
public interface Cards {
  /// Writes a card, or finds the one of that id, which is left as it is.
  ///
  /// @param by the job that writes it; null for the application
  /// @throws IllegalArgumentException if the memory's name or the id is none
  Card remember(String memory, String id, Note note, @Nullable JobId by);

  /// Writes a card anew: its note, when, and by whom.
  ///
  /// @return the card as it is now; empty if there is none of that id
  Optional<Card> rewrite(String memory, String id, Note note, @Nullable JobId by);

  /// Forgets a card; false if there is none of that id.
  boolean forgetCard(String memory, String id);

  /// Notes that these cards were retrieved now, each once, as [Change.Retrieved] does; those that
  /// are not there are passed over. A crash of the machine may undo it.
  void retrieved(String memory, Collection<String> ids);

  /// The card of that id.
  Optional<Card> card(String memory, String id);

  /// The cards of a memory after that id (exclusive; empty for the start), in the order of ids.
  List<Card> cards(String memory, String after, int limit);

  /// How many cards a memory has.
  long countCards(String memory);

  /// At most `limit` cards of a memory that have one of these words, the best match first.
  ///
  /// Which words a card has is said by [SearchWords]; so is which of them a word that is looked for
  /// means. A card that has more of them, or rarer ones, is the better match, by the formula BM25
  /// or one that is like it, times the [weight][Note#weight] of its note: all cards that fit are
  /// weighed before any is left out. Between equal ones the one that was written last comes first,
  /// and of those the one of the lesser id.
  List<Match> search(String memory, SearchWords words, int limit);

  /// The memories, in the order of their names.
  List<MemorySummary> memories();

  /// A card that was found.
  ///
  /// @param card the card
  /// @param score how well it fits, above 0; to be compared with others of the same answer only
  record Match(Card card, double score) {
    public Match {
      if (!(score > 0)) {
        throw new IllegalArgumentException("A match has a score above 0, and not " + score);
      }
    }
  }
}
