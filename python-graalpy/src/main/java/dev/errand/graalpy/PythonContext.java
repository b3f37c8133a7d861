package dev.errand.graalpy;

import dev.errand.job.Blob;
import dev.errand.job.TaskError;
import dev.errand.job.WorkspaceException;
import dev.errand.python.DriverLink;
import dev.errand.python.Frame;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyExecutable;
import org.jspecify.annotations.Nullable;

/*
 * A context of GraalPy with a thread of its own, in which the driver serves one workspace.
 *
 * Two queues stand in for the socket of a process. The thread rests while it waits for a frame: before a workspace is
 * opened, between two blocks, and while the host answers. A context that rests when it is ended closes itself, which its
 * code does not see. One that is at work is closed from outside; GraalPy stops it where it asks whether it should stop,
 * and in some long calls it never asks.
 */
final class PythonContext implements DriverLink {
  /// Whom a context tells what becomes of it, from any thread.
  interface Watcher {
    /// It was ended, and is to be gone soon.
    void ended(PythonContext context);

    /// Its thread is no more.
    void gone(PythonContext context);
  }

  /// What the driver said, as it came.
  private record Said(String header, List<Blob> parts) {}

  /// As deep as Python's limit of recursion.
  private static final long STACK_BYTES = 64L << 20;

  /// How many frames wait to be read before the code waits too.
  private static final int UNREAD = 16;

  private static final String SERVE =
      """
      def serve(folder, *exchange):
          import sys
          sys.path.insert(0, folder)
          from errand_driver import embedded
          del sys.path[0]
          embedded.serve(*exchange)
      serve
      """;

  private final Embedding embedding;
  private final Watcher watcher;
  private final FencedFiles files;
  private final Path folder;
  private final Thread thread;
  private final CountDownLatch ready = new CountDownLatch(1);
  private final AtomicBoolean ended = new AtomicBoolean();
  private final BlockingQueue<Optional<Frame>> asked = new LinkedBlockingQueue<>();
  private final BlockingQueue<Optional<Said>> said = new LinkedBlockingQueue<>(UNREAD);
  private volatile @Nullable Context context;
  private volatile @Nullable TaskError fate;
  private volatile Optional<Long> restingSince = Optional.empty();
  private List<Blob> parts = List.of();

  private PythonContext(Embedding embedding, Watcher watcher, Path folder) {
    this.embedding = embedding;
    this.watcher = watcher;
    this.folder = folder;
    this.files = embedding.files(folder);
    this.thread = new Thread(null, this::live, "errand-graalpy", STACK_BYTES);
    thread.setDaemon(true);
  }

  /// Starts one; [#awaitReady] says when it can be used.
  static PythonContext start(Embedding embedding, Watcher watcher) throws IOException {
    var made = new PythonContext(embedding, watcher, embedding.newFolder());
    made.thread.start();
    return made;
  }

  /// Waits until it can be used.
  ///
  /// @throws WorkspaceException if it cannot
  void awaitReady(Duration patience) {
    try {
      if (!ready.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new WorkspaceException(
            "GraalPy did not come up within "
                + patience.toSeconds()
                + " seconds; is the machine overloaded?");
      }
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw new WorkspaceException("Interrupted while GraalPy was starting.", interrupt);
    }
    var broken = fate;
    if (broken != null) {
      throw new WorkspaceException("GraalPy could not be started. " + broken.message());
    }
  }

  /// Since when it waits for a frame, by `System.nanoTime`; empty if it is at work.
  Optional<Long> restingSince() {
    return restingSince;
  }

  /// Whether its thread is still there.
  boolean alive() {
    return thread.isAlive();
  }

  /// Waits for its thread to be gone.
  boolean awaitGone(Duration patience) throws InterruptedException {
    return thread.join(patience);
  }

  /// Stops what runs in it. May block for ever.
  void stop() {
    var running = context;
    if (running != null) {
      running.close(true);
    }
  }

