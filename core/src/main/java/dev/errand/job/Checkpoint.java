package dev.errand.job;

import java.util.List;
import java.util.Map;

/// A workspace at a statement boundary, in content-addressed pieces.
///
/// @param manifest how the pieces make up the variables; only the driver reads it
/// @param chunks the addresses of the pieces, in the manifest's order
/// @param fresh the pieces that may not be stored yet, by address; empty in a checkpoint that was
///   read
/// @param variables what people see of it
public record Checkpoint(
    Blob manifest, List<String> chunks, Map<String, Blob> fresh, List<Variable> variables) {
  public Checkpoint {
    chunks = List.copyOf(chunks);
    fresh = Map.copyOf(fresh);
    variables = List.copyOf(variables);
  }

  /// One variable, as people see it.
  ///
  /// @param name its name
  /// @param type its Python type
  /// @param preview the beginning of its text
  /// @param lost why it could not be kept; empty when it was
  public record Variable(String name, String type, String preview, String lost) {}
}
