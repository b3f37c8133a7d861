package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.job.Card;
import dev.errand.job.Json;
import java.time.Duration;
import java.util.List;

/// Cards as commands print them.
final class CardForm {
  private static final int WIDTH = 70;

  private CardForm() {}

  static Json.Object json(Card card) {
    var note = card.note();
    var by = card.by();
    var accessed = card.accessed();
    return Json.object("id", card.id())
        .with("type", note.type().code())
        .with("text", note.text())
        .with("entities", note.entities())
        .with("importance", note.importance())
        .with("confidence", note.confidence())
        .with("created", card.created().toString())
        .with("updated", card.updated().toString())
        .with("by", by == null ? null : by.text())
        .with("accesses", card.accesses())
        .with("accessed", accessed == null ? null : accessed.toString());
  }

  /// Cards as JSON or, where that is not asked for, as a table.
  static void print(Screen screen, boolean json, List<Card> cards, Errand errand, String none) {
    if (json) {
      screen.line(Json.of(cards.stream().map(CardForm::json).toList()).print());
    } else {
      screen.print(cards.isEmpty() ? none + "\n" : table(cards, errand));
    }
  }

  private static String table(List<Card> cards, Errand errand) {
    var table = new Table("CARD", "TYPE", "AGE", "USED", "BY", "TEXT");
    for (var card : cards) {
      var by = card.by();
      table.row(
          card.id(),
          card.note().type().code(),
          Text.span(Duration.between(card.updated(), errand.now())),
          Long.toString(card.accesses()),
          by == null ? "-" : by.text(),
          Text.fit(Text.oneLine(card.note().text()), WIDTH));
    }
    return table.toString();
  }
}
