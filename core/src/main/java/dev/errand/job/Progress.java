package dev.errand.job;

/// How far a job has come: all that a worker needs beside the checkpoint and the journal to go on.
///
/// @param turn the block that is due or being carried out: first the warm-up blocks, counted from
///   0, then one per model reply
/// @param acting whether block `turn` is being carried out; false when the next thing is to choose
///   the next block
/// @param statement the statement of block `turn` at which the checkpoint stands; replay starts
///   there
/// @param printed how many characters of console the code printed after that checkpoint and has had
///   committed; a replay prints them again and they are dropped
/// @param created how many jobs this job had created at that checkpoint
/// @param heard the sequence number up to which this job was told of ends of subtasks and of
///   messages
public record Progress(
    int turn, boolean acting, int statement, long printed, int created, long heard) {
  /// Before the first block.
  public static final Progress START = new Progress(0, false, 0, 0, 0, 0);

  /// Right after block `turn`, for a job that has created no others.
  public static Progress after(int turn) {
    return new Progress(turn + 1, false, 0, 0, 0, 0);
  }

  /// The same place, with this much more console committed since the checkpoint.
  public Progress printedMore(long characters) {
    return new Progress(turn, acting, statement, printed + characters, created, heard);
  }

  /// At a new checkpoint before `statement` of the same block, with `pending` characters printed
  /// after it.
  public Progress at(int statement, int created, long pending) {
    return new Progress(turn, acting, statement, pending, created, heard);
  }

  /// Block `turn` begins.
  public Progress beginning() {
    return new Progress(turn, true, 0, 0, created, heard);
  }

  /// Block `turn` is over; the next is due.
  public Progress finished(int created) {
    return new Progress(turn + 1, false, 0, 0, created, heard);
  }

  /// Before the next block, for a job that was done and goes on.
  public Progress revived() {
    return new Progress(acting ? turn + 1 : turn, false, 0, 0, created, heard);
  }

  /// What happened up to `sequence` was told.
  public Progress heard(long sequence) {
    return new Progress(turn, acting, statement, printed, created, sequence);
  }
}
