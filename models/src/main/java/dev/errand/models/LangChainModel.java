package dev.errand.models;

import dev.errand.agent.Model;
import dev.errand.job.Usage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import java.net.URI;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A model of LangChain4j's as one of Errand's: [#of] takes any that an application already has.
///
/// A call that may succeed later is made again, up to five times, one second and more apart. Where
/// the LangChain4j model makes calls again itself, that comes on top; it is best switched off there
/// with `maxRetries(0)`. Any thread may call it, several at a time.
public final class LangChainModel implements Model {
  private static final int GUESSED_OUTPUT = 1000;

  private final String name;
  private final Source source;
  private final Tariff tariff;
  private final Replies replies;
  private final Failures failures;
  private final Retries retries;

  /// Where replies come from.
  ///
  /// @param whole the model that answers at once
  /// @param pieces the one that answers piece by piece, if there is one
  /// @param waits whether `pieces` returns only when its stream has ended
  /// @param outputGuess how many tokens a reply may have, for estimates
  record Source(
      ChatModel whole, @Nullable StreamingChatModel pieces, boolean waits, int outputGuess) {}

  LangChainModel(String name, Source source, Tariff tariff, Endpoint endpoint, Retries retries) {
    this.name = name;
    this.source = source;
    this.tariff = tariff;
    this.replies = new Replies(tariff);
    this.failures = new Failures(endpoint);
    this.retries = retries;
  }

  /// The model, without streaming.
  ///
  /// @param name what it is called in messages and looked up by in [Prices#known], such as
  ///   `openai:gpt-4.1`
  public static LangChainModel of(String name, ChatModel model) {
    return wrapping(name, new Source(model, null, false, GUESSED_OUTPUT));
  }

  /// The model, and the same one streaming.
  ///
  /// @param name what it is called in messages and looked up by in [Prices#known], such as
  ///   `openai:gpt-4.1`
  public static LangChainModel of(String name, ChatModel model, StreamingChatModel streaming) {
    return wrapping(name, new Source(model, streaming, false, GUESSED_OUTPUT));
  }

  private static LangChainModel wrapping(String name, Source source) {
    var tariff = new Tariff(name, Prices.known().of(name));
    var endpoint =
        new Endpoint(
            URI.create("http://unknown"), Secret.NONE, "the model's key", "the model's address");
    return new LangChainModel(name, source, tariff, endpoint, Retries.STANDARD);
  }

  /// The same model at another price.
  public LangChainModel withPrice(Price price) {
    return new LangChainModel(
        name, source, new Tariff(name, Optional.of(price)), failures.endpoint(), retries);
  }

  @Override
  public Reply reply(Request request) {
    return retries.call(
        name,
        () -> attempt(() -> replies.reply(request, source.whole().chat(ChatRequests.of(request)))));
  }

  @Override
  public Reply reply(Request request, Consumer<String> said) {
    var pieces = source.pieces();
    if (pieces == null) {
      var reply = reply(request);
      said.accept(reply.text());
      return reply;
    }
    try {
      return retries.call(name, () -> attempt(() -> stream(pieces, request, said)));
    } catch (Listening.Unheard unheard) {
      throw unheard.thrown();
    }
  }

  /// By length, a token for four characters, and as many tokens in reply as `max_tokens` allows, or
  /// 1,000; at the model's price.
  @Override
  public Usage estimate(Request request) {
    return tariff.usage(Tokens.guess(request.characters(), 4L * source.outputGuess()));
  }

  private Reply stream(StreamingChatModel pieces, Request request, Consumer<String> said) {
    var listening = new Listening(said);
    pieces.chat(ChatRequests.of(request), listening);
    if (source.waits() && !listening.isDone()) {
      throw Failure.passing("the stream ended before the reply was complete").asException();
    }
    return replies.reply(request, listening.response());
  }

  private Reply attempt(Supplier<Reply> call) {
    try {
      return call.get();
    } catch (Listening.Unheard unheard) {
      throw unheard;
    } catch (RuntimeException failed) {
      throw failures.of(failed);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
