package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.Treasury.Prize;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What restricted mode must hold: every [Escape] fails, and nobody takes its own word for it.
///
/// An implementation extends it and gives its runtime, which the whole class shares, and one that
/// is not confined by the operating system. The tests are started with the environment variable
/// `ERRAND_PLANTED`.
@SuppressWarnings("JUnitClassModifiers") // it is for other modules to extend
public abstract class EscapesContract extends Escapes {
  private static final int LEAST = 150;

  /// A runtime whose processes the operating system does not confine.
  protected abstract WorkspaceRuntime unconfined();

  static Stream<Escape> attempts() {
    return Escape.heldBy(Escape.Where.RESTRICTED);
  }

  static Stream<Escape> controls() {
    return Escape.in("controls").stream();
  }

  @ParameterizedTest
  @MethodSource("attempts")
  void restricted_mode_holds(Escape escape) throws Exception {
    fails(unconfined(), escape, true);
  }

  /// Or the test above would say nothing.
  @ParameterizedTest
  @MethodSource("controls")
  void what_is_planted_is_found_where_nothing_is_in_the_way(Escape control) throws Exception {
    assertThat(loot(unconfined(), control, false)).contains(Prize.valueOf(control.name()));
  }

  @Test
  void there_is_a_control_for_every_prize() {
    assertThat(controls().map(Escape::name)).contains(names());
  }

  private static String[] names() {
    return Stream.of(Prize.values()).map(Prize::name).toArray(String[]::new);
  }

  @Test
  void there_are_many_attempts_and_each_has_a_name_of_its_own() {
    assertThat(Escape.all()).hasSizeGreaterThanOrEqualTo(LEAST);
    assertThat(Escape.all().stream().map(Escape::toString)).doesNotHaveDuplicates();
  }
}
