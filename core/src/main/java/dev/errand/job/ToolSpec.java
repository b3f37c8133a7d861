package dev.errand.job;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// A tool as a model is told of it: plain data, kept with the definition of every job whose model
/// may call it.
///
/// @param name what it is called by
/// @param description what it does, for the model
/// @param schema the JSON schema of its arguments: an object with `properties`, in order, and those
///   that are `required`
public record ToolSpec(String name, String description, Json.Object schema) {
  /// A tool whose parameters may be anything.
  ///
  /// @param parameters their names, in order; a trailing `?` marks an optional one
  public static ToolSpec of(String name, String description, List<String> parameters) {
    var properties = Json.Object.EMPTY;
    for (var parameter : parameters) {
      properties = properties.with(parameter.replace("?", ""), Json.Object.EMPTY);
    }
    var required = parameters.stream().filter(parameter -> !parameter.endsWith("?")).toList();
    return new ToolSpec(
        name,
        description,
        Json.object("type", "object").with("properties", properties).with("required", required));
  }

  /// The names of its parameters, in order; a trailing `?` marks an optional one.
  public List<String> parameters() {
    var required = required();
    return properties().members().keySet().stream()
        .map(name -> required.contains(name) ? name : name + "?")
        .toList();
  }

  /// The schemas of its parameters, by name.
  public Json.Object properties() {
    return schema.get("properties").orElse(Json.Object.EMPTY) instanceof Json.Object properties
        ? properties
        : Json.Object.EMPTY;
  }

  /// What it does, and what its parameters are, for those who call it from code.
  public String documentation() {
    var lines = new ArrayList<String>();
    properties()
        .members()
        .forEach(
            (name, schema) -> {
              if (schema instanceof Json.Object form && !form.members().isEmpty()) {
                lines.add("    " + name + " (" + kind(name, form) + ")" + words(form));
              }
            });
    return lines.isEmpty()
        ? description
        : description.strip() + "\n\nArgs:\n" + String.join("\n", lines);
  }

  private String kind(String name, Json.Object form) {
    var type =
        form.get("enum")
            .map(Json::print)
            .or(() -> form.text("type").map(kind -> kind.equals("string") ? text(form) : kind))
            .orElse("any");
    return required().contains(name) ? type : type + ", optional";
  }

  private static String text(Json.Object form) {
    return form.text("format").orElse("string");
  }

  private static String words(Json.Object form) {
    return form.text("description").map(text -> ": " + text).orElse("");
  }

  private Set<String> required() {
    return schema.get("required").orElse(Json.Null.VALUE) instanceof Json.Array(var names)
        ? names.stream().map(name -> name.to(String.class)).collect(Collectors.toSet())
        : Set.of();
  }
}
