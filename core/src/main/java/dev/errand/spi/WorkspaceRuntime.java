package dev.errand.spi;

import dev.errand.job.Blob;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Opens workspaces of one kind, each for one job.
///
/// Any thread may call it.
public interface WorkspaceRuntime extends AutoCloseable {
  /// The name by which an agent chooses it, such as `cpython`.
  String name();

  /// The version of what it runs code in, for people; empty where there is nothing to say.
  default String version() {
    return "";
  }

  /// What it cannot do, each with a sentence for people that says what happens instead; default
  /// nothing.
  default Map<Capability, String> lacks() {
    return Map.of();
  }

  /// Opens the workspace of a job, with the variables of its last checkpoint.
  ///
  /// @throws dev.errand.job.WorkspaceException if it cannot be opened, saying what to do
  Workspace open(Opening opening);

  /// Ends every workspace still open.
  @Override
  void close();

  /// What a workspace needs to begin.
  ///
  /// @param job whose it is
  /// @param agent the name of the job's agent
  /// @param restricted whether restricted mode applies
  /// @param limits what the code may cost
  /// @param tools the tools that the code may call by name
  /// @param imports the modules that restricted code may import besides the usual ones; a name that
  ///   ends in `.*` is a package with all that is below it
  /// @param state the variables to begin with; null for none
  record Opening(
      JobId job,
      String agent,
      boolean restricted,
      Limits limits,
      List<ToolSignature> tools,
      List<String> imports,
      @Nullable State state) {
    public Opening {
      tools = List.copyOf(tools);
      imports = List.copyOf(imports);
    }

    /// One without further imports.
    public Opening(
        JobId job,
        String agent,
        boolean restricted,
        Limits limits,
        List<ToolSignature> tools,
        @Nullable State state) {
      this(job, agent, restricted, limits, tools, List.of(), state);
    }
  }

  /// A stored checkpoint with its pieces.
  record State(List<Part> parts) {
    public State {
      parts = List.copyOf(parts);
    }
  }

  /// A stored co-variable with its pieces.
  ///
  /// @param number its number within the workspace
  /// @param head as the runtime wrote it; for a new job it may be the text of a JSON object
  ///   instead, the variables that the application gave
  /// @param chunks the pieces
  record Part(int number, Blob head, List<Blob> chunks) {
    public Part {
      chunks = List.copyOf(chunks);
    }
  }

  /// A tool or a subtask factory as code sees it; one whose name begins with `_` is not offered to
  /// code.
  ///
  /// @param name the function's name
  /// @param description what it does
  /// @param parameters the names of its parameters, in order; a trailing `?` marks an optional one
  /// @param exit the value with which the code ends its job once a call has returned; null where it
  ///   goes on
  /// @param errorHandler the tool that is called, with what a call returned and the error, if the
  ///   job fails later; null for none
  /// @param starts for a subtask factory the Python types of its parameters, in order, with
  ///   `shared` for a [dev.errand.job.Shared]: a call returns the form of a
  ///   [dev.errand.agent.SubTaskSpec], and the code is given the handler of a child that is made of
  ///   it; null for a tool
  record ToolSignature(
      String name,
      String description,
      List<String> parameters,
      @Nullable Json exit,
      @Nullable String errorHandler,
      @Nullable List<String> starts) {
    public ToolSignature {
      parameters = List.copyOf(parameters);
      starts = starts == null ? null : List.copyOf(starts);
    }

    /// A tool after which the code goes on.
    public ToolSignature(String name, String description, List<String> parameters) {
      this(name, description, parameters, null, null, null);
    }
  }
}
