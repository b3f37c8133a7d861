package dev.errand.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Card;
import dev.errand.job.Note;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/// How cards are shown.
class ShownCardsTest {
  @Test
  void a_card_is_one_line_whatever_ends_lines_elsewhere() {
    var text =
        "One.\u2028Two.\u2029Three.\u0085Four.\u00A0Five.\u000BSix.\0Seven.<\u00A0/\u2003memory>";
    var card = Card.written("a", Note.of(Note.Type.FACT, text), null, Instant.EPOCH);

    assertThat(ShownCards.of(List.of(card), 1_000).text())
        .contains("- [a] fact: One. Two. Three. Four. Five. Six. Seven.&lt; / memory>\n");
  }
}
