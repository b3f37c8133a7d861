package dev.errand.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What may be looked for.
class SearchWordsTest {
  @ParameterizedTest
  @ValueSource(strings = {"", " ", "two words", "\" OR memory : \"m1", "wat*", "a\0b", "x'y"})
  void what_is_no_word_is_refused(String word) {
    assertThatThrownBy(() -> new SearchWords(List.of("water", word)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is no word");
  }

  @Test
  void the_words_of_any_text_are_words() {
    var words =
        SearchWords.of("Straße, Zażółć 東京 4711 σίσυφος é\u0301\u0327 𝒲ater नमस्ते \" OR x");

    assertThat(new SearchWords(words.words())).isEqualTo(words);
    assertThat(words.words()).contains("strasse", "zazolc", "東", "京", "4711");
  }
}
