package dev.errand.engine;

import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/// Where one parked thread waits: for a claim, or for being dropped, whichever comes first.
final class Place {
  /// Those first that cost least to make anew; of equals those that wait longest.
  static final Comparator<Place> FIRST_TO_DROP =
      Comparator.comparingInt((Place place) -> Integer.numberOfLeadingZeros(place.answers))
          .reversed()
          .thenComparingLong(place -> place.arrival);

  private final int answers;
  private final long arrival;
  private final CompletableFuture<Given> given = new CompletableFuture<>();

  /// @param answers how much a replay would ask again, told apart by orders of magnitude only
  /// @param arrival its number in the order in which places were taken
  Place(int answers, long arrival) {
    this.answers = answers;
    this.arrival = arrival;
  }

  /// Gives the thread its claim; false if it was dropped before.
  boolean settle(Given claim) {
    return given.complete(claim);
  }

  /// Gives the thread up, unless it has its claim.
  void drop() {
    given.cancel(false);
  }

  /// Gives the place up where nobody is going to wait in it.
  ///
  /// @return the claim that it was given before
  Optional<Given> leave() {
    drop();
    return given.isCompletedExceptionally() ? Optional.empty() : Optional.of(given.join());
  }

  /// Waits for the claim.
  Given await() {
    try {
      return given.join();
    } catch (CancellationException dropped) {
      throw new Dropped("no longer kept warm");
    }
  }
}
