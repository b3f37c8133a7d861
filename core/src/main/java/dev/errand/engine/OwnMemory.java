package dev.errand.engine;

import dev.errand.agent.Memory;
import dev.errand.agent.MemoryView;
import dev.errand.job.Card;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Note;
import dev.errand.spi.Cards;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// A memory for who owns it: the application, or a tool that is called for a job.
final class OwnMemory implements Memory {
  private static final int ID_CHARACTERS = 16;

  private final Cards store;
  private final String name;
  private final MemoryView view;
  private final @Nullable JobId by;
  private final @Nullable String key;
  private final Map<String, Integer> written = new ConcurrentHashMap<>();

  /// @param by on whose behalf; null for the application
  /// @param key that of the call for which it is; null for none
  OwnMemory(Cards store, String name, @Nullable JobId by, @Nullable String key) {
    this.store = store;
    this.name = name;
    this.view = new ReadMemory(store, name);
    this.by = by;
    this.key = key;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Card> search(String words, int most) {
    var found = view.search(words, most);
    retrieved(found.stream().map(Card::id).toList());
    return found;
  }

  @Override
  public Optional<Card> card(String id) {
    var found = view.card(id);
    found.ifPresent(card -> retrieved(List.of(card.id())));
    return found;
  }

  private void retrieved(List<String> ids) {
    if (!ids.isEmpty()) {
      store.retrieved(name, ids);
    }
  }

  @Override
  public List<Card> cards(String after, int most) {
    return view.cards(after, most);
  }

  @Override
  public long size() {
    return view.size();
  }

  @Override
  public Card remember(Note note) {
    return remember(nextId(note), note);
  }

  /// The card of a note that a call writes has the same id each time the call is made, in whatever
  /// order it writes then; of equal notes the n-th has that of the n-th.
  private String nextId(Note note) {
    if (key == null) {
      return Card.randomId();
    }
    var printed = printed(note);
    int n = written.merge(printed, 1, Integer::sum);
    return Journal.digest(key + " " + n + " " + printed).substring(0, ID_CHARACTERS);
  }

  private static String printed(Note note) {
    return Json.object("type", note.type().name())
        .with("text", note.text())
        .with("entities", note.entities())
        .with("importance", note.importance())
        .with("confidence", note.confidence())
        .print();
  }

  @Override
  public Card remember(String id, Note note) {
    Card.requireId(id);
    return store.remember(name, id, note, by);
  }

  @Override
  public Card rewrite(String id, Note note) {
    return store
        .rewrite(name, id, note, by)
        .orElseThrow(
            () -> new IllegalArgumentException("Memory %s has no card %s".formatted(name, id)));
  }

  @Override
  public boolean forget(String id) {
    return store.forgetCard(name, id);
  }

  @Override
  public MemoryView view() {
    return view;
  }
}
