package dev.errand.verification.programs;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// One way to write a symbol: Python text with other symbols in it, as `grammar.txt` has it.
///
/// @param texts what stands before, between and behind the `symbols`
record Production(String symbol, int weight, List<String> texts, List<String> symbols) {
  private static final Pattern SYMBOL = Pattern.compile("<([a-z]+|#)>");

  /// Several statements, one below the other.
  static final Production BLOCK = new Production("block", 1, List.of(), List.of());

  static Production of(String symbol, int weight, String text) {
    var texts = new ArrayList<String>();
    var symbols = new ArrayList<String>();
    var found = SYMBOL.matcher(text);
    int end = 0;
    while (found.find()) {
      texts.add(text.substring(end, found.start()));
      symbols.add(found.group(1));
      end = found.end();
    }
    texts.add(text.substring(end));
    return new Production(symbol, weight, List.copyOf(texts), List.copyOf(symbols));
  }
}
