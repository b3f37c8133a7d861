package dev.errand.jdbc;

import dev.errand.spi.SearchWords;
import java.sql.SQLException;
import java.util.List;

/// How the words of cards are kept and looked for, which the dialects do differently.
interface CardWords {
  /// Keeps the words of a card that has none yet.
  void add(Transaction transaction, long memory, long card, List<String> words) throws SQLException;

  /// Forgets the words of a card.
  void remove(Transaction transaction, long memory, long card) throws SQLException;

  /// The numbers and scores of the cards of a memory that fit best, in any order.
  ///
  /// What is looked for is put together of words that have nothing but letters and digits in them.
  /// A score that is 0 by its formula counts as little as can be: a word that every card has tells
  /// nothing, and is found. A card's weight is that of `Note.weight`.
  List<Scored> search(Session session, long memory, SearchWords words, int limit)
      throws SQLException;

  record Scored(long card, double score) {}
}
