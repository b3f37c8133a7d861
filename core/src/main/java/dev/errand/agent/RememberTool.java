package dev.errand.agent;

import dev.errand.job.Conduct;
import dev.errand.job.Json;
import dev.errand.job.Note;
import dev.errand.job.ToolSpec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// The tool `Remember`: a card, written once however often the call is made again.
final class RememberTool {
  private static final Duration TIMEOUT = Duration.ofMinutes(1);
  private static final double USUAL = 0.5;

  private static final String DESCRIPTION =
      """
      Writes a card to your memory, where you will find it in later work. Write down what will \
      matter again: decisions and their reasons, rules, preferences, facts that were hard to find, \
      what went wrong. One statement to a card, that can be understood by itself; no secrets, and \
      nothing that only matters now.\
      """;

  private RememberTool() {}

  static ToolFunction function() {
    return ToolFunction.of(
            new ToolSpec(Conduct.REMEMBER, DESCRIPTION, schema()), RememberTool::remember)
        .timeout(TIMEOUT);
  }

  private static Json.Object schema() {
    var properties =
        Json.object("text", is("string", "The statement, at most 250 words."))
            .with(
                "type",
                is(
                    "string",
                    "fact (default), concept, decision, constraint, preference or incident."))
            .with(
                "entities",
                is("array", "Whom and what it is about, such as names and ids.")
                    .with("items", Json.object("type", "string")))
            .with("importance", is("number", "From 0 to 1; default 0.5."))
            .with("confidence", is("number", "How sure it is, from 0 to 1; default 1."))
            .with("replaces", is("string", "The id of a card that this one takes the place of."));
    return Json.object("type", "object")
        .with("properties", properties)
        .with("required", List.of("text"));
  }

  private static Json.Object is(String type, String description) {
    return Json.object("type", type).with("description", description);
  }

  private static String remember(ToolFunction.Call call) {
    var memory = call.ownMemory();
    var given = call.arguments();
    var note =
        new Note(
            given
                .text("type")
                .filter(type -> !type.isBlank())
                .map(Note.Type::ofCode)
                .orElse(Note.Type.FACT),
            call.text("text"),
            given.get("entities").map(RememberTool::names).orElse(List.of()),
            given.get("importance").map(RememberTool::share).orElse(USUAL),
            given.get("confidence").map(RememberTool::share).orElse(1.0));
    Optional<String> replaces =
        given.text("replaces").map(String::strip).filter(id -> !id.isEmpty());
    return replaces.isPresent()
        ? "Card " + memory.rewrite(replaces.get(), note).id() + " is rewritten."
        : "Remembered as card " + memory.remember(note).id() + ".";
  }

  private static List<String> names(Json given) {
    if (given instanceof Json.Array(var items)
        && items.stream().allMatch(Json.Text.class::isInstance)) {
      return items.stream().map(item -> item.to(String.class)).toList();
    }
    throw new IllegalArgumentException(
        "entities must be a list of texts, and not " + given.print());
  }

  private static double share(Json given) {
    if (given instanceof Json.Number number) {
      return number.to(Double.class);
    }
    throw new IllegalArgumentException("A number from 0 to 1 is needed, and not " + given.print());
  }
}
