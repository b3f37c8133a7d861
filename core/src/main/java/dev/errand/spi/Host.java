package dev.errand.spi;

import dev.errand.job.Blob;
import dev.errand.job.Budget;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.DurableObject;
import dev.errand.job.Effect;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Retry;
import dev.errand.job.SubTaskState;
import dev.errand.job.Value;
import dev.errand.job.Variable;
import dev.errand.job.Wait;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What running code may ask of the engine; implemented by the engine, called by a [Workspace] on
/// the thread of its run.
///
/// Every call carries a [Mark] of how far the code has come. A call returns when its answer may be
/// relied upon. One that throws `dev.errand.job.RefusedException` is answered to the code as a
/// Python exception; anything else thrown must end the workspace unseen by the code.
public interface Host {
  /// Takes note of console output, readings or a checkpoint; nothing is asked.
  void note(Mark mark);

  /// Calls a tool; journalled by its policy. Where the agent's permissions say so a person is asked
  /// first, and the job may be suspended meanwhile.
  ///
  /// @param child the number that the next job which this job creates would have: the question has
  ///   it, see [#tookNumber]
  Value call(Mark mark, int ordinal, int child, String tool, Json.Object arguments);

  /// Whether the latest [#call] has taken the number that it was given, be it one that was refused,
  /// so that the next job which this job creates has the number after it.
  boolean tookNumber();

  /// Creates a child job; with a `subtaskId` it has a handler (one of JSON null for a handler
  /// without id).
  Child create(Mark mark, ChildRequest request);

  /// Gives a child that was created without one a handler.
  Child attach(Mark mark, JobId child, Json subtaskId);

  /// Ends the job's own handler.
  void complete(Mark mark, Completion completion);

  /// Stops a job below this one, and all below that; see [Store#stop]. Recorded, so that a replay
  /// does not do it again.
  void cancel(Mark mark, int ordinal, JobId job, String reason);

  /// Lets a message arrive for a job below this one; see [Store#signal]. Recorded, so that a replay
  /// does not do it again.
  ///
  /// @param revives whether a job that is done goes on for it; else the message is refused
  /// @return its place in the history
  long tell(Mark mark, int ordinal, JobId job, String text, boolean revives);

  /// Says how far the job has come, for its parent and for onlookers. Recorded, so that a replay
  /// does not do it again.
  void report(Mark mark, int ordinal, String text);

  /// Waits until as many of the handlers have ended as are needed, or the moment has come; the job
  /// may be suspended meanwhile.
  ///
  /// Recorded, so that a replay is given the same.
  ///
  /// @return those that have ended by then, in the order asked: fewer than needed if the moment
  ///   came first
  List<Child> await(Mark mark, int ordinal, Wait on);

  /// The moment so long from now; recorded, so that a replay is given the same.
  Instant later(Mark mark, int ordinal, Duration delay);

  /// The handlers of this job as they are now, in the order asked; recorded, so that a replay sees
  /// the same.
  List<Child> peek(Mark mark, int ordinal, List<JobId> handlers);

  /// All children of this job as they are now, or the one whose handler has this id; recorded, so
  /// that a replay sees the same.
  List<Child> children(Mark mark, int ordinal, @Nullable Json subtaskId);

  /// What the model of another job has said by now besides its code, reply by reply; recorded, so
  /// that a replay sees the same.
  List<String> replies(Mark mark, int ordinal, JobId job);

  /// Draws the id of a new durable object; recorded, so that a replay is given the same.
  String newObject(Mark mark, int ordinal);

  /// A durable object as it is now.
  ///
  /// Recorded if the code goes on to ask for something else within its statement, so that a replay
  /// sees the same.
  DurableObject object(Mark mark, int ordinal, String id);

  /// Changes durable objects, all of them or none; recorded, so that a replay does not do it again.
  ///
  /// Each is given as it is to be, with the version that it has then.
  void change(Mark mark, int ordinal, List<DurableObject> objects);

  /// The job itself: `id`, `key`, `agent`, `parent`, `status`, whether it has a handler
  /// (`subtask`), and its `locale`.
  Json.Object job();

  /// How far the code has come when it calls.
  ///
  /// @param statement the statement being carried out
  /// @param console what was printed since the last mark
  /// @param readings what was read from the clock and the like since the last mark
  /// @param snapshot a checkpoint taken since the last mark, at the latest statement boundary at
  ///   which one was due; null where none was
  record Mark(int statement, String console, List<Effect> readings, @Nullable Snapshot snapshot) {
    public Mark {
      readings = List.copyOf(readings);
    }

