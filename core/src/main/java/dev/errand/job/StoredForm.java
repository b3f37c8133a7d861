package dev.errand.job;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The JSON in which stores keep composite nouns; each form can read what earlier releases wrote.
///
/// Members are added, never renamed or given another meaning; a reader treats an absent member as
/// the release before it did.
public final class StoredForm {
  /// What a variable's form has, in this order: there are many of them, so each goes without names.
  private static final List<String> OF_VARIABLE =
      List.of("name", "type", "bytes", "preview", "lost");

  private StoredForm() {}

  /// The form of a definition.
  public static Json.Object write(JobDefinition definition) {
    var form =
        Json.object("agent", write(definition.agent()))
            .with("warmup", blocks(definition.warmup()))
            .with("parameters", definition.parameters())
            .with("locale", definition.locale());
    // Absent in the form of those that have none, so that their addresses stay what they were.
    var schema = definition.resultSchema();
    return schema == null ? form : form.with("resultSchema", schema);
  }

  private static Json.Object write(AgentSpec agent) {
    var form =
        Json.object("name", agent.name())
            .with("instructions", agent.instructions())
            .with("model", agent.model())
            .with("tools", agent.tools())
            .with("runtime", agent.runtime())
            .with("restricted", agent.restricted())
            .with("limits", write(agent.limits()));
    // Absent where they are the default, so that addresses stay what they were.
    form = agent.imports().isEmpty() ? form : form.with("imports", agent.imports());
    form = unlessEmpty(form, "permissions", agent.permissions(), StoredForm::write);
    return agent.conduct().equals(Conduct.PLAIN)
        ? form
        : form.with("conduct", write(agent.conduct()));
  }

  private static <T> Json.Object unlessEmpty(
      Json.Object form, String name, List<T> items, Function<T, Object> each) {
    return items.isEmpty() ? form : form.with(name, items.stream().map(each).toList());
  }

  private static Json.Object write(Permissions permissions) {
    var form = Json.Object.EMPTY;
    form = unlessEmpty(form, "allow", permissions.allow(), Rule::toString);
    form = unlessEmpty(form, "ask", permissions.ask(), Rule::toString);
    form = unlessEmpty(form, "deny", permissions.deny(), Rule::toString);
    form = unlessEmpty(form, "only", permissions.only(), Rule::toString);
    form = form.with("otherwise", permissions.otherwise().name());
    var within = permissions.answerWithin();
    form = within == null ? form : form.with("answerMillis", within.toMillis());
    form = unlessEmpty(form, "grants", permissions.grants(), StoredForm::write);
    return unlessEmpty(form, "granted", permissions.granted(), StoredForm::write);
  }

  private static Permissions permissions(Json.Object form) {
    return new Permissions(
        rules(form, "allow"),
        rules(form, "ask"),
        rules(form, "deny"),
        rules(form, "only"),
        Verdict.valueOf(string(form, "otherwise")),
        form.number("answerMillis").map(Duration::ofMillis).orElse(null),
        grants(form, "grants"),
        grants(form, "granted"));
  }

  private static List<Rule> rules(Json.Object form, String name) {
    return strings(form, name).stream().map(Rule::of).toList();
  }

  private static Json.Object write(Permissions.Grant grant) {
    return Json.object("name", grant.name())
        .with("agent", grant.agent())
        .with("rules", grant.rules().stream().map(Rule::toString).toList());
  }

  private static List<Permissions.Grant> grants(Json.Object form, String name) {
    return items(form, name).stream()
        .map(Json.Object.class::cast)
        .map(
            grant ->
                new Permissions.Grant(
                    string(grant, "name"), string(grant, "agent"), rules(grant, "rules")))
        .toList();
  }

  private static Json.Object write(Conduct conduct) {
    var reminder = conduct.reminder();
    var form =
        Json.object("warmup", blocks(conduct.warmup()))
            .with("send", conduct.send())
            .with("reminder", reminder == null ? null : write(reminder))
            .with("languageRule", conduct.languageRule())
            .with("languageHint", conduct.languageHint());
    // Absent where they are the default, so that addresses stay what they were.
    var plain = Conduct.PLAIN;
    form = conduct.style() == plain.style() ? form : form.with("style", conduct.style().name());
    form =
        conduct.offers().isEmpty()
            ? form
            : form.with("offers", conduct.offers().stream().map(StoredForm::write).toList());
    form = unless(form, "concurrentTools", conduct.concurrentTools(), plain.concurrentTools());
    form = unless(form, "compactAt", conduct.compactAt(), plain.compactAt());
    var model = conduct.subTaskModel();
    form = model == null ? form : form.with("subTaskModel", model);
    var memory = conduct.memory();
    return memory == null ? form : form.with("memory", write(memory));
  }

