package dev.errand.job;

/// The place of one effect or reading within a job's code: stable across replays.
///
/// @param turn the block, as in [Progress#turn]
/// @param statement the top-level statement within the block, from 0; -1 for what comes before its
///   code
/// @param ordinal which effect of that statement, from 0
public record Slot(int turn, int statement, int ordinal) implements Comparable<Slot> {
  private static final int BEFORE_CODE = -1;

  /// The place where the words of a model's reply are delivered, before its code is carried out.
  public static Slot ofWords(int turn) {
    return new Slot(turn, BEFORE_CODE, 0);
  }

  /// The place of a call that a model's reply makes.
  ///
  /// @param number which one, from 0
  public static Slot ofCall(int turn, int number) {
    return new Slot(turn, BEFORE_CODE, number + 1);
  }

  /// Whether it is where words are delivered.
  public boolean isOfWords() {
    return statement == BEFORE_CODE && ordinal == 0;
  }

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
