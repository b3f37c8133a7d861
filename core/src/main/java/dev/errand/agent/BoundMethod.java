package dev.errand.agent;

import dev.errand.job.Json;
import java.lang.annotation.Annotation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A method of one object that code calls by name, as it is written in Python.
///
/// @param mark the annotation that makes it callable
record BoundMethod(Object owner, Method method, Class<? extends Annotation> mark) {
  private static final String NAME = "[a-z][a-z0-9]*(_[a-z0-9]+)*";
  private static final Set<String> KEYWORDS =
      Set.of(
          ("and as async await def del elif except from global in is lambda nonlocal not or pass"
                  + " raise with yield")
              .split(" "));

  BoundMethod {
    method.setAccessible(true);
  }

  /// Those of an object, by their names: in the same order in every process.
  ///
  /// @throws IllegalArgumentException if there is none, which is of no `use`
  static List<BoundMethod> of(Object owner, Class<? extends Annotation> mark, String use) {
    var found = new TreeMap<String, Method>();
    for (Class<?> type = owner.getClass(); type != null; type = type.getSuperclass()) {
      for (var method : type.getDeclaredMethods()) {
        if (method.isAnnotationPresent(mark) && !method.isBridge()) {
          found.putIfAbsent(method.getName() + Arrays.toString(method.getParameterTypes()), method);
        }
      }
    }
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "%s has no method with @%s, so %s"
              .formatted(owner.getClass().getName(), mark.getSimpleName(), use));
    }
    return found.values().stream().map(method -> new BoundMethod(owner, method, mark)).toList();
  }

  /// What it is called by.
  String name() {
    return pythonName(method.getName());
  }

  /// What a parameter is called by.
  String name(Parameter parameter) {
    if (!parameter.isNamePresent()) {
      throw refused("was compiled without the names of its parameters; give javac -parameters");
    }
    return pythonName(parameter.getName());
  }

  /// Its parameters, in order.
  List<Parameter> parameters() {
    return List.of(method.getParameters());
  }

  /// Refuses names that mean the same, and what may be left out before what may not.
  void check(List<String> names, List<Boolean> optional) {
    if (names.stream().distinct().count() < names.size()) {
      throw refused("has two parameters that are called the same in Python");
    }
    if (optional.lastIndexOf(false) > optional.indexOf(true) && optional.contains(true)) {
      throw refused("has a @Nullable parameter before one that is required; move it to the end");
    }
  }

  private String pythonName(String javaName) {
    var written =
        javaName
            .replaceAll("([a-z0-9])([A-Z])", "$1_$2")
            .replaceAll("([A-Z]+)([A-Z][a-z])", "$1_$2")
            .toLowerCase(Locale.ROOT);
    if (!written.matches(NAME) || KEYWORDS.contains(written)) {
      throw refused("cannot be called from Python: '" + written + "' is no name there");
    }
    return written;
  }

  IllegalArgumentException refused(String why) {
    return new IllegalArgumentException(
        "Method %s.%s with @%s %s"
            .formatted(
                method.getDeclaringClass().getSimpleName(),
                method.getName(),
                mark.getSimpleName(),
                why));
  }

  /// Whether it is annotated `@Nullable`, by whichever library.
  static boolean isNullable(Parameter parameter) {
    return Stream.of(parameter.getAnnotations(), parameter.getAnnotatedType().getAnnotations())
        .flatMap(Arrays::stream)
        .anyMatch(annotation -> annotation.annotationType().getSimpleName().equals("Nullable"));
  }

  /// What is given for a parameter; null where nothing is.
  ///
  /// @throws IllegalArgumentException if nothing is, and it may not be left out, or it does not fit
  static @Nullable Object value(
      String name, Parameter parameter, boolean isOptional, Json.Object given) {
    var json = given.get(name);
    if (json.isEmpty()) {
      if (isOptional) {
        return null;
      }
      throw new IllegalArgumentException(name + " is required, and cannot be None");
    }
    try {
      return json.get().to(parameter.getParameterizedType());
    } catch (IllegalArgumentException misfit) {
      throw new IllegalArgumentException(name + ": " + misfit.getMessage(), misfit);
    }
  }

  /// Calls it.
  ///
  /// @throws Exception whatever the method throws
  @Nullable Object invoke(List<@Nullable Object> values) throws Exception {
    try {
      return method.invoke(owner, values.toArray());
    } catch (InvocationTargetException failed) {
      switch (failed.getCause()) {
        case Exception exception -> throw exception;
        case Error error -> throw error;
        case null, default -> throw failed;
      }
    }
  }
}
