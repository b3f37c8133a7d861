package dev.errand.engine;

import dev.errand.job.CodeBlock;
import dev.errand.job.Entry;
import dev.errand.job.StoredForm;
import dev.errand.job.TaskError;
import dev.errand.spi.Change;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// A job that fails, while the error handlers are called that its code has registered.
///
/// That is a block of its own, the job's last: an entry says of which turn it is and what the job
/// fails of, and is committed with the failure. So whoever takes the job over goes on there.
///
/// @param error what the job fails of, whatever its handlers do
record Failing(TaskError error) {
  /// The failure for which block `turn` calls the handlers, if it does.
  static Optional<Failing> at(int turn, List<Change.Recorded> history) {
    return history.stream()
        .filter(entry -> entry.kind() == Entry.Kind.JOB_FAILING && entry.turn() == turn)
        .map(entry -> new Failing(StoredForm.error(entry.data())))
        .findFirst();
  }

  /// What the history says of it.
  Change.Recorded entry(int turn) {
    return new Change.Recorded(turn, Entry.Kind.JOB_FAILING, StoredForm.write(error));
  }

  /// What calls the handlers: those of a job that was done before and went on are not called for
  /// what came after.
  CodeBlock block(List<Change.Recorded> history) {
    int since =
        history.stream()
            .filter(entry -> entry.kind() == Entry.Kind.JOB_REVIVED)
            .map(Change.Recorded::turn)
            .max(Comparator.naturalOrder())
            .orElse(0);
    return new CodeBlock(
        CodeBlock.Kind.ON_ERROR, StoredForm.write(error).with("since", since).print());
  }
}