  private static Json.Object write(MemoryUse memory) {
    var form = Json.object("name", memory.memory());
    form = unless(form, "cards", memory.cards(), MemoryUse.CARDS);
    return unless(form, "characters", memory.characters(), MemoryUse.CHARACTERS);
  }

  private static MemoryUse memory(Json.Object form) {
    return new MemoryUse(
        string(form, "name"),
        form.number("cards").orElse((long) MemoryUse.CARDS).intValue(),
        form.number("characters").orElse((long) MemoryUse.CHARACTERS).intValue());
  }

  private static Json.Object write(ToolSpec tool) {
    return Json.object("name", tool.name())
        .with("description", tool.description())
        .with("schema", tool.schema());
  }

  private static ToolSpec tool(Json.Object form) {
    return new ToolSpec(string(form, "name"), string(form, "description"), object(form, "schema"));
  }

  private static Conduct conduct(Json.Object form) {
    var plain = Conduct.PLAIN;
    return new Conduct(
        blocks(form, "warmup"),
        form.text("send").orElse(null),
        form.get("reminder").orElse(Json.Null.VALUE) instanceof Json.Object reminder
            ? reminder(reminder)
            : null,
        isTrue(form, "languageRule"),
        isTrue(form, "languageHint"),
        form.text("style").map(ChatStyle::valueOf).orElse(plain.style()),
        items(form, "offers").stream().map(offer -> tool((Json.Object) offer)).toList(),
        form.number("concurrentTools").orElse((long) plain.concurrentTools()).intValue(),
        form.number("compactAt").orElse(plain.compactAt()),
        form.text("subTaskModel").orElse(null),
        form.get("memory").map(memory -> memory((Json.Object) memory)).orElse(null));
  }

  private static Json.Object write(Reminder reminder) {
    return Json.object("text", reminder.text())
        .with("recurring", reminder.recurring())
        .with("minDialogLength", reminder.minDialogLength());
  }

  private static Reminder reminder(Json.Object form) {
    return new Reminder(
        string(form, "text"), isTrue(form, "recurring"), (int) number(form, "minDialogLength"));
  }

  private static List<Json.Object> blocks(List<CodeBlock> blocks) {
    return blocks.stream()
        .map(block -> Json.object("kind", block.kind().name()).with("source", block.source()))
        .toList();
  }

  private static List<CodeBlock> blocks(Json.Object form, String name) {
    return items(form, name).stream()
        .map(Json.Object.class::cast)
        .map(
            block ->
                new CodeBlock(
                    CodeBlock.Kind.valueOf(string(block, "kind")), string(block, "source")))
        .toList();
  }

  /// Reads a definition.
  public static JobDefinition definition(Json.Object form) {
    var agent = object(form, "agent");
    return new JobDefinition(
        new AgentSpec(
            string(agent, "name"),
            string(agent, "instructions"),
            agent.text("model").orElse(null),
            strings(agent, "tools"),
            new Sandbox(
                string(agent, "runtime"),
                agent.get("restricted").map(flag -> ((Json.Bool) flag).value()).orElse(true),
                strings(agent, "imports")),
            limits(object(agent, "limits")),
            agent
                .get("conduct")
                .map(conduct -> conduct((Json.Object) conduct))
                .orElse(Conduct.PLAIN),
            items(agent, "permissions").stream()
                .map(one -> permissions((Json.Object) one))
                .toList()),
        blocks(form, "warmup"),
        object(form, "parameters"),
        form.text("locale").orElse(null),
        (Json.Object) form.get("resultSchema").orElse(null));
  }

