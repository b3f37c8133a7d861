package dev.errand.models;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The body of an answer as it comes, which breaks off when nothing comes for too long, or when its
/// reader is interrupted; both close the connection.
///
/// The client's own stream waits for ever, and its time-out ends with the headers. One thread
/// reads.
final class WatchedBody extends InputStream implements BodySubscriber<WatchedBody> {
  private sealed interface Arrival {
    record Bytes(List<ByteBuffer> buffers) implements Arrival {}

    record End() implements Arrival {}

    record Break(Throwable cause) implements Arrival {}
  }

  private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
  private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
  private Duration patience;
  private List<ByteBuffer> buffers = List.of();

  /// Written by the reader, and read when the body begins to come.
  private volatile boolean ended;

  WatchedBody(Duration patience) {
    this.patience = patience;
  }

  /// How long to wait for the next byte from now on.
  void patience(Duration shorter) {
    patience = shorter;
  }

  @Override
  public CompletionStage<WatchedBody> getBody() {
    return CompletableFuture.completedStage(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription.complete(given);
    if (ended) {
      given.cancel();
    } else {
      given.request(1);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> more) {
    arrivals.add(new Arrival.Bytes(more));
  }

  @Override
  public void onError(Throwable broken) {
    arrivals.add(new Arrival.Break(broken));
  }

  @Override
  public void onComplete() {
    arrivals.add(new Arrival.End());
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (length == 0) {
      return 0;
    }
    var buffer = filled();
    if (buffer == null) {
      return -1;
    }
    int count = Math.min(length, buffer.remaining());
    buffer.get(bytes, offset, count);
    return count;
  }

  private @Nullable ByteBuffer filled() throws IOException {
    while (true) {
      for (var buffer : buffers) {
        if (buffer.hasRemaining()) {
          return buffer;
        }
      }
      if (ended) {
        return null;
      }
      switch (next()) {
        case Arrival.Bytes(var more) -> {
          buffers = more;
          subscription.join().request(1);
        }
        case Arrival.End end -> ended = true;
        case Arrival.Break(var cause) -> {
          ended = true;
          throw new IOException(cause.getMessage(), cause);
        }
      }
    }
  }

  private Arrival next() throws IOException {
    try {
      var next = arrivals.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
      if (next != null) {
        return next;
      }
    } catch (InterruptedException interrupted) {
      close();
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
    close();
    throw new HttpTimeoutException("nothing came");
  }

  /// Closes the connection, unless the body has come to its end.
  @Override
  public void close() {
    if (!ended) {
      ended = true;
      var open = subscription.getNow(null);
      if (open != null) {
        open.cancel();
      }
    }
  }
}
