package dev.errand.agent;

import dev.errand.job.Given;
import dev.errand.job.Json;
import dev.errand.job.Shared;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A method with [SubTask], as code calls it; see [Agent.Builder#subTasks].
///
/// Immutable; any thread may use it.
public final class SubTaskFactory {
  private final BoundMethod method;
  private final String name;
  private final List<Argument> arguments;

  private record Argument(String name, Parameter parameter, String type, boolean isOptional) {}

  private SubTaskFactory(BoundMethod method) {
    this.method = method;
    this.name = method.name();
    this.arguments = method.parameters().stream().map(this::argument).toList();
    var returned = method.method().getReturnType();
    if (returned != SubTaskSpec.class) {
      throw method.refused("returns a " + returned.getSimpleName() + ", not a SubTaskSpec");
    }
    method.check(
        arguments.stream().map(Argument::name).toList(),
        arguments.stream().map(Argument::isOptional).toList());
  }

  /// Those of an object, by their names: in the same order in every process.
  ///
  /// @throws IllegalArgumentException if there is none, or one that code could not call
  static List<SubTaskFactory> of(Object owner) {
    return BoundMethod.of(owner, SubTask.class, "code could start nothing").stream()
        .map(SubTaskFactory::new)
        .toList();
  }

  private Argument argument(Parameter parameter) {
    var written = method.name(parameter);
    if (written.equals("id")) {
      throw method.refused(
          "cannot define parameter 'id'; the id of a subtask is given by who starts it");
    }
    return new Argument(
        written, parameter, pythonType(parameter), BoundMethod.isNullable(parameter));
  }

  private String pythonType(Parameter parameter) {
    var type = parameter.getType();
    if (type == Shared.class) {
      return "shared";
    }
    if (Shared.class.isAssignableFrom(type)) {
      throw method.refused("cannot take a " + type.getSimpleName() + "; let it take a Shared");
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

  /// What it is called by.
  public String name() {
    return name;
  }

  /// What it delegates, for the model.
  public String description() {
    return method.method().getAnnotation(SubTask.class).value();
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
    if (method.invoke(values) instanceof SubTaskSpec spec) {
      return spec;
    }
    throw new IllegalStateException("it says nothing is to be started: it returned null");
  }

  private static @Nullable Object value(Argument argument, Json.Object given) {
    var json = given.get(argument.name());
    if (json.isEmpty() || argument.parameter().getType() != Shared.class) {
      return BoundMethod.value(argument.name(), argument.parameter(), argument.isOptional(), given);
    }
    return Given.shared(json.get())
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    argument.name() + " must be a durable object, or one of the application"));
  }
}
