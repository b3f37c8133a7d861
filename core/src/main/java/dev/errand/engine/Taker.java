package dev.errand.engine;

import dev.errand.spi.Receipt;
import dev.errand.spi.Step;
import org.jspecify.annotations.Nullable;

/// Takes what a commit of one of its jobs makes due, where a worker has room for it.
///
/// [#take] is called once after each call of [#room], on the same thread.
interface Taker {
  /// How much the step may take; that much room is kept free until [#take].
  Step.Taking room(Step step);

  /// Takes what the commit gave, and gives back what room is left.
  ///
  /// @param step with the room that was kept for it
  /// @param receipt null if nothing was committed
  void take(Step step, @Nullable Receipt receipt);
}