  /// Ends it for a reason of the runtime's.
  void giveUp(String reason) {
    fate = Fate.gone(reason);
    end();
  }

  // Its thread

  private void live() {
    try {
      var made = embedding.context(files, folder);
      context = made;
      made.eval("python", SERVE)
          .executeVoid(
              embedding.driver(),
              (ProxyExecutable) this::send,
              (ProxyExecutable) this::receive,
              (ProxyExecutable) this::content,
              (ProxyExecutable) this::leave);
    } catch (PolyglotException ending) {
      endedBy(Fate.of(ending));
    } catch (RuntimeException | Error broken) {
      endedBy(Fate.gone("GraalPy broke: " + broken + "."));
    } finally {
      fall();
    }
  }

  private void endedBy(TaskError how) {
    if (fate == null) {
      fate = how;
    }
  }

  private void fall() {
    try {
      stop();
    } catch (RuntimeException | Error alreadyClosed) {
      // It was to be closed.
    }
    context = null;
    ready.countDown();
    fallSilent();
    watcher.gone(this);
  }

  private void fallSilent() {
    while (!said.offer(Optional.empty())) {
      if (ended.get()) {
        said.clear();
      } else {
        Thread.onSpinWait();
      }
    }
  }

  private Object send(Value... given) {
    var bytes = Arrays.stream(given).map(PythonContext::bytes).toList();
    var header = new String(bytes.getFirst(), StandardCharsets.UTF_8);
    var word = new Said(header, bytes.stream().skip(1).map(Blob::new).toList());
    try {
      said.put(Optional.of(word));
    } catch (InterruptedException closing) {
      leave();
    }
    if (ended.get()) {
      leave();
    }
    return true;
  }

  private static byte[] bytes(Value value) {
    var bytes = new byte[Math.toIntExact(value.getBufferSize())];
    value.readBuffer(0, bytes, 0, bytes.length);
    return bytes;
  }

  private Object receive(Value... none) {
    files.seal();
    restingSince = Optional.of(System.nanoTime());
    ready.countDown();
    try {
      var frame = asked.take();
      restingSince = Optional.empty();
      if (frame.isPresent() && !ended.get()) {
        parts = frame.get().parts();
        return frame.get().text();
      }
    } catch (InterruptedException closing) {
      // So it leaves.
    }
    return leave();
  }

  /// The parts of the frame that was received, one character for each byte.
  private Object content(Value... none) {
    var text = new StringBuilder(parts.stream().mapToInt(Blob::size).sum());
    for (var part : parts) {
      text.append(new String(part.bytes(), StandardCharsets.ISO_8859_1));
    }
    parts = List.of();
    return text.toString();
  }

  /// Closes the context from within: nothing of its code is carried out any more.
  private Object leave(Value... none) {
    stop();
    throw new IllegalStateException("a closed context goes on");
  }

  // Java's end

  @Override
  public void send(Frame frame) throws IOException {
    if (ended.get() || !alive()) {
      throw new EOFException("the context is closed");
    }
    asked.add(Optional.of(frame));
  }

  @Override
  public Frame receive() throws IOException {
    try {
      var word = said.take();
      if (word.isPresent() && !ended.get()) {
        return Frame.read(word.get().header(), word.get().parts());
      }
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw new ClosedByInterruptException();
    }
    said.offer(Optional.empty());
    throw new EOFException("the context is closed");
  }

  @Override
  public Path folder() {
    return folder;
  }

  @Override
  public void end() {
    if (ended.compareAndSet(false, true)) {
      // Before its thread wakes, so that the watcher sees whether it rested.
      watcher.ended(this);
      said.clear();
      said.offer(Optional.empty());
      asked.add(Optional.empty());
    }
  }

  @Override
  public TaskError fate() {
    end();
    var known = fate;
    return known == null ? Fate.gone("The Python of the workspace ended.") : known;
  }
}
