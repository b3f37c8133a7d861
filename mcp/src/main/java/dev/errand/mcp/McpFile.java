package dev.errand.mcp;

import dev.errand.job.Json;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads the file in which MCP servers are usually listed, `.mcp.json`; `docs/mcp.md` describes it.
///
/// Members that mean nothing here are passed over: each client of MCP has some of its own.
public final class McpFile {
  private static final long MOST_BYTES = 1_000_000;
  private static final Pattern VARIABLE =
      Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?}");

  private final Path path;
  private final Map<String, String> environment;

  private McpFile(Path path, Map<String, String> environment) {
    this.path = path;
    this.environment = environment;
  }

  /// The servers of a file, in its order; none is connected. Programs work in the file's directory.
  ///
  /// @param environment for `${VARIABLE}` and `${VARIABLE:-default}` in the file
  /// @throws IllegalArgumentException if there is no such file, it is no JSON, or a member is
  ///   missing, of the wrong type, or names a variable that is not set; the message names the file
  ///   and the member
  public static List<McpServer.Builder> read(Path path, Map<String, String> environment) {
    return new McpFile(path, environment).servers();
  }

  private List<McpServer.Builder> servers() {
    var listed =
        object(member(object(parsed(), "the whole"), "mcpServers", "mcpServers"), "mcpServers");
    var servers = new ArrayList<McpServer.Builder>();
    listed
        .members()
        .forEach(
            (name, form) -> {
              var at = "mcpServers." + name;
              var server = object(form, at);
              if (!flag(server, "disabled", at)) {
                servers.add(server(name, server, at));
              }
            });
    return List.copyOf(servers);
  }

  private McpServer.Builder server(String name, Json.Object form, String at) {
    var builder = begun(name, form, at);
    strings(form, "tools", at).forEach(builder::allow);
    millis(form, at).ifPresent(builder::callTimeout);
    return builder;
  }

  private McpServer.Builder begun(String name, Json.Object form, String at) {
    var type = text(form, "type", at).orElse(form.get("url").isPresent() ? "http" : "stdio");
    return switch (type) {
      case "stdio" -> program(name, form, at);
      case "http", "streamable-http", "streamableHttp" -> elsewhere(name, form, at);
      case "sse" ->
          throw wrong(
              at + ".type",
              "is sse, a transport that the protocol has given up; use the server's address for"
                  + " \"type\": \"http\"");
      default -> throw wrong(at + ".type", "must be stdio or http, and not " + type);
    };
  }

  private McpServer.Builder program(String name, Json.Object form, String at) {
    var words = new ArrayList<String>();
    words.add(
        text(form, "command", at)
            .filter(command -> !command.isBlank())
            .orElseThrow(() -> wrong(at + ".command", "is missing: the program to start")));
    words.addAll(strings(form, "args", at));
    return refused(
        at,
        () -> {
          var builder = McpServer.stdio(name, words.toArray(String[]::new));
          var directory = path.toAbsolutePath().getParent();
          if (directory != null) {
            builder.directory(directory);
          }
          each(form, "env", at, builder::env);
          return builder;
        });
  }

  private McpServer.Builder elsewhere(String name, Json.Object form, String at) {
    var url =
        text(form, "url", at)
            .orElseThrow(() -> wrong(at + ".url", "is missing: the server's address"));
    return refused(
        at + ".url",
        () -> {
          var builder = McpServer.http(name, new URI(url));
          each(form, "headers", at, builder::header);
          return builder;
        });
  }

  /// Something that may be refused.
  @FunctionalInterface
  private interface Attempt {
    McpServer.Builder make() throws URISyntaxException;
  }

  private McpServer.Builder refused(String at, Attempt attempt) {
    try {
      return attempt.make();
    } catch (WrongFile known) {
      throw known;
    } catch (URISyntaxException | IllegalArgumentException wrong) {
      throw wrong(at, "cannot be used: " + wrong.getMessage());
    }
  }

  private Json parsed() {
    try {
      if (Files.size(path) > MOST_BYTES) {
        throw new WrongFile("%s has more than %,d bytes".formatted(path, MOST_BYTES));
      }
      return Json.parse(Files.readString(path, StandardCharsets.UTF_8));
    } catch (NoSuchFileException missing) {
      throw new WrongFile("There is no file " + path);
    } catch (CharacterCodingException binary) {
      throw new WrongFile(path + " is not UTF-8 text");
    } catch (IOException unreadable) {
      throw new WrongFile(path + " cannot be read: " + unreadable.getMessage());
    } catch (WrongFile known) {
      throw known;
    } catch (IllegalArgumentException noJson) {
      throw new WrongFile(path + " is no JSON: " + noJson.getMessage());
    }
  }

  /// What is wrong, with the file's name.
  private static final class WrongFile extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    WrongFile(String message) {
      super(message);
    }
  }

  private WrongFile wrong(String at, String what) {
    return new WrongFile("%s: %s %s".formatted(path, at, what));
  }

  private Json member(Json.Object form, String name, String at) {
    return form.get(name).orElseThrow(() -> wrong(at, "is missing"));
  }

  private Json.Object object(Json form, String at) {
    if (form instanceof Json.Object object) {
      return object;
    }
    throw wrong(at, "must be an object");
  }

  private Optional<String> text(Json.Object form, String name, String at) {
    return form.get(name).map(value -> text(value, at + "." + name));
  }

  private String text(Json value, String at) {
    if (value instanceof Json.Text(var text)) {
      return expanded(text, at);
    }
    throw wrong(at, "must be a text, and not " + value.print());
  }

  private boolean flag(Json.Object form, String name, String at) {
    return switch (form.get(name).orElse(new Json.Bool(false))) {
      case Json.Bool(var flag) -> flag;
      case Json other -> throw wrong(at + "." + name, "must be true or false");
    };
  }

  private List<String> strings(Json.Object form, String name, String at) {
    var given = form.get(name).orElse(null);
    if (given == null) {
      return List.of();
    }
    if (!(given instanceof Json.Array(var items))) {
      throw wrong(at + "." + name, "must be a list of texts");
    }
    var texts = new ArrayList<String>();
    for (int n = 0; n < items.size(); n++) {
      texts.add(text(items.get(n), "%s.%s[%d]".formatted(at, name, n)));
    }
    return texts;
  }

  private void each(Json.Object form, String name, String at, BiConsumer<String, String> add) {
    var inner = at + "." + name;
    form.get(name)
        .map(value -> object(value, inner))
        .orElse(Json.Object.EMPTY)
        .members()
        .forEach((key, value) -> add.accept(key, text(value, inner + "." + key)));
  }

  private Optional<Duration> millis(Json.Object form, String at) {
    var given = form.get("timeout").orElse(null);
    if (given == null) {
      return Optional.empty();
    }
    if (given instanceof Json.Number(var literal) && literal.matches("[1-9]\\d{0,11}")) {
      return Optional.of(Duration.ofMillis(Long.parseLong(literal)));
    }
    throw wrong(
        at + ".timeout", "must be a whole number of milliseconds, and not " + given.print());
  }

  private String expanded(String text, String at) {
    return VARIABLE
        .matcher(text)
        .replaceAll(found -> Matcher.quoteReplacement(value(found.group(1), found.group(3), at)));
  }

  private String value(String variable, @Nullable String otherwise, String at) {
    var set = environment.get(variable);
    if (set != null && !(set.isEmpty() && otherwise != null)) {
      return set;
    }
    if (otherwise != null) {
      return otherwise;
    }
    throw wrong(
        at,
        "needs the environment variable %s, which is not set; set it, or write ${%s:-default}"
            .formatted(variable, variable));
  }
}
