package dev.errand.job;

/// The place of one effect or reading within a job's code: stable across replays.
///
/// @param turn the block, as in [Progress#turn]
/// @param statement the top-level statement within the block, from 0
/// @param ordinal which effect of that statement, from 0
public record Slot(int turn, int statement, int ordinal) implements Comparable<Slot> {
  /// The effect's key, which the tool receives: `job/turn/statement/ordinal`.
  public String key(JobId job) {
    return job + "/" + turn + "/" + statement + "/" + ordinal;
  }

  @Override
  public int compareTo(Slot other) {
    int byTurn = Integer.compare(turn, other.turn);
    int byStatement = byTurn != 0 ? byTurn : Integer.compare(statement, other.statement);
    return byStatement != 0 ? byStatement : Integer.compare(ordinal, other.ordinal);
  }
}
