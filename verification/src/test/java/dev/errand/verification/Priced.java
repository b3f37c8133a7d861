package dev.errand.verification;

import dev.errand.agent.Model;
import dev.errand.job.Usage;
import java.util.List;

/// A model whose every call costs ten tokens and 100 millionths of a dollar.
///
/// @param replies in order; the last is said again and again
/// @param estimate what it is thought to cost
record Priced(List<String> replies, Usage estimate) implements Model {
  private static final Usage PRICE = new Usage(1, 6, 4, 100);

  static Model saying(String... replies) {
    return new Priced(List.of(replies), PRICE);
  }

  static Model underestimating(String... replies) {
    return new Priced(List.of(replies), new Usage(1, 1, 0, 0));
  }

  @Override
  public Reply reply(Request request) {
    long said =
        request.messages().stream()
            .filter(message -> message instanceof Model.Message.Assistant)
            .count();
    return new Reply(replies.get((int) Math.min(said, replies.size() - 1)), PRICE);
  }

  @Override
  public Usage estimate(Request request) {
    return estimate;
  }
}
