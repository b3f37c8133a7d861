package dev.errand.python;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/// Adds up what is in the folder of a process, which may change it meanwhile.
final class OwnFolder extends SimpleFileVisitor<Path> {
  private static final int MOST_FILES = 20_000;

  private final long limit;
  private long bytes;
  private int files;
  private boolean tooDeep;

  private OwnFolder(long limit) {
    this.limit = limit;
  }

  /// Whether its files take more bytes than that, or are more than anyone could look through.
  static boolean exceeds(Path folder, long limit) {
    var sum = new OwnFolder(limit);
    try {
      Files.walkFileTree(folder, sum);
    } catch (IOException gone) {
      return false;
    }
    return sum.exceeded();
  }

  private boolean exceeded() {
    return bytes > limit || files > MOST_FILES || tooDeep;
  }

  private FileVisitResult next() {
    return exceeded() ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFile(Path file, BasicFileAttributes is) {
    bytes += is.size();
    files++;
    return next();
  }

  @Override
  public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes is) {
    files++;
    return next();
  }

  /// A path may be longer than the system takes, where folders lie deep in folders.
  @Override
  public FileVisitResult visitFileFailed(Path file, IOException problem) {
    tooDeep = !(problem instanceof NoSuchFileException);
    return next();
  }

  @Override
  public FileVisitResult postVisitDirectory(Path folder, IOException changedMeanwhile) {
    return next();
  }
}
