package dev.errand.engine;

import dev.errand.spi.Claim;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/// Where one parked thread waits: for a claim, or for being dropped, whichever comes first.
final class Place {
  private final long arrival;
  private final CompletableFuture<Claim> claim = new CompletableFuture<>();

  Place(long arrival) {
    this.arrival = arrival;
  }

  /// Its number in the order in which places were taken.
  long arrival() {
    return arrival;
  }

  /// Gives the thread its claim; false if it was dropped before.
  boolean settle(Claim given) {
    return claim.complete(given);
  }

  /// Gives the thread up, unless it has its claim.
  void drop() {
    claim.cancel(false);
  }

  /// Waits for the claim.
  Claim await() {
    try {
      return claim.join();
    } catch (CancellationException dropped) {
      throw new Dropped("no longer kept warm");
    }
  }
}
