package dev.errand.job;

import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The variables that a job is given to begin with.
///
/// @param variables their values by name, in the form that every runtime reads
public record Given(Json.Object variables) {
  /// No variables.
  public static final Given NOTHING = new Given(Json.Object.EMPTY);

  private static final Set<String> FORMS = Set.of(Shared.OBJECT, Shared.REFERENCE);

  /// The same with one more: a [Shared] by reference, or a copy of anything [Json#of] takes.
  ///
  /// @throws IllegalArgumentException if it is no name for a variable, or no value for one
  public Given with(String name, @Nullable Object value) {
    if (!name.matches("[A-Za-z_][A-Za-z0-9_]*") || name.startsWith("__")) {
      throw new IllegalArgumentException("'" + name + "' is no name for a variable");
    }
    return new Given(variables.with(name, form(value)));
  }

  /// The form of one value.
  ///
  /// @throws IllegalArgumentException if it has none, or came from elsewhere and would pass for a
  ///   reference
  public static Json form(@Nullable Object value) {
    if (value instanceof Shared shared) {
      return shared.form();
    }
    var plain = Json.of(value);
    if (shared(plain).isPresent()) {
      throw new IllegalArgumentException(
          "A value cannot be an object with nothing but "
              + ((Json.Object) plain).members().keySet());
    }
    return plain;
  }

  /// What a form stands for, if it stands for something shared.
  public static Optional<Shared> shared(Json form) {
    return form instanceof Json.Object object
            && object.members().size() == 1
            && FORMS.containsAll(object.members().keySet())
        ? Optional.of(() -> object)
        : Optional.empty();
  }
}
