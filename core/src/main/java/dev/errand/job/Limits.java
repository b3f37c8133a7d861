package dev.errand.job;

import java.time.Duration;

/// What one job may cost; every limit is finite.
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
/// | `jobTime` | a job | 90 days | ends the job and all below it, as a deadline does |
/// | `depth` | a tree | 16 | refuses the child |
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
public record Limits(
    Duration blockTime,
    int turns,
    int depth,
    int statements,
    long outputCharacters,
    long memoryBytes,
    long fileBytes,
    long storedBytes,
    Duration jobTime) {
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
          Duration.ofDays(90));

  public Limits {
    requirePositive("blockTime", blockTime);
    requirePositive("jobTime", jobTime);
    if (turns < 0 || depth < 0) {
      throw new IllegalArgumentException("turns and depth must not be negative");
    }
    requirePositive("statements", statements);
    requirePositive("outputCharacters", outputCharacters);
    requirePositive("memoryBytes", memoryBytes);
    requirePositive("fileBytes", fileBytes);
    requirePositive("storedBytes", storedBytes);
  }

  /// Those of [#DEFAULT] but for these.
  public Limits(Duration blockTime, int turns, int depth) {
    this(
        blockTime,
        turns,
        depth,
        DEFAULT.statements,
        DEFAULT.outputCharacters,
        DEFAULT.memoryBytes,
        DEFAULT.fileBytes,
        DEFAULT.storedBytes,
        DEFAULT.jobTime);
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

  /// These with another limit of [#blockTime].
  public Limits withBlockTime(Duration other) {
    return new Limits(
        other,
        turns,
        depth,
        statements,
        outputCharacters,
        memoryBytes,
        fileBytes,
        storedBytes,
        jobTime);
  }

  /// These with another limit of [#turns].
  public Limits withTurns(int other) {
    return new Limits(
        blockTime,
        other,
        depth,
        statements,
        outputCharacters,
        memoryBytes,
        fileBytes,
        storedBytes,
        jobTime);
  }

  /// These with another limit of [#depth].
  public Limits withDepth(int other) {
    return new Limits(
        blockTime,
        turns,
        other,
        statements,
        outputCharacters,
        memoryBytes,
        fileBytes,
        storedBytes,
        jobTime);
  }

  /// These with another limit of [#statements].
  public Limits withStatements(int other) {
    return new Limits(
        blockTime,
        turns,
        depth,
        other,
        outputCharacters,
        memoryBytes,
        fileBytes,
        storedBytes,
        jobTime);
  }

  /// These with another limit of [#outputCharacters].
  public Limits withOutputCharacters(long other) {
    return new Limits(
        blockTime, turns, depth, statements, other, memoryBytes, fileBytes, storedBytes, jobTime);
  }

  /// These with another limit of [#memoryBytes].
  public Limits withMemoryBytes(long other) {
    return new Limits(
        blockTime,
        turns,
        depth,
        statements,
        outputCharacters,
        other,
        fileBytes,
        storedBytes,
        jobTime);
  }

  /// These with another limit of [#fileBytes].
  public Limits withFileBytes(long other) {
    return new Limits(
        blockTime,
        turns,
        depth,
        statements,
        outputCharacters,
        memoryBytes,
        other,
        storedBytes,
        jobTime);
  }

  /// These with another limit of [#storedBytes].
  public Limits withStoredBytes(long other) {
    return new Limits(
        blockTime,
        turns,
        depth,
        statements,
        outputCharacters,
        memoryBytes,
        fileBytes,
        other,
        jobTime);
  }

  /// These with another limit of [#jobTime].
  public Limits withJobTime(Duration other) {
    return new Limits(
        blockTime,
        turns,
        depth,
        statements,
        outputCharacters,
        memoryBytes,
        fileBytes,
        storedBytes,
        other);
  }
}
