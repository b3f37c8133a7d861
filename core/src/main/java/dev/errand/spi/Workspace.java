package dev.errand.spi;

import dev.errand.job.CodeBlock;
import dev.errand.job.Effect;
import dev.errand.job.Slot;
import dev.errand.job.TaskError;
import dev.errand.job.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The live variables of one job, and the place where its code runs.
///
/// One thread at a time uses it, but [#close] may be called by any thread at any time, also during
/// [#run]. It is a cache: everything in it that matters has been given to the [Host], and it can be
/// opened anew from the last checkpoint.
public interface Workspace extends AutoCloseable {
  /// Carries out a block from one of its statements on, calling `host` for all that leaves the
  /// workspace.
  ///
  /// Blocks until the block is over; while `host` does not return the code stands still, inside its
  /// statement. An exception or error that `host` throws ends the run and the workspace, unseen by
  /// the code (no `except` or `finally` of it runs), and is thrown on.
  ///
  /// @return how the block ended; the host has heard of everything that went before
  Ending run(Run run, Host host);

  /// Ends the workspace at once, killing what runs in it; a [#run] under way returns [Ending.Died].
  /// Idempotent.
  @Override
  void close();

  /// A block to carry out.
  ///
  /// @param turn its number, which stands in slots
  /// @param block what to carry out
  /// @param statement where to begin
  /// @param created how many jobs this job had created before that statement
  /// @param printed how many characters the code will print again that were committed already; they
  ///   are dropped
  /// @param readings what was read from the clock and the like after that statement began, by slot,
  ///   to be repeated
  /// @param told answers that the code was given to [Host#await] after that statement began, or the
  ///   first of them; the code may be given them again without asking the host
  /// @param show whether a model is to be shown the value of its last expression
  /// @param stop the statement before which to stop, as if the block ended there
  record Run(
      int turn,
      CodeBlock block,
      int statement,
      int created,
      long printed,
      List<Effect> readings,
      List<Told> told,
      boolean show,
      int stop) {
    /// What `stop` is where the whole block is to be carried out.
    public static final int AT_THE_END = Integer.MAX_VALUE;

    public Run {
      readings = List.copyOf(readings);
      told = List.copyOf(told);
    }

    /// A run whose code was told nothing before, for nobody to be shown its value.
    public Run(
        int turn,
        CodeBlock block,
        int statement,
        int created,
        long printed,
        List<Effect> readings) {
      this(turn, block, statement, created, printed, readings, List.of(), false, AT_THE_END);
    }
  }

  /// Handlers that had ended when the code waited at a slot.
  record Told(Slot slot, List<Host.Child> ended) {
    public Told {
      ended = List.copyOf(ended);
    }
  }

  /// A value as text.
  ///
  /// @param brief fit for a model: what is long is left out and counted
  /// @param full with less left out, for who wants to read on; equal to `brief` where that has all
  record Shown(String brief, String full) {}

  /// How a block ended.
  sealed interface Ending {
    /// All statements were carried out.
    ///
    /// @param value that of the last expression statement, or what a called function returned; none
    ///   where it was to be shown
    /// @param shown the value as a model is shown it; null where there is nothing to show
    record Finished(Host.Mark mark, Value value, @Nullable Shown shown) implements Ending {
      /// Nothing was to be shown.
      public Finished(Host.Mark mark, Value value) {
        this(mark, value, null);
      }
    }

    /// A statement raised and nobody caught it; `error` has the job's own lines.
    record Raised(Host.Mark mark, TaskError error) implements Ending {}

    /// The code called `exit`.
    record Exited(Host.Mark mark, Value value) implements Ending {}

    /// The workspace is gone: it broke a limit (`mayRetry` is false) or died for no known reason.
    /// What happened since the last mark never happened.
    record Died(TaskError error, boolean mayRetry) implements Ending {}
  }
}
