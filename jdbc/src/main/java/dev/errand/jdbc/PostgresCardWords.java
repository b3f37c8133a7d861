package dev.errand.jdbc;

import dev.errand.spi.SearchWords;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// In a plain table of words, with the same formula (BM25) that SQLite has: rank functions of
/// PostgreSQL's own know nothing of how rare a word is.
final class PostgresCardWords implements CardWords {
  @Override
  public void add(Transaction transaction, long memory, long card, List<String> words)
      throws SQLException {
    var times = new TreeMap<String, Long>();
    words.forEach(word -> times.merge(word, 1L, Long::sum));
    transaction
        .direct(
            """
            insert into card_word (word, card, memory, times)
            select word, ?, ?, times from unnest(?, ?) as new (word, times)
            """)
        .bind(card)
        .bind(memory)
        .bind(times.keySet())
        .bindNative(
            transaction
                .session()
                .connection()
                .createArrayOf("bigint", times.values().toArray(Long[]::new)))
        .update();
    transaction
        .direct("update card set length = ? where number = ?")
        .bind(words.size())
        .bind(card)
        .update();
    count(transaction, memory, 1, words.size());
  }

  @Override
  public void remove(Transaction transaction, long memory, long card) throws SQLException {
    long gone =
        transaction
            .direct(
                """
                with gone as (delete from card_word where card = ? returning times)
                select coalesce(sum(times), 0)::bigint from gone
                """)
            .bind(card)
            .first(row -> row.getLong(1))
            .orElseThrow();
    count(transaction, memory, -1, -gone);
  }

  private static void count(Transaction transaction, long memory, int cards, long words)
      throws SQLException {
    transaction
        .direct("update memory set cards = cards + ?, words = words + ? where number = ?")
        .bind(cards)
        .bind(words)
        .bind(memory)
        .update();
  }

  @Override
  public List<Scored> search(Session session, long memory, SearchWords words, int limit)
      throws SQLException {
    var ends = new ArrayList<String>();
    for (var word : words.words()) {
      ends.add(
          word.length() >= SearchWords.PREFIX
              ? word + Character.toString(Character.MAX_CODE_POINT)
              : word);
    }
    return session
        .sql(
            """
            with asked as (
              select * from unnest(?, ?) with ordinality as words (first, last, number)),
            hit as materialized (
              select asked.number, card_word.card, card_word.memory, sum(times)::float8 as times
              from asked join card_word on word >= first and word <= last
              group by asked.number, card_word.card, card_word.memory),
            totals as materialized (
              select sum(cards)::float8 as cards,
                greatest(sum(words)::float8 / greatest(sum(cards), 1), 1) as usual from memory),
            rare as materialized (
              select hit.number,
                greatest(1e-6, ln((max(totals.cards) - count(*) + 0.5) / (count(*) + 0.5)))
                  as rarity
              from hit, totals group by hit.number),
            scored as (
              select hit.card, sum(rarity * times * 2.2
                / (times + 1.2 * (0.25 + 0.75 * card.length / totals.usual))) as score
              from hit join rare on rare.number = hit.number
                join card on card.number = hit.card, totals
              where hit.memory = ? group by hit.card)
            select card.number, score * (0.5 + importance) * (0.5 + confidence / 2.0) as score
            from scored join card on card.number = scored.card
            order by 2 desc, updated desc, id limit ?
            """)
        .bind(words.words())
        .bind(ends)
        .bind(memory)
        .bind(limit)
        .list(row -> new Scored(row.getLong(1), row.getDouble(2)));
  }
}
