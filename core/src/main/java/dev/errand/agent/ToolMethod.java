package dev.errand.agent;

import dev.errand.job.Json;
import dev.errand.job.ToolSpec;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A method with [Tool] as what it is called as.
final class ToolMethod {
  /// What parameters are of that no caller gives.
  private static final Set<Class<?>> GIVEN =
      Set.of(ToolFunction.Call.class, MemoryView.class, Memory.class);

  private final BoundMethod method;
  private final Tool mark;
  private final List<Argument> arguments;

  /// @param name what it is called by; null for what the framework gives: the call, or a memory
  private record Argument(@Nullable String name, Parameter parameter) {
    boolean isOptional() {
      return parameter.getType() == Optional.class || BoundMethod.isNullable(parameter);
    }
  }

  private ToolMethod(BoundMethod method) {
    this.method = method;
    this.mark = method.method().getAnnotation(Tool.class);
    this.arguments = method.parameters().stream().map(this::argument).toList();
    var named = named();
    method.check(
        named.stream().map(Argument::name).toList(),
        named.stream().map(Argument::isOptional).toList());
  }

  static List<ToolMethod> of(Object owner) {
    return BoundMethod.of(owner, Tool.class, "nothing of it could be called").stream()
        .map(ToolMethod::new)
        .toList();
  }

  private Argument argument(Parameter parameter) {
    return GIVEN.contains(parameter.getType())
        ? new Argument(null, parameter)
        : new Argument(method.name(parameter), parameter);
  }

  private List<Argument> named() {
    return arguments.stream().filter(argument -> argument.name() != null).toList();
  }

  ToolFunction function() {
    var name = mark.name().isEmpty() ? method.name() : mark.name();
    return ToolFunction.of(new ToolSpec(name, mark.value(), schema()), this::call)
        .policy(mark.policy())
        .timeout(Duration.ofSeconds(mark.timeoutSeconds()))
        .visibility(mark.visibility());
  }

  private Json.Object schema() {
    var properties = Json.Object.EMPTY;
    var required = new ArrayList<String>();
    for (var argument : named()) {
      var name = String.valueOf(argument.name());
      properties = properties.with(name, schema(argument.parameter()));
      if (!argument.isOptional()) {
        required.add(name);
      }
    }
    return Json.object("type", "object").with("properties", properties).with("required", required);
  }

  private static Json.Object schema(Parameter parameter) {
    var schema = TypeSchema.ofArgument(given(parameter.getParameterizedType()));
    var description = parameter.getAnnotation(Description.class);
    return description == null ? schema : schema.with("description", description.value());
  }

  /// What is given where it is given at all.
  private static Type given(Type type) {
    return type instanceof ParameterizedType optional && optional.getRawType() == Optional.class
        ? optional.getActualTypeArguments()[0]
        : type;
  }

  private @Nullable Object call(ToolFunction.Call call) throws Exception {
    var values = new ArrayList<@Nullable Object>();
    for (var argument : arguments) {
      values.add(
          argument.name() == null ? given(argument, call) : value(argument, argument.name(), call));
    }
    return method.invoke(values);
  }

  /// A parameter that may be null is so where the agent has no memory.
  private static @Nullable Object given(Argument argument, ToolFunction.Call call) {
    var type = argument.parameter().getType();
    if (type == ToolFunction.Call.class) {
      return call;
    }
    if (call.memory().isEmpty() && argument.isOptional()) {
      return null;
    }
    return type == Memory.class
        ? call.ownMemory()
        : call.memory().orElseThrow(ToolFunction.Call::noMemory);
  }

  private static @Nullable Object value(Argument argument, String name, ToolFunction.Call call) {
    var value =
        BoundMethod.value(name, argument.parameter(), argument.isOptional(), call.arguments());
    boolean absent = value == null && argument.parameter().getType() == Optional.class;
    return absent ? Optional.empty() : value;
  }
}
