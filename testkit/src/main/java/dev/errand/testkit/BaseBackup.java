package dev.errand.testkit;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;

/// A base backup by hand, of a server that is at work: its files are copied one after the other
/// while they change, and its log last, which makes one moment of them.
///
/// It is short and has the log to itself: nothing of that is overwritten before it is copied.
final class BaseBackup {
  private static final String LOG = "pg_wal";

  /// What belongs to the process and not to the data.
  private static final Set<String> LEFT_OUT = Set.of("postmaster.pid", "postmaster.opts");

  private BaseBackup() {}

  /// @param from the data of the server
  /// @param to a folder that is not there
  /// @param meanwhile what is done once the files are copied, and before the moment that the backup
  ///   is of
  static void take(PostgresWire wire, Path from, Path to, PostgresUser user, Runnable meanwhile)
      throws IOException {
    wire.ask("SELECT pg_backup_start('copy', true)");
    copy(from, to, user, false);
    meanwhile.run();
    var label = wire.ask("SELECT labelfile FROM pg_backup_stop(false)").getFirst().getFirst();
    Files.writeString(to.resolve("backup_label"), requireNonNull(label));
    user.handOver(to.resolve("backup_label"));
    copy(from.resolve(LOG), to.resolve(LOG), user, true);
  }

  private static void copy(Path from, Path to, PostgresUser user, boolean isLog)
      throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
              throws IOException {
            copyOne(folder, to.resolve(from.relativize(folder).toString()), user);
            boolean isLater = !isLog && folder.equals(from.resolve(LOG));
            return isLater ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (!LEFT_OUT.contains(file.getFileName().toString())) {
              copyOne(file, to.resolve(from.relativize(file).toString()), user);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure)
              throws IOException {
            if (failure instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw failure;
          }
        });
  }

  /// Copies a file, or makes a folder; what was deleted in the meantime the log deletes again.
  private static void copyOne(Path one, Path copy, PostgresUser user) throws IOException {
    if (Files.isDirectory(copy)) {
      return;
    }
    try {
      Files.copy(one, copy, StandardCopyOption.COPY_ATTRIBUTES);
      user.handOver(copy);
    } catch (NoSuchFileException deleted) {
      Files.deleteIfExists(copy);
    }
  }
}
