package dev.errand.job;

import java.util.List;

/// A workspace at a statement boundary, as a store keeps it.
///
/// @param coVariables what it consists of, by number
public record Checkpoint(List<CoVariable> coVariables) {
  public Checkpoint {
    coVariables = List.copyOf(coVariables);
  }

  /// What people see of it.
  public List<Variable> variables() {
    return coVariables.stream().flatMap(part -> part.variables().stream()).toList();
  }
}
