package dev.errand.models;

import dev.errand.job.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/// What models cost, by name.
///
/// A name such as `openai:gpt-4.1` stands for that model and its dated versions,
/// `openai:gpt-4.1-2025-04-14` or `…-latest`; one that ends with `*` for all that begin so. Of
/// several that fit, the longest counts. Immutable.
public final class Prices {
  private static final Pattern VERSION =
      Pattern.compile("[-@](latest|\\d{8}|\\d{4}-\\d{2}-\\d{2}|\\d{4})");

  private final Map<String, Price> byName;

  /// Those of them that somebody gave.
  private final Map<String, Price> given;

  private Prices(Map<String, Price> byName, Map<String, Price> given) {
    this.byName = Map.copyOf(byName);
    this.given = Map.copyOf(given);
  }

  /// Those that come with this release. Providers change theirs: check what matters to you.
  public static Prices known() {
    return Known.PRICES;
  }

  /// These and those of a file, whose lines are `model,input,cached,written,output` as in
  /// `prices.csv` of this package; the file's count where both know a name.
  ///
  /// @throws ModelException if the file cannot be read or is no price list, naming file and line
  public Prices read(Path file) {
    try {
      return with(PriceList.read(file.toString(), Files.readString(file)));
    } catch (IOException unreadable) {
      throw new ModelException(
          "The price list " + file + " cannot be read; check the name and that it is text.",
          unreadable);
    }
  }

  /// These and one more, or another for the same name.
  ///
  /// @param model such as `openai:gpt-4.1`, or `openai:gpt-4.1*` for all that begin so
  public Prices with(String model, Price price) {
    return with(Map.of(model, price));
  }

  private Prices with(Map<String, Price> more) {
    return new Prices(joined(byName, more), joined(given, more));
  }

  private static Map<String, Price> joined(Map<String, Price> prices, Map<String, Price> more) {
    var all = new HashMap<>(prices);
    all.putAll(more);
    return all;
  }

  /// What the model of that name costs, if it is known.
  public Optional<Price> of(String model) {
    return longest(byName, model);
  }

  /// What somebody said that it costs: for models that cost nothing otherwise.
  Optional<Price> given(String model) {
    return longest(given, model);
  }

  private static Optional<Price> longest(Map<String, Price> prices, String model) {
    return prices.keySet().stream()
        .filter(name -> fits(name, model))
        .max(Comparator.comparingInt(String::length))
        .map(prices::get);
  }

  private static boolean fits(String name, String model) {
    if (name.endsWith("*")) {
      return model.startsWith(name.substring(0, name.length() - 1));
    }
    return model.startsWith(name)
        && (model.length() == name.length()
            || VERSION.matcher(model.substring(name.length())).matches());
  }

  private static final class Known {
    private static final Prices PRICES = new Prices(PriceList.read("prices.csv", text()), Map.of());

    private static String text() {
      try (InputStream list =
          Objects.requireNonNull(Prices.class.getResourceAsStream("prices.csv"))) {
        return new String(list.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException unreadable) {
        throw new UncheckedIOException(unreadable);
      }
    }
  }
}
