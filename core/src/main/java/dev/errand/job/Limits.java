package dev.errand.job;

import java.time.Duration;
import java.util.function.Consumer;

/// What one job may cost; every limit is finite, and zero means none at all.
///
/// | limit | of | default | going over it |
/// |---|---|---|---|
/// | `blockTime` | a block | 60 s | ends the block, and its process |
/// | `statements` | a block | 10,000 | the block is refused before it begins |
/// | `outputCharacters` | a block | 10 million | ends the block, and its process |
/// | `memoryBytes` | a process | 2 GiB | `MemoryError`; ends the block where there is none left to raise it |
/// | `fileBytes` | a process | 512 MiB | `OSError` for one file; ends the block for all together |
/// | `storedBytes` | a workspace | 256 MiB | ends the block that would store more |
/// | `turns` | a job | 50 | ends the job |
/// | `exceptions` | a job | 25 | ends the job |
/// | `exceptionsInRow` | a job | 8 | ends the job |
/// | `jobTime` | a job | 90 days | ends the job and all below it, as a deadline does |
/// | `children` | a job | 1,000 at a time | a further child waits until another has ended |
/// | `depth` | a tree | 16 | refuses the child |
/// | `descendants` | a tree | 200,000 | a further one fails before it begins |
/// | `spending` | a job | 20 million tokens, 50 US dollars | its model has one last turn, which ends the job |
/// | `budget` | a tree | 200 million tokens, 500 US dollars | the same, for each job that draws on it |
///
/// A block that is ended fails with [TaskError.Kind#LIMIT], and its workspace is again as it was at
/// the last checkpoint. Python bounds memory, files and stored bytes; Java programs have no such
/// bounds. A job has one process at a time, which starts no others.
///
/// @param blockTime wall time of one code block, time spent waiting for others not counted
/// @param turns model replies over the job's life
/// @param depth levels of jobs below the root
/// @param statements how many statements a block may have at its top level
/// @param outputCharacters what a block may print
/// @param memoryBytes what its process may have, Python and libraries included
/// @param fileBytes what the files in its process's own folder may take
/// @param storedBytes what its variables may take where they are stored
/// @param jobTime wall time from its creation to its end, time spent waiting included
/// @param exceptions turns of its model whose code may raise
/// @param exceptionsInRow the same, one after the other
/// @param children how many of its children may have begun and not ended
/// @param descendants how many jobs may ever be created below the root; that of the root counts
/// @param spending what the calls of its own model may cost
/// @param budget what the calls of all models of a tree may cost; that of the root counts
public record Limits(
    Duration blockTime,
    int turns,
    int depth,
    int statements,
    long outputCharacters,
    long memoryBytes,
    long fileBytes,
    long storedBytes,
    Duration jobTime,
    int exceptions,
    int exceptionsInRow,
    int children,
    int descendants,
    Budget spending,
    Budget budget) {
  /// The limits of an agent that names none.
  public static final Limits DEFAULT =
      new Limits(
          Duration.ofSeconds(60),
          50,
          16,
          10_000,
          10_000_000,
          2L << 30,
          512L << 20,
          256L << 20,
          Duration.ofDays(90),
          25,
          8,
          1_000,
          200_000,
          new Budget(20_000_000, 50_000_000),
          new Budget(200_000_000, 500_000_000));

  public Limits {
    requirePositive("blockTime", blockTime);
    requirePositive("jobTime", jobTime);
    requireNotNegative("turns", turns);
    requireNotNegative("depth", depth);
    requireNotNegative("exceptions", exceptions);
    requireNotNegative("exceptionsInRow", exceptionsInRow);
    requireNotNegative("children", children);
    requireNotNegative("descendants", descendants);
    requirePositive("statements", statements);
    requirePositive("outputCharacters", outputCharacters);
    requirePositive("memoryBytes", memoryBytes);
    requirePositive("fileBytes", fileBytes);
    requirePositive("storedBytes", storedBytes);
  }

  private static void requirePositive(String name, Duration limit) {
    if (!limit.isPositive()) {
      throw new IllegalArgumentException(name + " must be positive, not " + limit);
    }
  }

  private static void requirePositive(String name, long limit) {
    if (limit < 1) {
      throw new IllegalArgumentException(name + " must be positive, not " + limit);
    }
  }

  private static void requireNotNegative(String name, long limit) {
    if (limit < 0) {
      throw new IllegalArgumentException(name + " must not be negative, but is " + limit);
    }
  }

  /// These with another limit of [#blockTime].
  public Limits withBlockTime(Duration other) {
    return with(draft -> draft.blockTime = other);
  }

  /// These with another limit of [#turns].
  public Limits withTurns(int other) {
    return with(draft -> draft.turns = other);
  }

  /// These with another limit of [#depth].
  public Limits withDepth(int other) {
    return with(draft -> draft.depth = other);
  }

  /// These with another limit of [#statements].
  public Limits withStatements(int other) {
    return with(draft -> draft.statements = other);
  }

  /// These with another limit of [#outputCharacters].
  public Limits withOutputCharacters(long other) {
    return with(draft -> draft.outputCharacters = other);
  }

  /// These with another limit of [#memoryBytes].
  public Limits withMemoryBytes(long other) {
    return with(draft -> draft.memoryBytes = other);
  }

  /// These with another limit of [#fileBytes].
  public Limits withFileBytes(long other) {
    return with(draft -> draft.fileBytes = other);
  }

  /// These with another limit of [#storedBytes].
  public Limits withStoredBytes(long other) {
    return with(draft -> draft.storedBytes = other);
  }

  /// These with another limit of [#jobTime].
  public Limits withJobTime(Duration other) {
    return with(draft -> draft.jobTime = other);
  }

  /// These with another limit of [#exceptions].
  public Limits withExceptions(int other) {
    return with(draft -> draft.exceptions = other);
  }

  /// These with another limit of [#exceptionsInRow].
  public Limits withExceptionsInRow(int other) {
    return with(draft -> draft.exceptionsInRow = other);
  }

  /// These with another limit of [#children].
  public Limits withChildren(int other) {
    return with(draft -> draft.children = other);
  }

  /// These with another limit of [#descendants].
  public Limits withDescendants(int other) {
    return with(draft -> draft.descendants = other);
  }

  /// These with another limit of [#spending].
  public Limits withSpending(Budget other) {
    return with(draft -> draft.spending = other);
  }

  /// These with another limit of [#budget].
  public Limits withBudget(Budget other) {
    return with(draft -> draft.budget = other);
  }

  private Limits with(Consumer<Draft> change) {
    var draft = new Draft(this);
    change.accept(draft);
    return draft.limits();
  }

  /// Limits in the making.
  private static final class Draft {
    private Duration blockTime;
    private int turns;
    private int depth;
    private int statements;
    private long outputCharacters;
    private long memoryBytes;
    private long fileBytes;
    private long storedBytes;
    private Duration jobTime;
    private int exceptions;
    private int exceptionsInRow;
    private int children;
    private int descendants;
    private Budget spending;
    private Budget budget;

    Draft(Limits from) {
      blockTime = from.blockTime;
      turns = from.turns;
      depth = from.depth;
      statements = from.statements;
      outputCharacters = from.outputCharacters;
      memoryBytes = from.memoryBytes;
      fileBytes = from.fileBytes;
      storedBytes = from.storedBytes;
      jobTime = from.jobTime;
      exceptions = from.exceptions;
      exceptionsInRow = from.exceptionsInRow;
      children = from.children;
      descendants = from.descendants;
      spending = from.spending;
      budget = from.budget;
    }

    Limits limits() {
      return new Limits(
          blockTime,
          turns,
          depth,
          statements,
          outputCharacters,
          memoryBytes,
          fileBytes,
          storedBytes,
          jobTime,
          exceptions,
          exceptionsInRow,
          children,
          descendants,
          spending,
          budget);
    }
  }
}
