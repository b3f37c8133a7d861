package dev.errand.python;

import dev.errand.job.Json;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Reads JSON that a workspace's process wrote, which is not trusted to keep to the form.
///
/// Every method throws [Misfit] where the JSON is not what it is asked for.
record Form(Json.Object json) {
  /// What came is not what was agreed on.
  static final class Misfit extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Misfit(String message) {
      super(message);
    }
  }

  static Form of(@Nullable Json json) {
    if (json instanceof Json.Object object) {
      return new Form(object);
    }
    throw misfit("an object", json);
  }

  static String text(@Nullable Json json) {
    if (json instanceof Json.Text(var text)) {
      return text;
    }
    throw misfit("text", json);
  }

  static int number(@Nullable Json json) {
    return fitting(() -> Math.toIntExact(longNumber(json)));
  }

  static long longNumber(@Nullable Json json) {
    if (json instanceof Json.Number number) {
      return fitting(number::toLong);
    }
    throw misfit("a number", json);
  }

  static List<Json> items(@Nullable Json json) {
    if (json instanceof Json.Array(var items)) {
      return items;
    }
    throw misfit("a list", json);
  }

  /// What `reading` makes of the JSON, where it may refuse it by an exception of its own.
  static <T> T fitting(Supplier<T> reading) {
    try {
      return reading.get();
    } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException misfit) {
      throw new Misfit(String.valueOf(misfit.getMessage()));
    }
  }

  String text(String name) {
    return text(json.members().get(name));
  }

  int number(String name) {
    return number(json.members().get(name));
  }

  long longNumber(String name) {
    return longNumber(json.members().get(name));
  }

  List<Json> items(String name) {
    return items(json.members().get(name));
  }

  Form form(String name) {
    return of(json.members().get(name));
  }

  /// The member as it is, JSON null included.
  Json any(String name) {
    var member = json.members().get(name);
    if (member == null) {
      throw misfit(name, null);
    }
    return member;
  }

  /// The member, unless it is absent or null.
  Optional<Json> optional(String name) {
    return json.get(name);
  }

  /// The text of the member; empty where it is absent or null.
  Optional<String> optionalText(String name) {
    return json.get(name).map(Form::text);
  }

  private static Misfit misfit(String wanted, @Nullable Json found) {
    return new Misfit(
        "wanted " + wanted + ", found " + (found == null ? "nothing" : found.print()));
  }
}
