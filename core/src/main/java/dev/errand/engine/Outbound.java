package dev.errand.engine;

import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The calls of one job that leave the engine, to tools and to its model; any thread may break them
/// off.
///
/// A thread is interrupted only while it is in such a call: a commit never sees an interrupt that
/// was meant for one.
final class Outbound {
  private @Nullable Thread calling;
  private boolean isTool;
  private boolean closed;

  /// Calls a tool: what it did counts, so that it is given time to end by itself.
  <T extends @Nullable Object> T tool(Callable<T> call) throws Exception {
    begin(true);
    try {
      return call.call();
    } finally {
      end();
    }
  }

  /// Asks a model: its answer is of no use to a job that is to end.
  <T> T model(Supplier<T> call) {
    begin(false);
    try {
      return call.get();
    } finally {
      end();
    }
  }

  private synchronized void begin(boolean ofTool) {
    requireOpen();
    calling = Thread.currentThread();
    isTool = ofTool;
  }

  private synchronized void end() {
    calling = null;
    if (closed) {
      Thread.interrupted(); // one that came too late for the call is for nobody else
    }
  }

  /// Goes no further once no more calls are to be made.
  ///
  /// @throws Dropped if so
  synchronized void requireOpen() {
    if (closed) {
      throw new Dropped("the job is to end");
    }
  }

  /// Has no more calls made, and breaks off one that asks a model; true if a tool is being called,
  /// which may finish.
  synchronized boolean close() {
    closed = true;
    boolean leaves = calling != null && isTool;
    if (calling != null && !isTool) {
      calling.interrupt();
    }
    return leaves;
  }

  /// Has no more calls made, and breaks off any.
  synchronized void breakOff() {
    closed = true;
    if (calling != null) {
      calling.interrupt();
    }
  }
}
