package dev.errand.models;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Hands on the words of a stream and keeps what comes of it: the first end counts.
final class Listening implements StreamingChatResponseHandler {
  private final Consumer<String> said;
  private final CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
  private volatile @Nullable StreamingHandle stream;

  Listening(Consumer<String> said) {
    this.said = said;
  }

  @Override
  public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
    stream = context.streamingHandle();
    onPartialResponse(piece.text());
  }

  @Override
  public void onPartialResponse(String piece) {
    if (whole.isDone()) {
      breakOff();
      return;
    }
    try {
      said.accept(piece);
    } catch (RuntimeException unheard) {
      whole.completeExceptionally(new Unheard(unheard));
      breakOff();
    }
  }

  @Override
  public void onCompleteResponse(ChatResponse response) {
    whole.complete(response);
  }

  @Override
  public void onError(Throwable error) {
    whole.completeExceptionally(error);
  }

  boolean isDone() {
    return whole.isDone();
  }

  /// The whole reply; waits for it if need be.
  ///
  /// @throws RuntimeException what the stream failed with, or the listener
  ChatResponse response() {
    try {
      return whole.get();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      whole.cancel(false);
      breakOff();
      throw Failure.interrupted().asException();
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(failed.getCause());
    }
  }

  private void breakOff() {
    var open = stream;
    if (open != null) {
      open.cancel();
    }
  }

  /// What the one who listens threw; it is nobody's fault but theirs.
  static final class Unheard extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final RuntimeException thrown;

    Unheard(RuntimeException thrown) {
      super(thrown);
      this.thrown = thrown;
    }

    RuntimeException thrown() {
      return thrown;
    }
  }
}
