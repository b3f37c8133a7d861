package dev.errand.engine;

import dev.errand.job.Words;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Passes on what models say while they say it.
///
/// Each listener is called on a thread of its own, one piece after the other: one that is slow
/// misses pieces, one that throws is logged, and neither keeps a model or another listener waiting.
final class Live implements Consumer<Words>, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Live.class);
  private static final int WAITING = 4096;

  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  @Override
  public void accept(Words words) {
    for (var listener : listeners) {
      boolean ignored = listener.waiting.offer(words);
    }
  }

  /// Adds a listener, until what is returned is closed.
  AutoCloseable listen(Consumer<Words> heard) {
    var listener = new Listener(heard, new ArrayBlockingQueue<>(WAITING));
    listeners.add(listener);
    var thread = Thread.ofVirtual().name("errand-live").start(listener::hear);
    return () -> {
      listeners.remove(listener);
      thread.interrupt();
    };
  }

  private record Listener(Consumer<Words> heard, BlockingQueue<Words> waiting) {
    @SuppressWarnings("IllegalCatch")
    void hear() {
      while (true) {
        try {
          heard.accept(waiting.take());
        } catch (InterruptedException over) {
          return;
        } catch (RuntimeException failed) {
          LOG.warn("A listener to what models say failed", failed);
        }
      }
    }
  }

  @Override
  public void close() {
    listeners.clear();
  }
}
