package dev.errand.agent;

import dev.errand.job.Card;
import dev.errand.job.Note;

/// A memory that can be written.
///
/// What a method returned is stored. Two writers that write different cards at once are both heard;
/// of two that write the same one, the last.
public interface Memory extends MemoryView {
  /// Writes a card.
  ///
  /// In a tool its id follows from the call and from how many cards this call has written before: a
  /// call that is made again writes none twice. Elsewhere it is drawn at random.
  Card remember(Note note);

  /// Writes a card of that id. One that is there is left as it is, and returned.
  ///
  /// @throws IllegalArgumentException if it is no id of a card
  Card remember(String id, Note note);

  /// Writes a card anew; how often it was retrieved stays.
  ///
  /// @throws IllegalArgumentException if there is none of that id
  Card rewrite(String id, Note note);

  /// Forgets a card; false if there is none of that id.
  boolean forget(String id);

  /// The same memory for who only looks: it cannot be written through this, and nothing is counted.
  MemoryView view();
}
