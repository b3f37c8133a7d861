package dev.errand.job;

import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A JSON value, free of any JSON library's types.
///
/// Numbers keep their literal, so `1` and `1.0` stay apart and nothing is rounded. Object members
/// keep their order.
public sealed interface Json {
  /// Reads one JSON text.
  ///
  /// @throws IllegalArgumentException if `text` is not exactly one JSON value
  static Json parse(String text) {
    return JsonText.parse(text);
  }

  /// Turns null, strings, booleans, numbers, lists, maps, enums and records of such into JSON.
  ///
  /// @throws IllegalArgumentException if the value has no JSON form
  static Json of(java.lang.@Nullable Object value) {
    return switch (value) {
      case null -> Null.VALUE;
      case Json json -> json;
      case String text -> new Text(text);
      case Boolean bool -> new Bool(bool);
      case Double number when !Double.isFinite(number) ->
          throw new IllegalArgumentException("JSON has no form for " + number);
      case Float number when !Float.isFinite(number) ->
          throw new IllegalArgumentException("JSON has no form for " + number);
      case java.lang.Number number -> new Number(number.toString());
      case List<?> items -> new Array(items.stream().map(Json::of).toList());
      case Map<?, ?> members -> {
        var copy = new LinkedHashMap<String, Json>();
        members.forEach((name, member) -> copy.put(String.valueOf(name), of(member)));
        yield new Object(copy);
      }
      default -> JsonBinding.toJson(value);
    };
  }

  /// Starts an object with one member; see [Object#with].
  static Object object(String name, java.lang.@Nullable Object value) {
    return Object.EMPTY.with(name, value);
  }

  /// This value as an instance of `type`: a boxed primitive, String, List, Map, enum or record.
  ///
  /// @throws IllegalArgumentException if it does not fit
  default <T> T to(Class<T> type) {
    return Json.class.isAssignableFrom(type) && type.isInstance(this)
        ? type.cast(this)
        : JsonBinding.fromJson(this, type);
  }

  /// The same for a type that may have parameters, such as a list of strings.
  ///
  /// @throws IllegalArgumentException if it does not fit
  default java.lang.Object to(Type type) {
    return type instanceof Class<?> plain ? to(plain) : JsonBinding.fromJson(this, type);
  }

  /// The compact JSON text of this value.
  default String print() {
    return JsonText.print(this);
  }

  /// The null value.
  record Null() implements Json {
    /// The one null.
    public static final Null VALUE = new Null();
  }

  /// true or false.
  record Bool(boolean value) implements Json {}

  /// A number by its literal.
  record Number(String literal) implements Json {
    /// A whole number.
    public Number(long value) {
      this(Long.toString(value));
    }

    /// The number as a `long`.
    ///
    /// @throws ArithmeticException if it is no whole number or does not fit
    public long toLong() {
      return new BigDecimal(literal).longValueExact();
    }

    /// The number as the nearest `double`.
    public double toDouble() {
      return Double.parseDouble(literal);
    }
  }

  /// A string.
  record Text(String value) implements Json {}

  /// A list of values.
  record Array(List<Json> items) implements Json {
    public Array {
      items = List.copyOf(items);
    }
  }

  /// Named values, in order.
  record Object(Map<String, Json> members) implements Json {
    /// The object without members.
    public static final Object EMPTY = new Object(Map.of());

    public Object {
      members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }

    /// This object with one more member; a value of null becomes JSON null.
    public Object with(String name, java.lang.@Nullable Object value) {
      var copy = new LinkedHashMap<>(members);
      copy.put(name, of(value));
      return new Object(copy);
    }

    /// The member of that name, unless it is absent or null.
    public Optional<Json> get(String name) {
      return Optional.ofNullable(members.get(name)).filter(value -> !(value instanceof Null));
    }

    /// The text of that member, unless it is absent, null or no string.
    public Optional<String> text(String name) {
      return get(name).filter(Text.class::isInstance).map(value -> ((Text) value).value());
    }

    /// The whole number of that member, unless it is absent, null or no number.
    public Optional<Long> number(String name) {
      return get(name).filter(Number.class::isInstance).map(value -> ((Number) value).toLong());
    }
  }
}
