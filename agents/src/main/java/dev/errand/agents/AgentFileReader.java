package dev.errand.agents;

import dev.errand.job.Budget;
import dev.errand.job.ChatStyle;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import dev.errand.job.MemoryUse;
import dev.errand.job.Permissions;
import dev.errand.job.Verdict;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Makes something of the keys of an agent file.
final class AgentFileReader {
  /// The keys that Claude Code knows and that hold an agent in; it is told what becomes of these.
  private static final Set<String> RULES = Set.of("permissionMode", "hooks", "isolation");

  private static final String ANSWER_WITHIN = "answer_within";
  private static final String OTHERWISE = "otherwise";

  private static final Set<String> PERMISSIONS =
      Set.of("allow", "ask", "deny", OTHERWISE, ANSWER_WITHIN);

  private final Map<String, FrontMatter.Field> fields;
  private final List<String> known = new ArrayList<>();

  AgentFileReader(Map<String, FrontMatter.Field> fields) {
    this.fields = fields;
  }

  AgentSettings settings() throws AgentFileError {
    return new AgentSettings(
        fields.containsKey("tools") ? names("tools") : null,
        names("disallowedTools"),
        text("model", null),
        style(),
        Math.toIntExact(whole("max_concurrent_tools", AgentSettings.NONE.concurrentTools(), 1_000)),
        whole("compact_at", AgentSettings.NONE.compactAt(), Long.MAX_VALUE),
        limits(),
        new AgentSettings.Python(
            flag("restricted", AgentSettings.NONE.python().restricted()),
            names("imports"),
            text("warmup", null)),
        permissions(),
        memory(),
        fields.containsKey("skills") ? names("skills") : null,
        names("threads"));
  }

  /// Rules under `permissions`, by the names that Claude Code's settings have for them.
  private Permissions permissions() throws AgentFileError {
    var field = field("permissions");
    if (field == null) {
      return Permissions.ALL;
    }
    if (!(field.value() instanceof Json.Object lists)
        || !PERMISSIONS.containsAll(lists.members().keySet())) {
      throw misfit(
          field, "permissions", "rules: allow, ask and deny, and also otherwise and answer_within");
    }
    var within = new LinkedHashMap<String, FrontMatter.Field>();
    lists
        .members()
        .forEach((key, value) -> within.put(key, new FrontMatter.Field(field.line(), value)));
    try {
      return new AgentFileReader(within).rules();
    } catch (IllegalArgumentException noRule) {
      throw new AgentFileError(field.line(), String.valueOf(noRule.getMessage()));
    }
  }

  private Permissions rules() throws AgentFileError {
    var all =
        Permissions.ALL
            .allow(names("allow").toArray(String[]::new))
            .ask(names("ask").toArray(String[]::new))
            .deny(names("deny").toArray(String[]::new))
            .otherwise(verdict());
    return fields.containsKey(ANSWER_WITHIN)
        ? all.answerWithin(time(ANSWER_WITHIN, Duration.ZERO))
        : all;
  }

  private Verdict verdict() throws AgentFileError {
    var field = field(OTHERWISE);
    var asked = text(OTHERWISE, null);
    if (field == null || asked == null) {
      return Verdict.ALLOW;
    }
    return switch (asked) {
      case "allow" -> Verdict.ALLOW;
      case "ask" -> Verdict.ASK;
      case "deny" -> Verdict.DENY;
      default -> throw misfit(field, OTHERWISE, "allow, ask or deny");
    };
  }

  private @Nullable String memory() throws AgentFileError {
    var name = text("memory", null);
    var field = field("memory");
    if (name == null || field == null) {
      return null;
    }
    try {
      MemoryUse.requireName(name);
      return name;
    } catch (IllegalArgumentException none) {
      throw new AgentFileError(field.line(), String.valueOf(none.getMessage()));
    }
  }

  /// What is said of keys that nobody asked for.
  List<String> warnings() {
    return fields.entrySet().stream()
        .filter(field -> !known.contains(field.getKey()))
        .map(
            field ->
                "line %d: %s %s"
                    .formatted(
                        field.getValue().line(),
                        field.getKey(),
                        RULES.contains(field.getKey())
                            ? "is not heeded: the agent may do what its tools can"
                            : "means nothing to Errand"))
        .toList();
  }

