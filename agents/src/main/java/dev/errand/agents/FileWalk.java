package dev.errand.agents;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Goes through the regular files below a folder: not over links, nor into `.git` and what is
/// Errand's.
///
/// What cannot be looked into, or goes away meanwhile, is passed over.
final class FileWalk extends SimpleFileVisitor<Path> {
  private static final int MOST_LEVELS = 256;

  private final Path top;
  private final Visitor files;

  /// Is given files, one after the other.
  @FunctionalInterface
  interface Visitor {
    /// Looks at a file; false to be given no more.
    boolean visit(Path file, BasicFileAttributes attributes);
  }

  private FileWalk(Path top, Visitor files) {
    this.top = top;
    this.files = files;
  }

  /// Gives all to `files` that are at most so many levels below `top`.
  ///
  /// @throws IOException if the thread was interrupted
  static void below(Path top, int levels, BiConsumer<Path, BasicFileAttributes> files)
      throws IOException {
    some(
        top,
        levels,
        (file, attributes) -> {
          files.accept(file, attributes);
          return true;
        });
  }

  /// As [#below], until `files` wants no more.
  static void some(Path top, int levels, Visitor files) throws IOException {
    Files.walkFileTree(top, Set.of(), Math.min(levels, MOST_LEVELS), new FileWalk(top, files));
  }

  @Override
  public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
      throws IOException {
    requireUninterrupted();
    return folder.equals(top) || !isHidden(folder)
        ? FileVisitResult.CONTINUE
        : FileVisitResult.SKIP_SUBTREE;
  }

  @Override
  public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
    requireUninterrupted();
    if (attributes.isRegularFile() && !isHidden(file)) {
      return files.visit(file, attributes) ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
    }
    return FileVisitResult.CONTINUE;
  }

  private static boolean isHidden(Path path) {
    var name = path.getFileName().toString();
    return name.equals(".git") || name.equals(Premises.OWN) || FileChanges.isTemporary(name);
  }

  private static void requireUninterrupted() throws InterruptedIOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted");
    }
  }

  @Override
  public FileVisitResult visitFileFailed(Path file, IOException unreadable) {
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException unreadable) {
    return FileVisitResult.CONTINUE;
  }
}
