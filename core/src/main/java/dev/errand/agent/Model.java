package dev.errand.agent;

import dev.errand.job.Usage;
import java.util.List;

/// A language model: one method, with usage and price in its answer.
///
/// Any thread may call it, several at a time; it blocks until the reply is complete, and heeds
/// interruption.
@FunctionalInterface
public interface Model {
  /// Asks for the next reply.
  ///
  /// @throws dev.errand.job.ModelException if there is no reply; never an ordinary reply in place
  ///   of a failure
  Reply reply(Request request);

  /// What a call may cost, roughly: so much is set aside of the budget before it is made. Default a
  /// token for four characters that are sent, and none for the reply.
  ///
  /// Once a job has made calls, no less is set aside than these have cost on average.
  default Usage estimate(Request request) {
    long sent =
        request.system().length()
            + request.messages().stream().mapToLong(message -> message.text().length()).sum();
    return new Usage(1, (sent + 3) / 4, 0, 0);
  }

  /// What a model is shown.
  ///
  /// @param agent the name of the agent that asks
  /// @param system the agent's instructions
  /// @param messages the conversation, oldest first
  record Request(String agent, String system, List<Message> messages) {
    public Request {
      messages = List.copyOf(messages);
    }
  }

  /// One message of a conversation.
  record Message(Role role, String text) {
    /// Who speaks.
    public enum Role {
      /// A person, the application, or the console of the job's code.
      USER,
      /// The model itself, earlier.
      ASSISTANT
    }
  }

  /// What a model answered.
  record Reply(String text, Usage usage) {}
}
