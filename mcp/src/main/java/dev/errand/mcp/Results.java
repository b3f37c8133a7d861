package dev.errand.mcp;

import dev.errand.job.Json;
import io.modelcontextprotocol.spec.McpSchema;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What came of a call, as a value or as an error.
final class Results {
  /// More than this no model is helped by.
  private static final int MOST_CHARACTERS = 200_000;

  private Results() {}

  /// A tool says that it failed.
  static final class ToolFailed extends Exception {
    private static final long serialVersionUID = 1L;

    ToolFailed(String message) {
      super(message);
    }
  }

  /// The structured content where there is some, else the texts, with a few words in the place of
  /// what is no text.
  ///
  /// @throws ToolFailed if the tool says that it failed
  static Object of(String tool, McpSchema.CallToolResult result) throws ToolFailed {
    if (Boolean.TRUE.equals(result.isError())) {
      var words = text(result);
      throw new ToolFailed(words.isBlank() ? tool + " failed and does not say why" : words);
    }
    return result.structuredContent() == null ? text(result) : Json.of(result.structuredContent());
  }

  private static String text(McpSchema.CallToolResult result) {
    var content = Objects.requireNonNullElse(result.content(), List.<McpSchema.Content>of());
    var text =
        content.stream()
            .map(Results::text)
            .filter(part -> !part.isEmpty())
            .collect(Collectors.joining("\n"));
    return text.length() <= MOST_CHARACTERS
        ? text
        : text.substring(0, MOST_CHARACTERS)
            + "\n[cut off: %,d characters in all]".formatted(text.length());
  }

  private static String text(McpSchema.Content content) {
    return switch (content) {
      case McpSchema.TextContent text -> Objects.requireNonNullElse(text.text(), "");
      case McpSchema.ImageContent image -> binary("image", image.mimeType(), image.data());
      case McpSchema.AudioContent audio -> binary("audio", audio.mimeType(), audio.data());
      case McpSchema.ResourceLink link ->
          "[resource %s%s]".formatted(link.uri(), named(link.name(), link.description()));
      case McpSchema.EmbeddedResource embedded -> text(embedded.resource());
      default -> "[content of type %s]".formatted(content.type());
    };
  }

  private static String named(@Nullable String name, @Nullable String description) {
    var words =
        Stream.of(name, description).filter(Objects::nonNull).collect(Collectors.joining(", "));
    return words.isEmpty() ? "" : ": " + words;
  }

  private static String text(McpSchema.ResourceContents resource) {
    return switch (resource) {
      case McpSchema.TextResourceContents text ->
          "[resource %s]\n%s".formatted(text.uri(), Objects.requireNonNullElse(text.text(), ""));
      case McpSchema.BlobResourceContents blob ->
          binary("resource " + blob.uri(), blob.mimeType(), blob.blob());
      default -> "[resource " + resource.uri() + "]";
    };
  }

  private static String binary(String what, @Nullable String type, @Nullable String base64) {
    return "[%s%s, %,d bytes]".formatted(what, type == null ? "" : ", " + type, bytes(base64));
  }

  private static int bytes(@Nullable String base64) {
    try {
      return base64 == null ? 0 : Base64.getMimeDecoder().decode(base64).length;
    } catch (IllegalArgumentException none) {
      return 0;
    }
  }
}