  private static Json.Object write(Limits limits) {
    var form =
        Json.object("blockMillis", limits.blockTime().toMillis())
            .with("turns", limits.turns())
            .with("depth", limits.depth())
            .with("statements", limits.statements())
            .with("outputCharacters", limits.outputCharacters())
            .with("memoryBytes", limits.memoryBytes())
            .with("fileBytes", limits.fileBytes())
            .with("storedBytes", limits.storedBytes());
    // Absent where they are the default, so that addresses stay what they were.
    var known = Limits.DEFAULT;
    form = unless(form, "jobMillis", limits.jobTime().toMillis(), known.jobTime().toMillis());
    form = unless(form, "exceptions", limits.exceptions(), known.exceptions());
    form = unless(form, "exceptionsInRow", limits.exceptionsInRow(), known.exceptionsInRow());
    form = unless(form, "children", limits.children(), known.children());
    form = unless(form, "descendants", limits.descendants(), known.descendants());
    form = unless(form, "spending", limits.spending(), known.spending());
    return unless(form, "budget", limits.budget(), known.budget());
  }

  private static Json.Object unless(Json.Object form, String name, Budget limit, Budget usual) {
    return limit.equals(usual) ? form : form.with(name, write(limit));
  }

  /// The form of a budget.
  public static Json.Object write(Budget budget) {
    return Json.object("tokens", budget.tokens()).with("microUsd", budget.microUsd());
  }

  /// Reads a budget.
  public static Budget budget(Json.Object form) {
    return new Budget(number(form, "tokens"), number(form, "microUsd"));
  }

  private static Json.Object unless(Json.Object form, String name, long limit, long usual) {
    return limit == usual ? form : form.with(name, limit);
  }

  /// A limit that an earlier release did not know is the default.
  private static Limits limits(Json.Object form) {
    var known = Limits.DEFAULT;
    return new Limits(
        Duration.ofMillis(number(form, "blockMillis")),
        (int) number(form, "turns"),
        (int) number(form, "depth"),
        form.number("statements").orElse((long) known.statements()).intValue(),
        form.number("outputCharacters").orElse(known.outputCharacters()),
        form.number("memoryBytes").orElse(known.memoryBytes()),
        form.number("fileBytes").orElse(known.fileBytes()),
        form.number("storedBytes").orElse(known.storedBytes()),
        Duration.ofMillis(form.number("jobMillis").orElse(known.jobTime().toMillis())),
        form.number("exceptions").orElse((long) known.exceptions()).intValue(),
        form.number("exceptionsInRow").orElse((long) known.exceptionsInRow()).intValue(),
        form.number("children").orElse((long) known.children()).intValue(),
        form.number("descendants").orElse((long) known.descendants()).intValue(),
        form.get("spending").isEmpty() ? known.spending() : budget(object(form, "spending")),
        form.get("budget").isEmpty() ? known.budget() : budget(object(form, "budget")));
  }

  /// The form of attempts.
  public static Json.Object write(Attempts attempts) {
    return Json.object("retry", write(attempts.retry()))
        .with("work", write(attempts.work()))
        .with("message", attempts.message());
  }

  /// Reads attempts.
  public static Attempts attempts(Json.Object form) {
    return new Attempts(
        retry(object(form, "retry")),
        definition(object(form, "work")),
        form.text("message").orElse(null));
  }

  /// The form of a policy of retries.
  public static Json.Object write(Retry retry) {
    var form =
        Json.object("attempts", retry.attempts())
            .with("backoffMillis", retry.backoff().toMillis())
            .with("factor", retry.factor())
            .with("maxBackoffMillis", retry.maxBackoff().toMillis());
    // Absent where it is the usual, to which later releases may add kinds.
    var limited =
        retry.on().equals(Retry.USUAL)
            ? form
            : form.with("on", retry.on().stream().sorted().map(TaskError.Kind::code).toList());
    return retry.timeout() == null
        ? limited
        : limited.with("timeoutMillis", retry.timeout().toMillis());
  }

  /// Reads a policy of retries.
  public static Retry retry(Json.Object form) {
    return new Retry(
        (int) number(form, "attempts"),
        Duration.ofMillis(number(form, "backoffMillis")),
        form.get("factor").orElseThrow(() -> unreadable("member factor")).to(Double.class),
        Duration.ofMillis(number(form, "maxBackoffMillis")),
        form.get("on").isPresent()
            ? strings(form, "on").stream().map(TaskError.Kind::ofCode).collect(Collectors.toSet())
            : Retry.USUAL,
        form.number("timeoutMillis").map(Duration::ofMillis).orElse(null));
  }

