package dev.errand.models;

import dev.errand.job.Usage;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the calls of one model cost. A model without a known price costs nothing, and is logged
/// once.
final class Tariff {
  private static final Logger LOG = LoggerFactory.getLogger(Tariff.class);

  private final String model;
  private final Optional<Price> price;
  private final AtomicBoolean told = new AtomicBoolean();

  Tariff(String model, Optional<Price> price) {
    this.model = model;
    this.price = price;
  }

  /// One call.
  Usage usage(Tokens tokens) {
    if (price.isEmpty() && told.compareAndSet(false, true)) {
      LOG.warn(
          "No price is known for {}, so its calls count as free and no budget in dollars holds it."
              + " Name a file with the line {},INPUT,,,OUTPUT (US dollars for a million tokens) in"
              + " ERRAND_PRICES.",
          model,
          model);
    }
    return new Usage(1, tokens.input(), tokens.output(), price.orElse(Price.FREE).microUsd(tokens));
  }
}
