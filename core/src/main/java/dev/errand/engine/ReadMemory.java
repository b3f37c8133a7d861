package dev.errand.engine;

import dev.errand.agent.MemoryView;
import dev.errand.job.Card;
import dev.errand.spi.Cards;
import java.util.List;
import java.util.Optional;

/// A memory for who only looks.
final class ReadMemory implements MemoryView {
  private final Cards store;
  private final String name;

  ReadMemory(Cards store, String name) {
    this.store = store;
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Card> search(String words, int most) {
    return MemorySearch.best(store, name, words, most);
  }

  @Override
  public Optional<Card> card(String id) {
    return store.card(name, id);
  }

  @Override
  public List<Card> cards(String after, int most) {
    return store.cards(name, after, most);
  }

  @Override
  public long size() {
    return store.countCards(name);
  }
}