  /// The form of a value.
  public static Json.Object write(Value value) {
    return switch (value) {
      case Value.Plain(var json) -> Json.object("json", json);
      case Value.Pickled(var bytes, var text) ->
          Json.object("pickle", Base64.getEncoder().encodeToString(bytes.bytes()))
              .with("text", text);
    };
  }

  /// Reads a value.
  public static Value value(Json.Object form) {
    return form.text("pickle").isPresent()
        ? new Value.Pickled(
            new Blob(Base64.getDecoder().decode(string(form, "pickle"))), string(form, "text"))
        : new Value.Plain(form.get("json").orElse(Json.Null.VALUE));
  }

  /// The form of an object's attributes.
  public static Json.Object write(Map<String, Value> attributes) {
    var form = Json.Object.EMPTY;
    for (var attribute : attributes.entrySet()) {
      form = form.with(attribute.getKey(), write(attribute.getValue()));
    }
    return form;
  }

  /// Reads an object's attributes.
  public static Map<String, Value> attributes(Json.Object form) {
    var attributes = new LinkedHashMap<String, Value>();
    form.members().forEach((name, value) -> attributes.put(name, value((Json.Object) value)));
    return attributes;
  }

  /// The form of an error.
  public static Json.Object write(TaskError error) {
    return Json.object("kind", error.kind().code())
        .with("message", error.message())
        .with("advice", error.advice())
        .with("trace", error.trace());
  }

  /// Reads an error.
  public static TaskError error(Json.Object form) {
    return new TaskError(
        TaskError.Kind.ofCode(string(form, "kind")),
        string(form, "message"),
        form.text("advice").orElse(""),
        form.text("trace").orElse(""));
  }

  /// The form of an outcome.
  public static Json.Object write(Outcome outcome) {
    var form = Json.object("outcome", outcome.code());
    return switch (outcome) {
      case Outcome.Succeeded(var value) -> form.with("value", write(value));
      case Outcome.Failed(var error) -> form.with("error", write(error));
      case Outcome.Cancelled(var reason, var partial) -> stopped(form, reason, partial);
      case Outcome.TimedOut(var reason, var partial) -> stopped(form, reason, partial);
      case Outcome.BudgetExhausted(var reason, var partial) -> stopped(form, reason, partial);
    };
  }

  private static Json.Object stopped(Json.Object form, String reason, Value partial) {
    var stopped = form.with("reason", reason);
    return partial.equals(Value.none()) ? stopped : stopped.with("value", write(partial));
  }

  private static Value partial(Json.Object form) {
    return form.get("value").isPresent() ? value(object(form, "value")) : Value.none();
  }

  /// Reads an outcome.
  public static Outcome outcome(Json.Object form) {
    return switch (string(form, "outcome")) {
      case "succeeded" -> new Outcome.Succeeded(value(object(form, "value")));
      case "failed" -> new Outcome.Failed(error(object(form, "error")));
      case "cancelled" -> new Outcome.Cancelled(string(form, "reason"), partial(form));
      case "timed_out" -> new Outcome.TimedOut(string(form, "reason"), partial(form));
      case "budget_exhausted" -> new Outcome.BudgetExhausted(string(form, "reason"), partial(form));
      case String other -> throw unreadable("outcome " + other);
    };
  }

  /// The form of a handler's completion.
  public static Json.Object write(Completion completion) {
    return switch (completion) {
      case Completion.Result(var value) -> Json.object("value", write(value));
      case Completion.Error(var error) -> Json.object("error", write(error));
    };
  }

  /// Reads a handler's completion.
  public static Completion completion(Json.Object form) {
    return form.get("error").isPresent()
        ? new Completion.Error(error(object(form, "error")))
        : new Completion.Result(value(object(form, "value")));
  }

