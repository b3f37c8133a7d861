package dev.errand.job;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The durable part of an agent: plain data, stored with every definition that names it.
///
/// Live parts (a Java program, tools, the connection to a model) are looked up by name in the
/// process that does the work.
///
/// @param name the agent's name, unique within an application
/// @param instructions what the model is told about its role
/// @param model the model as `provider:name`; null for a program agent, whose jobs live by their
///   code
/// @param tools the names of the tools and the subtask factories it may call
/// @param sandbox where its code runs
/// @param limits what its jobs may cost
/// @param conduct how it goes about its jobs
/// @param permissions which calls of tools it may make: where all of these allow that. Those of the
///   jobs above it come first, its own last; none where nothing is forbidden
public record AgentSpec(
    String name,
    String instructions,
    @Nullable String model,
    List<String> tools,
    Sandbox sandbox,
    Limits limits,
    Conduct conduct,
    List<Permissions> permissions) {
  public AgentSpec {
    if (name.isBlank()) {
      throw new IllegalArgumentException("An agent needs a name");
    }
    tools = List.copyOf(tools);
    permissions = permissions.stream().filter(one -> !one.equals(Permissions.ALL)).toList();
  }

  /// A spec with nothing of its own to do, and a [Sandbox] of these parts.
  public AgentSpec(
      String name,
      String instructions,
      @Nullable String model,
      List<String> tools,
      String runtime,
      boolean restricted,
      Limits limits,
      List<String> imports) {
    this(
        name,
        instructions,
        model,
        tools,
        new Sandbox(runtime, restricted, imports),
        limits,
        Conduct.PLAIN,
        List.of());
  }

  /// A program agent of that name: no model, no tools, Python in restricted mode.
  public static AgentSpec program(String name) {
    return new AgentSpec(
        name, "", null, List.of(), Sandbox.DEFAULT, Limits.DEFAULT, Conduct.PLAIN, List.of());
  }

  /// The same agent for a piece of code: without its model, and with nothing of its own to do; it
  /// remembers what the agent does.
  public AgentSpec codeOnly() {
    return new AgentSpec(
        name, instructions, null, tools, sandbox, limits, conduct.memoryOnly(), permissions);
  }

  /// The same agent where it only reads its memory.
  public AgentSpec onlyReading() {
    return new AgentSpec(
        name, instructions, model, tools, sandbox, limits, conduct.onlyReading(), permissions);
  }

  /// Which memory it has, and how much of that its model is shown.
  public Optional<MemoryUse> memory() {
    return Optional.ofNullable(conduct.memory());
  }

  /// The same agent for a child of a job of that agent: it may do no more than that job may.
  public AgentSpec below(AgentSpec parent) {
    var all = Permissions.below(parent.permissions(), name, permissions);
    return all.equals(permissions)
        ? this
        : new AgentSpec(name, instructions, model, tools, sandbox, limits, conduct, all);
  }

  /// The workspace runtime its code runs in.
  public String runtime() {
    return sandbox.runtime();
  }

  /// Whether its Python runs in restricted mode.
  public boolean restricted() {
    return sandbox.restricted();
  }

  /// The modules that restricted code may import besides the usual ones.
  public List<String> imports() {
    return sandbox.imports();
  }
}
