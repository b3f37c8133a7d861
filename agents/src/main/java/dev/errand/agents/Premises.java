package dev.errand.agents;

import dev.errand.job.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/*
 * Where tools may go: a directory, in which relative paths begin, and further roots.
 *
 * A path is followed name by name, as the operating system does it: a link is followed when it is met, and ".." leads to
 * the parent of where one really is. What comes out has no links in it, is there or could be made there, and lies below a
 * root; anything else is refused. A link that leads nowhere is refused too, for whoever writes to it makes what it
 * names.
 *
 * Between this and the opening of the file somebody may put a link in the way. So whoever opens a file asks once more
 * afterwards, before anything of it is used (unmoved). Who can make links, and unmake them within that moment, gets past it:
 * none of these tools makes links, and Bash is held by none of this.
 */
/// The directory that tools work in, and what else they may reach.
///
/// Safe for use by several threads.
final class Premises {
  /// The folder in the directory that holds what Errand itself keeps there.
  static final String OWN = ".errand";

  /// The folder in the directory whose skills come before those of the home directory.
  private static final String SKILLS = ".claude/skills";

  private final Path directory;
  private final List<Path> others;

  Premises(Path directory, List<Path> others) {
    this.directory = directory.toAbsolutePath();
    this.others = others.stream().map(Path::toAbsolutePath).toList();
  }

  /// The directory, free of links.
  Path directory() throws IOException {
    try {
      return directory.toRealPath();
    } catch (NoSuchFileException missing) {
      throw new IOException("The working directory " + directory + " is not there", missing);
    }
  }

  /// Where a path leads, free of links; the end of it need not be there.
  ///
  /// @throws IOException if it leads out of the premises, or over a link that leads nowhere
  Path resolve(String path) throws IOException {
    var asked = parse(path);
    var at = asked.isAbsolute() ? asked.getRoot() : directory();
    for (var name : asked) {
      at = step(at, name.toString(), path);
    }
    if (!holds(at)) {
      throw outside(path);
    }
    return at;
  }

  /// A path as rules of permissions look at it: where it leads, from the directory on where that is
  /// above it; nothing if it leads out of the premises.
  List<Rule.Subject> subjects(String path) {
    try {
      var real = resolve(path);
      var top = directory();
      var shown = real.startsWith(top) ? top.relativize(real) : real;
      var text = shown.toString().replace('\\', '/');
      return List.of(Rule.Subject.path(text.isEmpty() ? "." : text));
    } catch (IOException outside) {
      return List.of();
    }
  }

  private static Path parse(String path) throws IOException {
    try {
      return Path.of(path);
    } catch (InvalidPathException unreadable) {
      throw new IOException("'" + path + "' is no path: " + unreadable.getReason(), unreadable);
    }
  }

  private static Path step(Path at, String name, String path) throws IOException {
    if (name.isEmpty() || name.equals(".")) {
      return at;
    }
    if (name.equals("..")) {
      var above = at.getParent();
      return above == null ? at : above;
    }
    var next = at.resolve(name);
    if (!Files.isSymbolicLink(next)) {
      return next;
    }
    try {
      return next.toRealPath();
    } catch (IOException leadsNowhere) {
      throw new IOException(
          path + " leads over " + next + ", a link that leads nowhere", leadsNowhere);
    }
  }

  private boolean holds(Path real) throws IOException {
    for (var root : roots()) {
      if (real.startsWith(root)) {
        return true;
      }
    }
    return false;
  }

  private List<Path> roots() throws IOException {
    var roots = new ArrayList<Path>();
    roots.add(directory());
    for (var other : others) {
      if (Files.isDirectory(other)) {
        roots.add(other.toRealPath());
      }
    }
    return roots;
  }

  private IOException outside(String path) throws IOException {
    return new IOException(
        "%s is outside the working directory; paths lead to what is below %s only"
            .formatted(
                path,
                String.join(" and ", roots().stream().map(Path::toString).sorted().toList())));
  }

  /// Makes sure that what was resolved is still where it was.
  ///
  /// @throws IOException if there is a link in its path now
  static void unmoved(Path real) throws IOException {
    if (!real.toRealPath().equals(real)) {
      throw new IOException(real + " was replaced by a link while it was opened; it is not used");
    }
  }

  /// A path as it is told: from the directory on where it is below that.
  String shown(Path real) throws IOException {
    var start = directory();
    var path = real.equals(start) || !real.startsWith(start) ? real : start.relativize(real);
    return path.toString().replace('\\', '/');
  }

  /// Whether it is the folder of the directory's skills, or in it, by whatever way; those in the
  /// folder of Errand's own are [its own][#isOwn].
  boolean isOfSkills(Path real) throws IOException {
    var skills = directory().resolve(SKILLS);
    return real.startsWith(skills)
        || (Files.exists(skills) && real.startsWith(skills.toRealPath()));
  }

  /// Whether it is the folder of Errand's own, or in it.
  boolean isOwn(Path real) throws IOException {
    return real.startsWith(directory().resolve(OWN));
  }
}
