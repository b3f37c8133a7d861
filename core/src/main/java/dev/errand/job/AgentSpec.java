package dev.errand.job;

import java.util.List;
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
/// @param tools the names of the tools it may call
/// @param runtime the workspace runtime its code runs in: `cpython`, `graalpy`, or `java` for a
///   Java program
/// @param restricted whether its Python runs in restricted mode
/// @param limits what its jobs may cost
/// @param imports the modules that restricted code may import besides the usual ones: names such as
///   `numpy`, and `numpy.*` for all that is below one too
public record AgentSpec(
    String name,
    String instructions,
    @Nullable String model,
    List<String> tools,
    String runtime,
    boolean restricted,
    Limits limits,
    List<String> imports) {
  public AgentSpec {
    if (name.isBlank()) {
      throw new IllegalArgumentException("An agent needs a name");
    }
    tools = List.copyOf(tools);
    imports = List.copyOf(imports);
  }

  /// A program agent of that name: no model, no tools, Python in restricted mode.
  public static AgentSpec program(String name) {
    return new AgentSpec(name, "", null, List.of(), "cpython", true, Limits.DEFAULT, List.of());
  }
}
