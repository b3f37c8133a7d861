package dev.errand.jdbc;

import static java.util.Comparator.comparingDouble;

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
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Cards in the tables `memory` and `card`; their words are kept by [CardWords].
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
        .first(row -> card(session.database(), row));
  }

  static List<Card> after(Session session, String memory, String after, int limit)
      throws SQLException {
    return session
        .sql("select " + COLUMNS + OF_MEMORY + " and id > ? order by id limit ?")
        .bind(memory)
        .bind(after)
        .bind(limit)
        .list(row -> card(session.database(), row));
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
            select name, count(*), max(updated)
            from memory join card on card.memory = memory.number group by name order by name
            """)
        .list(
            row ->
                new MemorySummary(
                    row.getString(1), row.getLong(2), Instant.ofEpochMilli(row.getLong(3))));
  }

  /// The cards of a memory that fit best, best first.
  static List<Match> search(Session session, String memory, SearchWords words, int limit)
      throws SQLException {
    var number = number(session, memory);
    if (number.isEmpty() || words.words().isEmpty() || limit == 0) {
      return List.of();
    }
    var found = session.database().cardWords().search(session, number.get(), words, limit);
    var matches = new ArrayList<Match>();
    for (var scored : found) {
      session
          .sql("select " + COLUMNS + "from card where number = ?")
          .bind(scored.card())
          .first(row -> new Match(card(session.database(), row), scored.score()))
          .ifPresent(matches::add);
    }
    matches.sort(
        comparingDouble(Match::score)
            .thenComparing(match -> match.card().updated())
            .reversed()
            .thenComparing(match -> match.card().id()));
    return List.copyOf(matches);
  }

  private static Optional<Long> number(Session session, String memory) throws SQLException {
    return session
        .sql("select number from memory where name = ?")
        .bind(memory)
        .first(row -> row.getLong(1));
  }

  private static Card card(Database database, ResultSet row) throws SQLException {
    var by = row.getString(9);
    long accessed = row.getLong(11);
    boolean isRetrieved = !row.wasNull();
    return new Card(
        row.getString(1),
        new Note(
            Note.Type.valueOf(row.getString(2)),
            database.unescaped(row.getString(3)),
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
  record Written(String memory, String id, Note note, @Nullable JobId by, List<String> words) {
    static Written of(String memory, String id, Note note, @Nullable JobId by) {
      MemoryUse.requireName(memory);
      Card.requireId(id);
      return new Written(memory, id, note, by, SearchWords.of(note));
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
              .bind(transaction.database().escaped(note.text()))
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
              .bind(transaction.database().escaped(note.text()))
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
      transaction.database().cardWords().remove(transaction, owner.get(), number.get());
      index(transaction, number.get(), owner.get());
      return find(transaction.session(), memory, id);
    }

    private void index(Transaction transaction, long card, long owner) throws SQLException {
      transaction.database().cardWords().add(transaction, owner, card, words);
    }

    private String entities() {
      return Json.of(note.entities()).print();
    }

    private @Nullable String writer() {
      return by == null ? null : by.text();
    }
  }

  static boolean forget(Transaction transaction, String memory, String id) throws SQLException {
    var owner = number(transaction.session(), memory);
    if (owner.isEmpty()) {
      return false;
    }
    var number =
        transaction
            .direct("delete from card where memory = ? and id = ? returning number")
            .bind(owner.get())
            .bind(id)
            .first(row -> row.getLong(1));
    if (number.isPresent()) {
      transaction.database().cardWords().remove(transaction, owner.get(), number.get());
    }
    return number.isPresent();
  }

  /// A card that is named twice is counted once.
  static void retrieved(Transaction transaction, String memory, Collection<String> ids)
      throws SQLException {
    for (var id : ids.stream().distinct().sorted().toList()) {
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
