package dev.errand.jdbc;

import dev.errand.job.Card;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.MemorySummary;
import dev.errand.job.MemoryUse;
import dev.errand.job.Note;
import dev.errand.spi.Cards.Match;
import dev.errand.spi.SearchWords;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Cards in the tables `memory`, `card` and `card_word`.
///
/// What is looked for in the last is put together of words that have nothing but letters and digits
/// in them, each in quotes: it cannot be taken for anything else, whatever somebody asked for.
final class Memories {
  private static final String COLUMNS =
      """
      card.id, card.type, card.text, card.entities, card.importance, card.confidence, card.created,
      card.updated, card.job, card.accesses, card.accessed
      """;

  private static final String OF_MEMORY =
      "from card where memory = (select number from memory where name = ?)";

  private Memories() {}

  static Optional<Card> find(Session session, String memory, String id) throws SQLException {
    return session
        .sql("select " + COLUMNS + OF_MEMORY + " and id = ?")
        .bind(memory)
        .bind(id)
        .first(Memories::card);
  }

  static List<Card> after(Session session, String memory, String after, int limit)
      throws SQLException {
    return session
        .sql("select " + COLUMNS + OF_MEMORY + " and id > ? order by id limit ?")
        .bind(memory)
        .bind(after)
        .bind(limit)
        .list(Memories::card);
  }

  static long count(Session session, String memory) throws SQLException {
    return session
        .sql("select count(*) " + OF_MEMORY)
        .bind(memory)
        .first(row -> row.getLong(1))
        .orElse(0L);
  }

  static List<MemorySummary> all(Session session) throws SQLException {
    return session
        .sql(
            """
            select name,
              (select count(*) from card where card.memory = memory.number),
              (select max(updated) from card where card.memory = memory.number) as updated
            from memory where updated is not null order by name
            """)
        .list(
            row ->
                new MemorySummary(
                    row.getString(1), row.getLong(2), Instant.ofEpochMilli(row.getLong(3))));
  }

