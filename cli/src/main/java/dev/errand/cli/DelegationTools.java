package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.agent.Agent;
import dev.errand.agents.AgentFile;
import dev.errand.agents.AgentFolders.Listed;
import dev.errand.job.EffectPolicy;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.ToolSpec;
import dev.errand.mcp.ServedTool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a client of MCP can have done: submit jobs, ask after them, tell them something, cancel
/// them.
///
/// It is a model at the other end, as a rule. So nothing here answers a callback or approves
/// anything, and of agents only those are known that have a file in the usual places.
final class DelegationTools {
  private static final int LONGEST_WAIT_SECONDS = 300;
  private static final Duration LOOK_AFTER = Duration.ofSeconds(1);

  private final Errand errand;
  private final AgentOptions agents;
  private final Surroundings surroundings;
  private final @Nullable String model;
  private final boolean takesCode;

  /// @param model of all agents, `provider:name`; null for what their files say
  /// @param takesCode whether Python may be submitted
  DelegationTools(
      Errand errand,
      AgentOptions agents,
      Surroundings surroundings,
      @Nullable String model,
      boolean takesCode) {
    this.errand = errand;
    this.agents = agents;
    this.surroundings = surroundings;
    this.model = model;
    this.takesCode = takesCode;
  }

  List<ServedTool> all() {
    return List.of(submit(), status(), result(), tell(), cancel());
  }

  private ServedTool submit() {
    var parameters = new Parameters();
    parameters.text("agent", "Which agent is to do the work: " + listed());
    parameters.text(
        "message", "The work: complete instructions, for the agent knows nothing else.");
    if (takesCode) {
      parameters.text("code", "Python that is the job, in place of agent and message.");
    }
    parameters
        .text("key", "A key of your own: a second submit with it returns the same job.")
        .text("budget_usd", "What the job and all below it may spend on models, such as 2.00.");
    return tool(
        "submit",
        "Begins a durable job and returns its id at once, while the work goes on.",
        parameters.schema(),
        EffectPolicy.AT_MOST_ONCE,
        this::submit);
  }

  private ServedTool status() {
    return tool(
        "status",
        "Says where a job stands: its status, what it waits for, its children, what it has spent.",
        ofJob(new Parameters()),
        EffectPolicy.READ_ONLY,
        arguments -> Standing.shown(errand, job(arguments).record()).with("definition", null));
  }

  private ServedTool result() {
    var parameters =
        new Parameters()
            .number(
                "wait_seconds",
                "How long to wait for the job's end, up to "
                    + LONGEST_WAIT_SECONDS
                    + "; default 0. Clients give up calls that take long: 30 is safe.");
    return tool(
        "result",
        "Returns what came of a job, or that it has not ended.",
        ofJob(parameters),
        EffectPolicy.READ_ONLY,
        this::result);
  }

  private ServedTool tell() {
    var parameters = new Parameters().required("message", "What to tell it.");
    return tool(
        "tell",
        "Sends a job a message, which its model reads before its next turn. A job that has ended"
            + " goes on.",
        ofJob(parameters),
        EffectPolicy.AT_MOST_ONCE,
        this::tell);
  }

  private ServedTool cancel() {
    var parameters =
        new Parameters()
            .text("reason", "Why, in words that the job's history keeps.")
            .text(
                "how",
                "cancel, the default: nothing more is begun; ask: its model has one more turn;"
                    + " kill: nothing is waited for.");
    return tool(
        "cancel",
        "Has a job and all below it end.",
        ofJob(parameters),
        EffectPolicy.IDEMPOTENT,
        this::cancel);
  }

  private static ServedTool tool(
      String name,
      String description,
      Json.Object schema,
      EffectPolicy policy,
      ServedTool.Action action) {
    return new ServedTool(new ToolSpec(name, description, schema), policy, action);
  }

  private static Json.Object ofJob(Parameters others) {
    return new Parameters().required("job", "The job's id, or its key.").and(others).schema();
  }

  /// The agents that there are, in a line each.
  private String listed() {
    var words =
        agents.folders(surroundings).list().stream()
            .filter(Listed.Found.class::isInstance)
            .map(one -> ((Listed.Found) one).file())
            .map(file -> file.name() + described(file))
            .collect(Collectors.joining("; "));
    return words.isEmpty() ? "there is none here" : words;
  }

  private static String described(AgentFile file) {
    return file.description().isEmpty() ? "" : " (" + Text.oneLine(file.description()) + ")";
  }

