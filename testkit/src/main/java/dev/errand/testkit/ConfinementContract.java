package dev.errand.testkit;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What the operating system's confinement must hold by itself, where code may say anything: every
/// [Escape] that is about the system fails.
///
/// An implementation extends it and gives a runtime whose processes are confined. That the same
/// attempts succeed elsewhere is shown by [EscapesContract].
@SuppressWarnings("JUnitClassModifiers") // it is for other modules to extend
public abstract class ConfinementContract extends Escapes {
  static Stream<Escape> attempts() {
    return Escape.heldBy(Escape.Where.CONFINED);
  }

  @ParameterizedTest
  @MethodSource("attempts")
  void the_system_holds(Escape escape) throws Exception {
    fails(runtime(), escape, false);
  }
}
