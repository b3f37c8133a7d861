package dev.errand;

import dev.errand.agent.Exposed;
import dev.errand.agent.ReferenceResolver;
import dev.errand.agent.ToolFunction;
import dev.errand.job.DurableObject;
import dev.errand.job.Json;
import dev.errand.job.Value;
import dev.errand.spi.Store;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/*
 * Objects of the application that jobs hold by reference: (type, id), resolved at each call.
 *
 * What a job is given is not the id but the id of a durable object that holds it, drawn at random and never changed by
 * jobs: so code cannot make itself a reference to another of the application's objects.
 *
 * Each exposed method is a tool `type__method`, whose first argument is the reference.
 */
final class References {
  private static final String SELF = "reference";
  private final Map<String, Kind<?>> kinds = new LinkedHashMap<>();

  private record Kind<T>(String type, Class<T> javaType, ReferenceResolver<T> resolver) {}

  <T> void register(String type, Class<T> javaType, ReferenceResolver<T> resolver) {
    if (!type.matches("[a-z]([a-z0-9]|_(?!_))*")) {
      throw new IllegalArgumentException(
          "'"
              + type
              + "' is no name for a type of references; use small letters, digits and single _");
    }
    if (exposed(javaType).isEmpty()) {
      throw new IllegalArgumentException(
          javaType.getName()
              + " has no public method with @Exposed, so jobs could do nothing with it");
    }
    kinds.put(type, new Kind<>(type, javaType, resolver));
  }

  /// The reference to the object of that id, the same for the same id.
  Reference reference(Store store, String type, String id) {
    if (!kinds.containsKey(type)) {
      throw new IllegalArgumentException(
          "No references of type " + type + " are registered; see Errand.Builder.references");
    }
    var key = "errand:" + type + ":" + id;
    var unguessable = DurableObject.REFERENCE + DurableObject.randomId();
    var fresh = new DurableObject(unguessable, key, type, 1, Map.of("id", Value.of(id)), null);
    return new Reference(type, Durable.foundOrMade(store, key, fresh).id());
  }

  List<ToolFunction> tools(Store store) {
    var tools = new ArrayList<ToolFunction>();
    for (var kind : kinds.values()) {
      for (var method : exposed(kind.javaType())) {
        tools.add(tool(store, kind, method));
      }
    }
    return tools;
  }

  private static List<Method> exposed(Class<?> type) {
    return Arrays.stream(type.getMethods())
        .filter(method -> method.isAnnotationPresent(Exposed.class) && !method.isBridge())
        .toList();
  }

  private static <T> ToolFunction tool(Store store, Kind<T> kind, Method method) {
    method.setAccessible(true);
    var parameters = new ArrayList<>(List.of(SELF));
    for (var parameter : method.getParameters()) {
      parameters.add(parameter.getName());
    }
    var description = method.getName() + " of a " + kind.type() + " of the application";
    return ToolFunction.of(
            kind.type() + "__" + method.getName(),
            description,
            parameters,
            call -> invoke(resolved(store, kind, call), method, call.arguments()))
        .policy(Optional.ofNullable(method.getAnnotation(Exposed.class)).orElseThrow().value());
  }

  private static <T> T resolved(Store store, Kind<T> kind, ToolFunction.Call call)
      throws Exception {
    var id =
        store
            .object(call.text(SELF))
            .filter(object -> object.id().startsWith(DurableObject.REFERENCE))
            .filter(object -> object.type().equals(kind.type()))
            .map(object -> object.attributes().get("id"))
            .map(Value::text)
            .orElseThrow(
                () -> new IllegalArgumentException("This is no reference to a " + kind.type()));
    var object = kind.resolver().resolve(id);
    if (object == null) {
      throw new IllegalStateException("There is no " + kind.type() + " " + id + " any more");
    }
    return object;
  }

  private static @Nullable Object invoke(Object object, Method method, Json.Object arguments)
      throws Exception {
    var given = new ArrayList<@Nullable Object>();
    for (var parameter : method.getParameters()) {
      var value = arguments.members().getOrDefault(parameter.getName(), Json.Null.VALUE);
      given.add(value instanceof Json.Null ? null : value.to(parameter.getType()));
    }
    try {
      return method.invoke(object, given.toArray());
    } catch (InvocationTargetException failed) {
      throw failed.getCause() instanceof Exception cause ? cause : failed;
    }
  }
}