  private Json.Object submit(Json.Object arguments) {
    var key = arguments.text("key").filter(text -> !text.isBlank()).orElse(null);
    var budget = BudgetCommand.budget(arguments.text("budget_usd").orElse(null), null);
    var code = arguments.text("code").orElse(null);
    var message = arguments.text("message").filter(text -> !text.isBlank()).orElse(null);
    var name = arguments.text("agent").orElse(null);
    boolean isCode = takesCode && code != null;
    if (isCode ? name != null || message != null : name == null || message == null) {
      throw new IllegalArgumentException(
          takesCode
              ? "Give agent and message, or code alone"
              : "agent and message are required, and must not be blank");
    }
    var known = key == null ? Optional.<Job>empty() : errand.jobByKey(key);
    var job =
        known.orElseGet(
            () ->
                errand.submit(
                    isCode ? Agent.named("main").build() : agent(String.valueOf(name)),
                    spec -> {
                      spec.budget(budget);
                      var asked =
                          isCode
                              ? spec.code(String.valueOf(code))
                              : spec.message(String.valueOf(message));
                      return key == null ? asked : asked.key(key);
                    }));
    return Json.object("job", job.id().text())
        .with("status", job.record().status().name())
        .with("again", known.isPresent());
  }

  /// One of those that are listed: a client does not name files.
  private Agent agent(String name) {
    if (name.contains("/") || name.contains("\\") || name.endsWith(".md")) {
      throw new IllegalArgumentException(
          "'" + name + "' is no agent's name; there is: " + listed());
    }
    return agents.agent(surroundings, name, model, null);
  }

  private Job job(Json.Object arguments) {
    return errand.job(required(arguments, "job"));
  }

  private static String required(Json.Object arguments, String name) {
    return arguments
        .text(name)
        .filter(text -> !text.isBlank())
        .orElseThrow(() -> new IllegalArgumentException(name + " is required"));
  }

  private Json.Object result(Json.Object arguments) throws InterruptedException {
    var job = job(arguments);
    long wait = arguments.number("wait_seconds").orElse(0L);
    if (wait < 0 || wait > LONGEST_WAIT_SECONDS) {
      throw new IllegalArgumentException(
          "wait_seconds must be from 0 to %d, not %d".formatted(LONGEST_WAIT_SECONDS, wait));
    }
    var end = errand.now().plusSeconds(wait);
    var record = job.record();
    while (record.outcome() == null && errand.now().isBefore(end)) {
      var left = Duration.between(errand.now(), end);
      errand.awaitChange(left.compareTo(LOOK_AFTER) < 0 ? left : LOOK_AFTER);
      record = job.record();
    }
    return came(record);
  }

  private static Json.Object came(JobRecord record) {
    var outcome = record.outcome();
    var said =
        Json.object("job", record.id().text())
            .with("status", record.status().name())
            .with("ended", outcome != null);
    return outcome == null
        ? said
        : said.with("outcome", outcome.code())
            .with("value", Forms.value(outcome))
            .with("error", Forms.error(outcome));
  }

  private Json.Object tell(Json.Object arguments) {
    var job = job(arguments);
    return SayCommand.said(job.id().text(), job.say(required(arguments, "message")));
  }

  private Json.Object cancel(Json.Object arguments) {
    var how = arguments.text("how").orElse("cancel");
    var strength =
        switch (how) {
          case "ask" -> Strength.ASK;
          case "cancel" -> Strength.CANCEL;
          case "kill" -> Strength.KILL;
          default ->
              throw new IllegalArgumentException("how must be ask, cancel or kill, not " + how);
        };
    return strength.apply(job(arguments), arguments.text("reason").orElse("by MCP"));
  }

  /// The schema of a tool's arguments.
  private static final class Parameters {
    private Json.Object properties = Json.Object.EMPTY;
    private final List<String> required = new ArrayList<>();

    Parameters text(String name, String description) {
      return with(name, "string", description);
    }

    Parameters number(String name, String description) {
      return with(name, "integer", description);
    }

    Parameters required(String name, String description) {
      required.add(name);
      return text(name, description);
    }

    private Parameters with(String name, String type, String description) {
      properties =
          properties.with(name, Json.object("type", type).with("description", description));
      return this;
    }

    Parameters and(Parameters others) {
      for (Map.Entry<String, Json> member : others.properties.members().entrySet()) {
        properties = properties.with(member.getKey(), member.getValue());
      }
      required.addAll(others.required);
      return this;
    }

    Json.Object schema() {
      return Json.object("type", "object")
          .with("properties", properties)
          .with("required", required);
    }
  }
}
