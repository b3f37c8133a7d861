package dev.errand.agents;

import dev.errand.agent.ToolFunction;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jspecify.annotations.Nullable;

/// Tools that heed interruption and say what went wrong.
///
/// The JDK tells of an interruption in many ways, and of a missing file by its bare path.
final class Heeding {
  private Heeding() {}

  /// The one method with [dev.errand.agent.Tool] of an object, heeding.
  static ToolFunction tool(Object owner) {
    var tool = ToolFunction.of(owner).getFirst();
    return new ToolFunction(
        tool.spec(),
        call -> call(tool, call),
        tool.policy(),
        tool.timeout(),
        tool.visibility(),
        tool.reconciler(),
        tool.exit(),
        tool.errorHandler(),
        tool.subjects(),
        tool.alias());
  }

  @SuppressWarnings("IllegalCatch") // whatever it is, an interruption comes first
  private static @Nullable Object call(ToolFunction tool, ToolFunction.Call call) throws Exception {
    try {
      return tool.action().call(call);
    } catch (Exception failed) {
      if (Thread.interrupted()) {
        var interrupted = new InterruptedException(tool.name() + " was interrupted");
        interrupted.initCause(failed);
        throw interrupted;
      }
      throw failed instanceof FileSystemException plain ? explained(plain) : failed;
    }
  }

  private static Exception explained(FileSystemException failed) {
    var file = failed.getFile();
    var what =
        switch (failed) {
          case NoSuchFileException none -> "There is no " + file;
          case AccessDeniedException none -> "There is no permission for " + file;
          case FileAlreadyExistsException none -> file + " is there already, and is no directory";
          case NotDirectoryException none -> file + " is no directory";
          case DirectoryNotEmptyException none -> file + " is a directory";
          default -> failed.getMessage();
        };
    return new java.io.IOException(what, failed);
  }
}