    /// A mark that brings nothing.
    public static Mark at(int statement) {
      return new Mark(statement, "", List.of(), null);
    }
  }

  /// A workspace at a boundary, as its runtime wrote it.
  ///
  /// @param statement the boundary: before this statement; the number of statements for the end of
  ///   the block
  /// @param created how many jobs the job had created there
  /// @param printed where the boundary lies in the console: so many characters after where the
  ///   mark's begins; negative if it lies before, because what was printed after it was committed
  ///   before the run, and is dropped
  /// @param parts the co-variables that are new or changed since the snapshot before, or since the
  ///   workspace was opened
  /// @param dropped the numbers of those that are gone
  record Snapshot(
      int statement, int created, int printed, List<Part> parts, List<Integer> dropped) {
    public Snapshot {
      parts = List.copyOf(parts);
      dropped = List.copyOf(dropped);
    }

    /// What people see of the co-variables that it brings.
    public List<Variable> variables() {
      return parts.stream().flatMap(part -> part.variables().stream()).toList();
    }

    /// The workspace that a child begins with: one part, number 0, all of it given along.
    public static Snapshot beginning(Blob head, List<Blob> pieces, List<Variable> variables) {
      var placed = new ArrayList<Piece>();
      for (var piece : pieces) {
        placed.add(new Piece.Fresh(placed.size(), piece));
      }
      var part = new Part(0, head, placed.size(), placed, variables);
      return new Snapshot(0, 0, 0, List.of(part), List.of());
    }
  }

  /// One co-variable of a snapshot.
  ///
  /// @param number its number within the workspace
  /// @param head how the pieces make up the variables
  /// @param length how many pieces it has
  /// @param pieces those that are not where they were: a place below `length` that none of them
  ///   names keeps what the co-variable of this number had there
  /// @param variables what people see of it
  record Part(int number, Blob head, int length, List<Piece> pieces, List<Variable> variables) {
    public Part {
      pieces = List.copyOf(pieces);
      variables = List.copyOf(variables);
    }
  }

  /// Pieces of a part, at places counted from 0.
  sealed interface Piece {
    /// New content at `place`.
    record Fresh(int place, Blob content) implements Piece {}

    /// From `place` on the `count` pieces that the co-variable of that `number` had from `from` on
    /// before this snapshot.
    record Kept(int place, int number, int from, int count) implements Piece {}
  }

  /// A child to create.
  ///
  /// @param ordinal its number among the jobs that this job creates, from 1
  /// @param agent the agent's name; null for this job's own agent without its model
  /// @param agentForm `instructions` and `model` for an agent that the application does not know;
  ///   empty for none
  /// @param blocks its code
  /// @param workspace the variables it begins with; null for none
  /// @param subtaskId the handler's id, JSON null for a handler without id; null for no handler yet
  /// @param briefing what it is told
  record ChildRequest(
      int ordinal,
      @Nullable String agent,
      Json.Object agentForm,
      List<CodeBlock> blocks,
      @Nullable Snapshot workspace,
      @Nullable Json subtaskId,
      Briefing briefing) {
    public ChildRequest {
      blocks = List.copyOf(blocks);
    }
  }

  /// What a child is told before it begins.
  ///
  /// @param parameters what fills the placeholders of the agent's instructions
  /// @param locale its locale; null to inherit
  /// @param message what its model reads first; null for nothing
  /// @param resultSchema the JSON schema that its result must fit; null where any will do
  /// @param timeout how long it may take, all attempts together; null for as long as its agent's
  ///   limits allow
  /// @param budget its share of what this job may spend, all attempts together; null for none of
  ///   its own
  /// @param retry how often it is attempted; null for once, without supervision
  /// @param priority of jobs that are due, those of a higher one go on first; null for that of this
  ///   job
  record Briefing(
      Json.Object parameters,
      @Nullable String locale,
      @Nullable String message,
      Json.@Nullable Object resultSchema,
      @Nullable Duration timeout,
      @Nullable Budget budget,
      @Nullable Retry retry,
      @Nullable Integer priority) {
    /// Nothing to tell.
    public static final Briefing NONE =
        new Briefing(Json.Object.EMPTY, null, null, null, null, null, null, null);
  }

  /// A child job and its handler, as the parent sees them.
  ///
  /// @param job the child
  /// @param agent its agent's name
  /// @param subtaskId the handler's id; null where the child has no handler
  /// @param state the handler's state
  /// @param completion how the handler ended; null while it has not
  record Child(
      JobId job,
      String agent,
      @Nullable Json subtaskId,
      SubTaskState state,
      @Nullable Completion completion) {}
}
