package dev.errand.graalpy;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.graalvm.polyglot.io.FileSystem;

/// The files that one context sees: those below some folders, links followed; all others are
/// refused.
final class FencedFiles implements FileSystem {
  private final FileSystem files = FileSystem.newDefaultFileSystem();
  private final List<Path> readable;
  private final List<Path> writable;

  /// Where compiled modules are kept; changed only by what is loaded before code comes.
  private final Path modules;

  private volatile boolean sealed;

  FencedFiles(Path own, Path modules, List<Path> readable, List<Path> writable) {
    this.modules = real(modules);
    this.readable = real(readable);
    var changing = new ArrayList<>(real(writable));
    changing.add(real(own));
    this.writable = List.copyOf(changing);
  }

  /// These, and those of Python itself to read. GraalVM's way to allow the latter takes atomic
  /// moves away, by which compiled modules are put in place; so moves go round it.
  FileSystem withPythonsOwn() {
    var all = FileSystem.allowInternalResourceAccess(this);
    return (FileSystem)
        Proxy.newProxyInstance(
            FileSystem.class.getClassLoader(),
            new Class<?>[] {FileSystem.class},
            (proxy, method, given) -> {
              try {
                return method.invoke(method.getName().equals("move") ? this : all, given);
              } catch (InvocationTargetException failed) {
                throw Objects.requireNonNull(failed.getCause());
              }
            });
  }

  /// Takes away what only the making of a context needs.
  void seal() {
    sealed = true;
  }

  private static List<Path> real(List<Path> paths) {
    return paths.stream().map(FencedFiles::real).toList();
  }

  /// The path without links, as far as it is there.
  private static Path real(Path path) {
    var absolute = path.toAbsolutePath().normalize();
    for (var there = absolute; there != null; there = there.getParent()) {
      if (Files.exists(there)) {
        try {
          return there.toRealPath().resolve(there.relativize(absolute));
        } catch (IOException unreadable) {
          return absolute;
        }
      }
    }
    return absolute;
  }

  private Path toRead(Path path) throws IOException {
    var place = real(toAbsolutePath(path));
    if (isBelow(readable, place) || isBelow(writable, place) || place.startsWith(modules)) {
      return path;
    }
    throw refused(path);
  }

  private Path toChange(Path path) throws IOException {
    var place = real(toAbsolutePath(path));
    if (isBelow(writable, place) || (!sealed && place.startsWith(modules))) {
      return path;
    }
    throw refused(path);
  }

  /// For what is done to a link itself: it must lie in a folder that may be changed.
  private Path entryToChange(Path path) throws IOException {
    var parent = toAbsolutePath(path).normalize().getParent();
    toChange(parent == null ? path : parent);
    return path;
  }

  private static boolean isBelow(List<Path> folders, Path place) {
    return folders.stream().anyMatch(place::startsWith);
  }

  private static IOException refused(Path path) {
    return new AccessDeniedException(path.toString());
  }

  @Override
  public Path parsePath(URI uri) {
    return files.parsePath(uri);
  }

  @Override
  public Path parsePath(String path) {
    return files.parsePath(path);
  }

  @Override
  public void checkAccess(Path path, Set<? extends AccessMode> modes, LinkOption... options)
      throws IOException {
    var place = modes.contains(AccessMode.WRITE) ? toChange(path) : toRead(path);
    files.checkAccess(place, modes, options);
  }

  @Override
  public void createDirectory(Path folder, FileAttribute<?>... attributes) throws IOException {
    files.createDirectory(toChange(folder), attributes);
  }

  @Override
  public void delete(Path path) throws IOException {
    files.delete(entryToChange(path));
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    boolean reads =
        options.isEmpty() || (options.size() == 1 && options.contains(StandardOpenOption.READ));
    return files.newByteChannel(reads ? toRead(path) : toChange(path), options, attributes);
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path folder, DirectoryStream.Filter<? super Path> filter) throws IOException {
    return files.newDirectoryStream(toRead(folder), filter);
  }

  @Override
  public Path toAbsolutePath(Path path) {
    return files.toAbsolutePath(path);
  }

  @Override
  public Path toRealPath(Path path, LinkOption... options) throws IOException {
    return files.toRealPath(toRead(path), options);
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
      throws IOException {
    return files.readAttributes(toRead(path), attributes, options);
  }

  @Override
  public void setAttribute(Path path, String attribute, Object value, LinkOption... options)
      throws IOException {
    files.setAttribute(toChange(path), attribute, value, options);
  }

  @Override
  public void copy(Path source, Path target, CopyOption... options) throws IOException {
    files.copy(toRead(source), toChange(target), options);
  }

  @Override
  public void move(Path source, Path target, CopyOption... options) throws IOException {
    files.move(entryToChange(source), entryToChange(target), options);
  }

  @Override
  public void createLink(Path link, Path existing) throws IOException {
    files.createLink(entryToChange(link), toChange(existing));
  }

  @Override
  public void createSymbolicLink(Path link, Path target, FileAttribute<?>... attributes)
      throws IOException {
    files.createSymbolicLink(entryToChange(link), target, attributes);
  }

  @Override
  public Path readSymbolicLink(Path link) throws IOException {
    return files.readSymbolicLink(toRead(link));
  }

  @Override
  public void setCurrentWorkingDirectory(Path folder) {
    files.setCurrentWorkingDirectory(folder);
  }

  @Override
  public Path getTempDirectory() {
    return writable.getLast();
  }
}
