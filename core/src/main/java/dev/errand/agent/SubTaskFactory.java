package dev.errand.agent;

import dev.errand.job.Given;
import dev.errand.job.Json;
import dev.errand.job.Shared;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A method with [SubTask], as code calls it; see [Agent.Builder#subTasks].
///
/// Immutable; any thread may use it.
public final class SubTaskFactory {
  private static final String NAME = "[a-z][a-z0-9]*(_[a-z0-9]+)*";
  private static final Set<String> KEYWORDS =
      Set.of(
          ("and as async await def del elif except from global in is lambda nonlocal not or pass"
                  + " raise with yield")
              .split(" "));

  private final Object owner;
  private final Method method;
  private final String name;
  private final List<Argument> arguments;

  private record Argument(String name, Parameter parameter, String type, boolean isOptional) {}

  private SubTaskFactory(Object owner, Method method) {
    this.owner = owner;
    this.method = method;
    this.name = pythonName(method.getName());
    this.arguments = Arrays.stream(method.getParameters()).map(this::argument).toList();
    if (method.getReturnType() != SubTaskSpec.class) {
      throw refused("returns a " + method.getReturnType().getSimpleName() + ", not a SubTaskSpec");
    }
    if (arguments.stream().map(Argument::name).distinct().count() < arguments.size()) {
      throw refused("has two parameters that are called the same in Python");
    }
    var optional = arguments.stream().map(Argument::isOptional).toList();
    if (optional.lastIndexOf(false) > optional.indexOf(true) && optional.contains(true)) {
      throw refused("has a @Nullable parameter before one that is required; move it to the end");
    }
    method.setAccessible(true);
  }

  /// Those of an object, by their names: in the same order in every process.
  ///
  /// @throws IllegalArgumentException if there is none, or one that code could not call
  static List<SubTaskFactory> of(Object owner) {
    var found = new TreeMap<String, Method>();
    for (Class<?> type = owner.getClass(); type != null; type = type.getSuperclass()) {
      for (var method : type.getDeclaredMethods()) {
        if (method.isAnnotationPresent(SubTask.class) && !method.isBridge()) {
          found.putIfAbsent(method.getName() + Arrays.toString(method.getParameterTypes()), method);
        }
      }
    }
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          owner.getClass().getName() + " has no method with @SubTask, so code could start nothing");
    }
    return found.values().stream().map(method -> new SubTaskFactory(owner, method)).toList();
  }

  private Argument argument(Parameter parameter) {
    if (!parameter.isNamePresent()) {
      throw refused("was compiled without the names of its parameters; give javac -parameters");
    }
    var written = pythonName(parameter.getName());
    if (written.equals("id")) {
      throw refused("cannot define parameter 'id'; the id of a subtask is given by who starts it");
    }
    return new Argument(written, parameter, pythonType(parameter), isOptional(parameter));
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

  private IllegalArgumentException refused(String why) {
    return new IllegalArgumentException(
        "Method %s.%s with @SubTask %s"
            .formatted(method.getDeclaringClass().getSimpleName(), method.getName(), why));
  }

  private String pythonType(Parameter parameter) {
    var type = parameter.getType();
    if (type == Shared.class) {
      return "shared";
    }
    if (Shared.class.isAssignableFrom(type)) {
      throw refused("cannot take a " + type.getSimpleName() + "; let it take a Shared");
    }
    if (type == Object.class || Json.class.isAssignableFrom(type)) {
      return "object";
    }
    return switch (TypeSchema.of(parameter.getParameterizedType()).text("type").orElse("")) {
      case "string" -> "str";
      case "integer" -> "int";
      case "number" -> "float";
      case "boolean" -> "bool";
      case "array" -> "list";
      case "object" -> "dict";
      default -> "object";
    };
  }

  /// Whether it is annotated `@Nullable`, by whichever library.
  private static boolean isOptional(Parameter parameter) {
    return Stream.of(parameter.getAnnotations(), parameter.getAnnotatedType().getAnnotations())
        .flatMap(Arrays::stream)
        .anyMatch(mark -> mark.annotationType().getSimpleName().equals("Nullable"));
  }

  /// What it is called by.
  public String name() {
    return name;
  }

  /// What it delegates, for the model.
  public String description() {
    return method.getAnnotation(SubTask.class).value();
  }

  /// The names of its parameters, in order; a trailing `?` marks an optional one.
  public List<String> parameters() {
    return arguments.stream()
        .map(argument -> argument.name() + (argument.isOptional() ? "?" : ""))
        .toList();
  }

  /// The Python types of its parameters, in order: `str`, `int`, `float`, `bool`, `list`, `dict`,
  /// `object` for any of these, `shared` for a [Shared].
  public List<String> types() {
    return arguments.stream().map(Argument::type).toList();
  }

  /// What the method says is to be started.
  ///
  /// @throws IllegalArgumentException if an argument is missing or does not fit
  /// @throws Exception whatever the method throws
  public SubTaskSpec spec(Json.Object given) throws Exception {
    var values = new ArrayList<@Nullable Object>();
    for (var argument : arguments) {
      values.add(value(argument, given));
    }
    try {
      if (method.invoke(owner, values.toArray()) instanceof SubTaskSpec spec) {
        return spec;
      }
      throw new IllegalStateException("it says nothing is to be started: it returned null");
    } catch (InvocationTargetException failed) {
      switch (failed.getCause()) {
        case Exception exception -> throw exception;
        case Error error -> throw error;
        case null, default -> throw failed;
      }
    }
  }

  private static @Nullable Object value(Argument argument, Json.Object given) {
    var json = given.get(argument.name());
    if (json.isEmpty()) {
      if (argument.isOptional()) {
        return null;
      }
      throw new IllegalArgumentException(argument.name() + " is required, and cannot be None");
    }
    if (argument.parameter().getType() == Shared.class) {
      return Given.shared(json.get())
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      argument.name() + " must be a durable object, or one of the application"));
    }
    try {
      return json.get().to(argument.parameter().getParameterizedType());
    } catch (IllegalArgumentException misfit) {
      throw new IllegalArgumentException(argument.name() + ": " + misfit.getMessage(), misfit);
    }
  }
}
