package dev.errand;

import dev.errand.job.DurableObject;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.ObjectConflictException;
import dev.errand.job.Shared;
import dev.errand.job.Value;
import dev.errand.spi.Store;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A durable object, shared by reference with all jobs that were given it.
///
/// Safe for use by many threads. Every call reads the store; a change that meets another one is
/// made again on top of it, so that none is lost.
public final class Durable implements Shared {
  private final Store store;
  private final String id;

  Durable(Store store, String id) {
    this.store = store;
    this.id = id;
  }

  /// What refers to it. Whoever has this can change the object.
  public String id() {
    return id;
  }

  @Override
  public Json.Object form() {
    return Json.object(OBJECT, id);
  }

  /// The job that changed it last; empty if the application did.
  public Optional<JobId> changedBy() {
    return Optional.ofNullable(object().by());
  }

  /// How often it was changed, its making included.
  public long version() {
    return object().version();
  }

  /// Its attributes; one that only Python can hold is its text.
  public Json.Object attributes() {
    return attributes(object());
  }

  private static Json.Object attributes(DurableObject object) {
    var attributes = Json.Object.EMPTY;
    for (var attribute : object.attributes().entrySet()) {
      attributes = attributes.with(attribute.getKey(), json(attribute.getValue()));
    }
    return attributes;
  }

  private static Json json(Value value) {
    return switch (value) {
      case Value.Plain(var json) -> json;
      case Value.Pickled(var ignored, var text) -> new Json.Text(text);
    };
  }

  /// Its attributes as a record of that type, or as an interface: a method without parameters gives
  /// the attribute of its name.
  ///
  /// @throws IllegalArgumentException if the type is neither, or an attribute does not fit
  public <T> T as(Class<T> type) {
    if (type.isInterface()) {
      return view(type, attributes(), new LinkedHashMap<>());
    }
    if (!type.isRecord()) {
      throw new IllegalArgumentException(type + " is neither a record nor an interface");
    }
    return attributes().to(type);
  }

  /// Changes it: `change` is given the object as a record, and returns it as it is to be. It may be
  /// called more than once, when others change the object too; attributes that the record does not
  /// have stay as they are.
  ///
  /// @return what was stored
  public <T extends Record> T change(Class<T> type, UnaryOperator<T> change) {
    while (true) {
      var before = object();
      var changed = change.apply(attributes(before).to(type));
      if (store(before, plain(Json.of(changed)))) {
        return changed;
      }
    }
  }

  /// Changes it through an interface: a method with one parameter sets the attribute of its name,
  /// one without gives it. `change` may be called more than once, when others change the object
  /// too.
  public <T> void edit(Class<T> type, Consumer<T> change) {
    while (true) {
      var before = object();
      var set = new LinkedHashMap<String, Value>();
      change.accept(view(type, attributes(before), set));
      if (store(before, set)) {
        return;
      }
    }
  }

  private boolean store(DurableObject before, Map<String, Value> set) {
    var attributes = new LinkedHashMap<>(before.attributes());
    attributes.putAll(set);
    try {
      store.change(before.changed(attributes, null));
      return true;
    } catch (ObjectConflictException another) {
      return false;
    }
  }

  /// The object under that key, which is `fresh` if there was none.
  static DurableObject foundOrMade(Store store, String key, DurableObject fresh) {
    while (true) {
      var known = store.objectByKey(key);
      if (known.isPresent()) {
        return known.get();
      }
      try {
        store.change(fresh);
      } catch (ObjectConflictException madeByAnother) {
        // Found in the next round, as is what was made here.
      }
    }
  }

  static Map<String, Value> plain(Json json) {
    if (!(json instanceof Json.Object(var members))) {
      throw new IllegalArgumentException(
          "A durable object is made of a record, not " + json.print());
    }
    var attributes = new LinkedHashMap<String, Value>();
    members.forEach((name, value) -> attributes.put(name, new Value.Plain(value)));
    return attributes;
  }

  private DurableObject object() {
    return store
        .object(id)
        .orElseThrow(() -> new IllegalStateException("There is no durable object " + id));
  }

  private static <T> T view(Class<T> type, Json.Object attributes, Map<String, Value> set) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> invoke(method, arguments, attributes, set)));
  }

  private static @Nullable Object invoke(
      Method method,
      Object @Nullable [] arguments,
      Json.Object attributes,
      Map<String, Value> set) {
    if (method.getDeclaringClass() == Object.class) {
      throw new UnsupportedOperationException(
          method.getName() + " of a view of a durable object; keep its attributes instead");
    }
    var name = method.getName();
    if (arguments != null && arguments.length == 1) {
      set.put(name, Value.of(arguments[0]));
      return null;
    }
    var value = set.containsKey(name) ? json(Objects.requireNonNull(set.get(name))) : null;
    return Optional.ofNullable(value)
        .or(() -> attributes.get(name))
        .orElseThrow(
            () -> new IllegalArgumentException("The durable object has no attribute " + name))
        .to(method.getReturnType());
  }
}
