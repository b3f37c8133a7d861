package dev.errand.models;

import dev.errand.job.ModelException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads a price list: a line for each model, `model,input,cached,written,output`.
///
/// Empty lines and those that begin with `#` mean nothing, and so does a line of titles. What is
/// left empty of the cache costs what the input does.
final class PriceList {
  private static final String TITLE = "model";

  private PriceList() {}

  /// @throws ModelException if a line is none, naming it
  static Map<String, Price> read(String name, String text) {
    var prices = new LinkedHashMap<String, Price>();
    int number = 0;
    for (var line : text.lines().toList()) {
      number++;
      var cells = List.of(line.split(",", -1)).stream().map(String::strip).toList();
      if (!line.isBlank() && !line.startsWith("#") && !cells.getFirst().equals(TITLE)) {
        add(prices, cells, name, number);
      }
    }
    return prices;
  }

  private static void add(Map<String, Price> prices, List<String> cells, String name, int number) {
    try {
      if (cells.size() == 5 && cells.getFirst().contains(":")) {
        prices.put(
            cells.getFirst(),
            Price.of(cells.get(1), orInput(cells.get(2)), orInput(cells.get(3)), cells.get(4)));
        return;
      }
    } catch (IllegalArgumentException noPrice) {
      // Said below, in the same words as for a line of another kind.
    }
    throw new ModelException(
        "The price list %s is wrong in line %d; a line is PROVIDER:NAME,input,cached,written,output in US dollars for a million tokens."
            .formatted(name, number));
  }

  private static @Nullable String orInput(String cell) {
    return cell.isEmpty() ? null : cell;
  }
}
