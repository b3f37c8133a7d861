package dev.errand.python;

import dev.errand.job.TaskError;
import java.io.IOException;
import java.nio.file.Path;

/// A Python in which the driver serves one workspace, and the connection to it.
///
/// One thread at a time sends and receives; any thread may end it.
public interface DriverLink {
  /// Sends it a message.
  ///
  /// @throws IOException if it is gone
  void send(Frame frame) throws IOException;

  /// Waits for its next message.
  ///
  /// @throws java.nio.channels.ClosedChannelException if this thread was interrupted
  /// @throws IOException if it is gone
  Frame receive() throws IOException;

  /// The folder that it has for itself.
  Path folder();

  /// Ends it at once, without waiting until it is gone. Idempotent.
  void end();

  /// Why it has gone silent, where nobody has ended it; it is ended if it is still there.
  TaskError fate();
}
