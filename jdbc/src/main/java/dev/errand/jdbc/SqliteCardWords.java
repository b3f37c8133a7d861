package dev.errand.jdbc;

import dev.errand.spi.SearchWords;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;

/// In an FTS5 table, each word of the question in quotes: it cannot be taken for anything else.
final class SqliteCardWords implements CardWords {
  @Override
  public void add(Transaction transaction, long memory, long card, List<String> words)
      throws SQLException {
    transaction
        .direct("insert into card_word (rowid, memory, words) values (?, ?, ?)")
        .bind(card)
        .bind(token(memory))
        .bind(String.join(" ", words))
        .update();
  }

  @Override
  public void remove(Transaction transaction, long memory, long card) throws SQLException {
    transaction.direct("delete from card_word where rowid = ?").bind(card).update();
  }

  /// All that fit are weighed by words and weight, and only of the best more is read.
  @Override
  public List<Scored> search(Session session, long memory, SearchWords words, int limit)
      throws SQLException {
    return session
        .sql(
            """
            select card.number,
              max(1e-300, -bm25(card_word, 0.0, 1.0))
                * (0.5 + card.importance) * (0.5 + card.confidence / 2.0) as score
            from card_word cross join card on card.number = card_word.rowid
            where card_word match ?
            order by score desc, card.updated desc, card.id limit ?
            """)
        .bind(question(memory, words))
        .bind(limit)
        .list(row -> new Scored(row.getLong(1), row.getDouble(2)));
  }

  private static String question(long memory, SearchWords words) {
    var asked =
        words.words().stream()
            .map(word -> '"' + word + '"' + (word.length() >= SearchWords.PREFIX ? " *" : ""))
            .collect(Collectors.joining(" OR "));
    return "memory : \"" + token(memory) + "\" AND words : (" + asked + ")";
  }

  private static String token(long memory) {
    return "m" + memory;
  }
}