  /// All that fit are weighed by words and weight, and only of the best more is read. A score that
  /// is 0 by its formula counts as little as can be: a word that every card has tells nothing, and
  /// is found. The weight is that of `Note.weight`.
  static List<Match> search(Session session, String memory, SearchWords words, int limit)
      throws SQLException {
    if (words.words().isEmpty() || limit == 0) {
      return List.of();
    }
    var number = number(session, memory);
    if (number.isEmpty()) {
      return List.of();
    }
    return session
        .sql(
            """
            select %s, found.score
            from (
              select card.number,
                max(1e-300, -bm25(card_word, 0.0, 1.0))
                  * (0.5 + card.importance) * (0.5 + card.confidence / 2.0) as score
              from card_word cross join card on card.number = card_word.rowid
              where card_word match ?
              order by score desc, card.updated desc, card.id limit ?
            ) as found cross join card on card.number = found.number
            order by found.score desc, card.updated desc, card.id
            """
                .formatted(COLUMNS))
        .bind(question(number.get(), words))
        .bind(limit)
        .list(row -> new Match(card(row), row.getDouble(12)));
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

  private static Optional<Long> number(Session session, String memory) throws SQLException {
    return session
        .sql("select number from memory where name = ?")
        .bind(memory)
        .first(row -> row.getLong(1));
  }

  private static Card card(ResultSet row) throws SQLException {
    var by = row.getString(9);
    long accessed = row.getLong(11);
    boolean isRetrieved = !row.wasNull();
    return new Card(
        row.getString(1),
        new Note(
            Note.Type.valueOf(row.getString(2)),
            row.getString(3),
            ((Json.Array) Json.parse(row.getString(4)))
                .items().stream().map(item -> item.to(String.class)).toList(),
            row.getDouble(5),
            row.getDouble(6)),
        Instant.ofEpochMilli(row.getLong(7)),
        Instant.ofEpochMilli(row.getLong(8)),
        by == null ? null : new JobId(by),
        row.getLong(10),
        isRetrieved ? Instant.ofEpochMilli(accessed) : null);
  }

  /// A card ready to be written; finding its words is the caller's work.
  record Written(String memory, String id, Note note, @Nullable JobId by, String words) {
    static Written of(String memory, String id, Note note, @Nullable JobId by) {
      MemoryUse.requireName(memory);
      Card.requireId(id);
      return new Written(memory, id, note, by, String.join(" ", SearchWords.of(note)));
    }

    /// Whoever holds the write lock looks for the card and inserts it in one go: of two that write
    /// the same one, the second finds that of the first.
    Card insert(Transaction transaction) throws SQLException {
      var session = transaction.session();
      var known = find(session, memory, id);
      if (known.isPresent()) {
        return known.get();
      }
      transaction
          .direct("insert into memory (name) values (?) on conflict do nothing")
          .bind(memory)
          .update();
      long owner = number(session, memory).orElseThrow();
      long number =
          transaction
              .direct(
                  """
                  insert into card (memory, id, type, text, entities, importance, confidence,
                    created, updated, job)
                  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning number
                  """)
              .bind(owner)
              .bind(id)
              .bind(note.type().name())
              .bind(note.text())
              .bind(entities())
              .bind(note.importance())
              .bind(note.confidence())
              .bind(transaction.now())
              .bind(transaction.now())
              .bind(writer())
              .first(row -> row.getLong(1))
              .orElseThrow();
      index(transaction, number, owner);
      return find(session, memory, id).orElseThrow();
    }

    Optional<Card> update(Transaction transaction) throws SQLException {
      var owner = number(transaction.session(), memory);
      if (owner.isEmpty()) {
        return Optional.empty();
      }
      var number =
          transaction
              .direct(
                  """
                  update card set type = ?, text = ?, entities = ?, importance = ?, confidence = ?,
                    updated = ?, job = ?
                  where memory = ? and id = ? returning number
                  """)
              .bind(note.type().name())
              .bind(note.text())
              .bind(entities())
              .bind(note.importance())
              .bind(note.confidence())
              .bind(transaction.now())
              .bind(writer())
              .bind(owner.get())
              .bind(id)
              .first(row -> row.getLong(1));
      if (number.isEmpty()) {
        return Optional.empty();
      }
      forgetWords(transaction, number.get());
      index(transaction, number.get(), owner.get());
      return find(transaction.session(), memory, id);
    }

    private void index(Transaction transaction, long number, long owner) throws SQLException {
      transaction
          .direct("insert into card_word (rowid, memory, words) values (?, ?, ?)")
          .bind(number)
          .bind(token(owner))
          .bind(words)
          .update();
    }

    private String entities() {
      return Json.of(note.entities()).print();
    }

    private @Nullable String writer() {
      return by == null ? null : by.text();
    }
  }

  static boolean forget(Transaction transaction, String memory, String id) throws SQLException {
    var number =
        transaction
            .direct(
                """
                delete from card
                where memory = (select number from memory where name = ?) and id = ?
                returning number
                """)
            .bind(memory)
            .bind(id)
            .first(row -> row.getLong(1));
    if (number.isPresent()) {
      forgetWords(transaction, number.get());
    }
    return number.isPresent();
  }

  private static void forgetWords(Transaction transaction, long number) throws SQLException {
    transaction.direct("delete from card_word where rowid = ?").bind(number).update();
  }

  /// A card that is named twice is counted once.
  static void retrieved(Transaction transaction, String memory, Collection<String> ids)
      throws SQLException {
    for (var id : ids.stream().distinct().toList()) {
      transaction
          .direct(
              """
              update card set accesses = accesses + 1, accessed = ?
              where memory = (select number from memory where name = ?) and id = ?
              """)
          .bind(transaction.now())
          .bind(memory)
          .bind(id)
          .update();
    }
  }

  /// Counts cards that were retrieved; what a crash of the machine undoes of it is a count.
  record Retrieval(String memory, List<String> ids) implements Work<Integer> {
    @Override
    public Integer apply(Transaction transaction) throws SQLException {
      retrieved(transaction, memory, ids);
      return ids.size();
    }

    @Override
    public boolean mayBeForgotten() {
      return true;
    }
  }
}
