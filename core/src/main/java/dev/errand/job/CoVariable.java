package dev.errand.job;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Variables that share a mutable object, and so are kept together; most hold one variable.
///
/// @param number its number within the workspace
/// @param since the turn that wrote it as it is; [Delta#BEFORE] for what the job began with
/// @param head how its pieces make up the variables; only the driver reads it. Null where what is
///   stored is damaged
/// @param chunks the addresses of its pieces
/// @param variables what people see of it
public record CoVariable(
    int number, int since, @Nullable Blob head, List<String> chunks, List<Variable> variables) {
  public CoVariable {
    chunks = List.copyOf(chunks);
    variables = List.copyOf(variables);
  }
}
