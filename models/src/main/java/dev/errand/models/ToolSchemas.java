package dev.errand.models;

import dev.errand.job.Json;
import dev.errand.job.ToolSpec;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Tools as LangChain4j has them: the outermost object in its types, and each parameter's schema as
/// it stands.
final class ToolSchemas {
  private ToolSchemas() {}

  static List<ToolSpecification> of(List<ToolSpec> tools) {
    return tools.stream().map(ToolSchemas::of).toList();
  }

  private static ToolSpecification of(ToolSpec tool) {
    return ToolSpecification.builder()
        .name(tool.name())
        .description(tool.description())
        .parameters(parameters(tool.schema()))
        .build();
  }

  private static JsonObjectSchema parameters(Json.Object schema) {
    // Older schemas name their parts otherwise; only this name is sent.
    boolean old = schema.get("$defs").isEmpty() && schema.get("definitions").isPresent();
    return JsonObjectSchema.builder()
        .description(schema.text("description").orElse(null))
        .addProperties(elements(schema, "properties", old))
        .required(required(schema))
        .definitions(elements(schema, old ? "definitions" : "$defs", old))
        .build();
  }

  private static List<String> required(Json.Object schema) {
    return schema.get("required").orElse(Json.Null.VALUE) instanceof Json.Array(var names)
        ? names.stream().map(name -> name.to(String.class)).toList()
        : List.of();
  }

  private static Map<String, JsonSchemaElement> elements(
      Json.Object schema, String part, boolean old) {
    var elements = new LinkedHashMap<String, JsonSchemaElement>();
    if (schema.get(part).orElse(Json.Null.VALUE) instanceof Json.Object members) {
      members.members().forEach((name, member) -> elements.put(name, element(member, old)));
    }
    return elements;
  }

  private static JsonSchemaElement element(Json schema, boolean old) {
    var text =
        switch (schema) {
          case Json.Object object -> object.print();
          case Json.Bool(var anything) when !anything -> "{\"not\":{}}";
          // True, which means anything; nothing else is a schema.
          case Json.Bool anything -> "{}";
          case Json.Null none -> "{}";
          case Json.Number none -> "{}";
          case Json.Text none -> "{}";
          case Json.Array none -> "{}";
        };
    return JsonRawSchema.from(old ? text.replace("\"#/definitions/", "\"#/$defs/") : text);
  }
}