  private FrontMatter.@Nullable Field field(String key) {
    known.add(key);
    var field = fields.get(key);
    return field == null || field.value() instanceof Json.Null ? null : field;
  }

  private static AgentFileError misfit(FrontMatter.Field field, String key, String what) {
    return new AgentFileError(
        field.line(), "%s must be %s, and not %s".formatted(key, what, field.value().print()));
  }

  /// A text, or `otherwise` if there is none.
  @Nullable String text(String key, @Nullable String otherwise) throws AgentFileError {
    var field = field(key);
    if (field == null) {
      return otherwise;
    }
    if (field.value() instanceof Json.Text(var text)) {
      return text.strip();
    }
    throw misfit(field, key, "a text, in quotes if it looks like something else");
  }

  private boolean flag(String key, boolean otherwise) throws AgentFileError {
    var field = field(key);
    if (field == null) {
      return otherwise;
    }
    if (field.value() instanceof Json.Bool(var flag)) {
      return flag;
    }
    throw misfit(field, key, "true or false");
  }

  private long whole(String key, long otherwise, long most) throws AgentFileError {
    var field = field(key);
    if (field == null) {
      return otherwise;
    }
    if (field.value() instanceof Json.Number(var literal)
        && literal.matches("\\d{1,18}")
        && Long.parseLong(literal) >= 1
        && Long.parseLong(literal) <= most) {
      return Long.parseLong(literal);
    }
    throw misfit(field, key, "a whole number from 1 on");
  }

  /// Names in a list, or in a text with commas between them, of which those within brackets do not
  /// count.
  private List<String> names(String key) throws AgentFileError {
    var field = field(key);
    if (field == null) {
      return List.of();
    }
    return switch (field.value()) {
      case Json.Text(var text) -> parts(text).toList();
      case Json.Array(var items) when items.stream().allMatch(Json.Text.class::isInstance) ->
          items.stream().flatMap(item -> parts(item.to(String.class))).toList();
      default -> throw misfit(field, key, "names, in a list or with commas between them");
    };
  }

  private static Stream<String> parts(String text) {
    return Stream.of(text.split(",(?![^()]*\\))", -1))
        .map(String::strip)
        .filter(name -> !name.isEmpty());
  }

  private ChatStyle style() throws AgentFileError {
    var field = field("style");
    var name = text("style", null);
    if (field == null || name == null) {
      return AgentSettings.NONE.style();
    }
    try {
      return ChatStyle.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
    } catch (IllegalArgumentException unknown) {
      throw misfit(field, "style", "CONSOLE, MARKDOWN, MD_DIALOG or DIRECT");
    }
  }

  private Limits limits() throws AgentFileError {
    var limits = AgentSettings.NONE.limits();
    long turns =
        whole("max_turns", whole("maxTurns", limits.turns(), Integer.MAX_VALUE), Integer.MAX_VALUE);
    var spending = limits.spending();
    return limits
        .withTurns(Math.toIntExact(turns))
        .withSpending(
            new Budget(
                whole("max_tokens", spending.tokens(), Long.MAX_VALUE),
                money("budget_usd", spending.microUsd())))
        .withJobTime(time("timeout", limits.jobTime()));
  }

  private long money(String key, long otherwise) throws AgentFileError {
    var field = field(key);
    if (field == null) {
      return otherwise;
    }
    var literal =
        switch (field.value()) {
          case Json.Number(var number) -> new BigDecimal(number).toPlainString();
          case Json.Text(var text) -> text;
          default -> "";
        };
    try {
      return Budget.usd(literal).microUsd();
    } catch (IllegalArgumentException unreadable) {
      throw misfit(field, key, "a sum of US dollars such as 2.50");
    }
  }

  private Duration time(String key, Duration otherwise) throws AgentFileError {
    var field = field(key);
    if (field == null) {
      return otherwise;
    }
    try {
      return Times.of(field.value() instanceof Json.Text(var text) ? text : "");
    } catch (IllegalArgumentException none) {
      throw misfit(field, key, "a time such as 90s, 30m, 2h or 1d");
    }
  }
}
