package dev.errand;

import dev.errand.job.AgentSpec;
import dev.errand.job.Blob;
import dev.errand.job.Budget;
import dev.errand.job.CodeBlock;
import dev.errand.job.Delta;
import dev.errand.job.Given;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.NewJob;
import dev.errand.job.Variable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a submitted job is to be; handed to the function given to [Errand#submit], not thread-safe.
public final class JobSpec {
  private final AgentSpec agent;
  private final List<CodeBlock> blocks = new ArrayList<>();
  private Given given = Given.NOTHING;
  private Json.Object parameters = Json.Object.EMPTY;
  private @Nullable String key;
  private @Nullable String locale;
  private @Nullable String message;
  private Duration timeout;
  private @Nullable Budget budget;
  private int priority;

  JobSpec(AgentSpec agent) {
    this.agent = agent;
    this.timeout = agent.limits().jobTime();
  }

  /// An idempotency key: twice with the same key is one job; default none.
  public JobSpec key(String key) {
    if (key.isBlank()) {
      throw new IllegalArgumentException("A key must not be blank");
    }
    this.key = key;
    return this;
  }

  /// Gives the job a variable: a [Durable] or a [Reference], by reference, or a copy of anything
  /// [Json#of] takes.
  ///
  /// @throws IllegalArgumentException if it is no name for a variable, or no value for one
  public JobSpec var(String name, @Nullable Object value) {
    given = given.with(name, value);
    return this;
  }

  /// Gives the job what happened, as its agent's own code is to find it: under the one name that
  /// the code reads and does not bind; default no event.
  ///
  /// The event is stored with the job, as variables are, and is bound before the job's first block.
  /// A job whose agent's code reads another number of such names fails and keeps it.
  ///
  /// @throws IllegalArgumentException if the agent has no code of its own
  public JobSpec event(@Nullable Object value) {
    if (agent.conduct().warmup().isEmpty()) {
      throw new IllegalArgumentException(
          "Agent "
              + agent.name()
              + " has no code of its own to read an event; give it some with"
              + " Agent.Builder.warmup");
    }
    given = new Given(given.variables().with(CodeBlock.EVENT, Given.form(value)));
    return this;
  }

  /// Fills the placeholder `{name}` of the agent's instructions.
  public JobSpec param(String name, @Nullable Object value) {
    parameters = parameters.with(name, value);
    return this;
  }

  /// Adds a block of Python, carried out before the first turn of the agent's model, if it has one.
  ///
  /// What a block with the line `#STATEK: hidden = True` prints is not shown to the model.
  ///
  /// @throws IllegalArgumentException if it has another mark of that kind which is none
  public JobSpec code(String python) {
    blocks.add(CodeBlock.python(python).marked());
    return this;
  }

  /// The job's locale as a language tag; default none.
  public JobSpec locale(String tag) {
    this.locale = tag;
    return this;
  }

  /// What the job's model reads first, as if it had been said to the job; default nothing.
  ///
  /// @throws IllegalArgumentException if the agent has no model
  public JobSpec message(String text) {
    if (agent.model() == null) {
      throw new IllegalArgumentException(
          "Agent " + agent.name() + " has no model to read a message");
    }
    this.message = text;
    return this;
  }

  /// How long the job, and all below it, may take: when it has not ended by then it ends with
  /// [dev.errand.job.Outcome.TimedOut]; default, and at most, what the limits of its agent say.
  ///
  /// @throws IllegalArgumentException if it is not positive
  public JobSpec timeout(Duration time) {
    if (!time.isPositive()) {
      throw new IllegalArgumentException("A timeout must be positive, not " + time);
    }
    var longest = agent.limits().jobTime();
    this.timeout = time.compareTo(longest) > 0 ? longest : time;
    return this;
  }

  /// What the job, and all below it, may spend on model calls; default, and at most, what the
  /// limits of its agent say.
  ///
  /// When so little is left that the next call may not be made, a job's model has one last turn;
  /// its job ends with [dev.errand.job.Outcome.BudgetExhausted] and what that gave.
  public JobSpec budget(Budget budget) {
    this.budget = budget;
    return this;
  }

  /// Of jobs that are due, those of a higher priority go on first, all of them before any of a
  /// lower one; default 0. The job's children have it too, unless they are given another.
  public JobSpec priority(int priority) {
    this.priority = priority;
    return this;
  }

  NewJob newJob(JobId id) {
    if (agent.runtime().equals("java")) {
      blocks.clear();
      blocks.add(new CodeBlock(CodeBlock.Kind.PROGRAM, agent.name()));
    }
    if (given.variables().get(CodeBlock.EVENT).isPresent()) {
      blocks.addFirst(CodeBlock.event(agent.conduct().warmup()));
    }
    var definition = new JobDefinition(agent, blocks, parameters, locale);
    return new NewJob(
        id, key, definition, "", null, workspace(), message, timeout, budget, priority);
  }

  /// Variables given by the application are a manifest of plain JSON, which every runtime reads.
  private @Nullable Delta workspace() {
    var variables = given.variables();
    if (variables.members().isEmpty()) {
      return null;
    }
    var manifest = new Blob(variables.print().getBytes(StandardCharsets.UTF_8));
    var shown =
        variables.members().entrySet().stream()
            .map(entry -> shown(entry.getKey(), entry.getValue()))
            .toList();
    return Delta.beginning(manifest, List.of(), shown);
  }

  private static Variable shown(String name, Json value) {
    var type =
        switch (value) {
          case Json.Null ignored -> "NoneType";
          case Json.Bool ignored -> "bool";
          case Json.Number(var literal) -> literal.matches("-?\\d+") ? "int" : "float";
          case Json.Text ignored -> "str";
          case Json.Array ignored -> "list";
          case Json.Object ignored -> "dict";
        };
    var text = value.print();
    var preview = text.length() > 80 ? text.substring(0, 80) + "…" : text;
    return new Variable(name, type, text.length(), preview, "");
  }
}