  /// The form of an effect's result.
  public static Json.Object write(Effect.Result result) {
    return switch (result) {
      case Effect.Result.Intended(var arguments) -> Json.object("arguments", arguments);
      case Effect.Result.Returned(var value) -> write(value);
      case Effect.Result.Raised(var type, var message) ->
          Json.object("type", type).with("message", message);
      case Effect.Result.Unknown(var arguments, var found) ->
          Json.object("arguments", arguments)
              .with("told", true)
              .with("found", found == null ? null : write(found));
    };
  }

  /// Reads an effect's result; null stands for an intention of the first schema.
  public static Effect.Result result(Json.@Nullable Object form) {
    if (form == null) {
      return new Effect.Result.Intended(Json.Object.EMPTY);
    }
    if (form.get("arguments").isPresent()) {
      var arguments = object(form, "arguments");
      return form.get("told").isPresent()
          ? new Effect.Result.Unknown(arguments, found(form))
          : new Effect.Result.Intended(arguments);
    }
    return form.text("type").isPresent()
        ? new Effect.Result.Raised(string(form, "type"), string(form, "message"))
        : new Effect.Result.Returned(value(form));
  }

  private static Json.Object write(Finding finding) {
    return switch (finding) {
      case Finding.Returned(var value) -> Json.object("value", write(value));
      case Finding.Raised(var message) -> Json.object("message", message);
      case Finding.NotMade ignored -> Json.Object.EMPTY;
    };
  }

  private static @Nullable Finding found(Json.Object form) {
    if (!(form.get("found").orElse(Json.Null.VALUE) instanceof Json.Object found)) {
      return null;
    }
    if (found.get("value").isPresent()) {
      return new Finding.Returned(value(object(found, "value")));
    }
    return found.text("message").<Finding>map(Finding.Raised::new).orElseGet(Finding.NotMade::new);
  }

  /// The form of a co-variable's list of variables.
  public static Json.Array write(List<Variable> variables) {
    return new Json.Array(variables.stream().<Json>map(StoredForm::write).toList());
  }

  private static Json.Array write(Variable variable) {
    var form = new ArrayList<Json>();
    form.add(new Json.Text(variable.name()));
    form.add(new Json.Text(variable.type()));
    form.add(new Json.Number(variable.bytes()));
    form.add(new Json.Text(variable.preview()));
    if (!variable.lost().isEmpty()) {
      form.add(new Json.Text(variable.lost()));
    }
    return new Json.Array(form);
  }

  /// Reads a co-variable's list of variables.
  public static List<Variable> variables(Json.Array form) {
    return form.items().stream().map(StoredForm::variable).toList();
  }

  private static Variable variable(Json form) {
    var named = form instanceof Json.Array(var items) ? ofVariable(items) : (Json.Object) form;
    return new Variable(
        string(named, "name"),
        string(named, "type"),
        named.number("bytes").orElse(0L),
        named.text("preview").orElse(""),
        named.text("lost").orElse(""));
  }

  /// The form as earlier releases wrote it, with the names of its members.
  private static Json.Object ofVariable(List<Json> items) {
    var members = new LinkedHashMap<String, Json>();
    for (int number = 0; number < Math.min(items.size(), OF_VARIABLE.size()); number++) {
      members.put(OF_VARIABLE.get(number), items.get(number));
    }
    return new Json.Object(members);
  }

  private static boolean isTrue(Json.Object form, String name) {
    return form.get(name).equals(Optional.of(new Json.Bool(true)));
  }

  private static Json.Object object(Json.Object form, String name) {
    return form.get(name)
        .filter(Json.Object.class::isInstance)
        .map(Json.Object.class::cast)
        .orElseThrow(() -> unreadable("member " + name));
  }

  private static String string(Json.Object form, String name) {
    return form.text(name).orElseThrow(() -> unreadable("member " + name));
  }

  private static long number(Json.Object form, String name) {
    return form.number(name).orElseThrow(() -> unreadable("member " + name));
  }

  private static List<String> strings(Json.Object form, String name) {
    return items(form, name).stream().map(item -> ((Json.Text) item).value()).toList();
  }

  private static List<Json> items(Json.Object form, String name) {
    return form.get(name).map(array -> ((Json.Array) array).items()).orElse(List.of());
  }

  private static StoreException unreadable(String what) {
    return new StoreException(
        "A stored record has an unreadable "
            + what
            + ". It was written by a newer release, or the store is damaged; use the release that"
            + " wrote it.");
  }
}
