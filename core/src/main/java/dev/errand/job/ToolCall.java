package dev.errand.job;

/// One call of a tool in a model's reply.
///
/// @param id what the model's provider calls it by, unique within the reply
/// @param name the tool
/// @param arguments an object by parameter name; what the model wrote, as a text, where that is
///   none
public record ToolCall(String id, String name, Json arguments) {
  /// The form in which it is stored.
  public Json.Object form() {
    return Json.object("id", id).with("name", name).with("arguments", arguments);
  }

  /// Reads what [#form] wrote.
  public static ToolCall of(Json.Object form) {
    return new ToolCall(
        form.text("id").orElse(""),
        form.text("name").orElse(""),
        form.get("arguments").orElse(Json.Object.EMPTY));
  }
}
