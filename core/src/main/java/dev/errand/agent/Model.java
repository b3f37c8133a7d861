package dev.errand.agent;

import dev.errand.job.ToolCall;
import dev.errand.job.ToolSpec;
import dev.errand.job.Usage;
import java.util.List;
import java.util.function.Consumer;

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

  /// The same, with the words of the reply given to `said` as they come, on any thread.
  ///
  /// What was said counts for nothing until the reply is complete: where a call is made again, it
  /// is said again. Default nothing is said.
  default Reply reply(Request request, Consumer<String> said) {
    return reply(request);
  }

  /// What a call may cost, roughly: so much is set aside of the budget before it is made. Default a
  /// token for four characters that are sent, and none for the reply.
  ///
  /// Once a job has made calls, no less is set aside than these have cost on average.
  default Usage estimate(Request request) {
    return new Usage(1, (request.characters() + 3) / 4, 0, 0);
  }

  /// What a model is shown.
  ///
  /// @param agent the name of the agent that asks
  /// @param system the agent's instructions
  /// @param messages the conversation, oldest first; it begins with a user's and ends with a user's
  ///   or with tool results
  /// @param tools what it may call
  /// @param replies how many replies the job has had of its model, those included that are no
  ///   longer among the messages
  /// @param purpose what the reply is for
  record Request(
      String agent,
      String system,
      List<Message> messages,
      List<ToolSpec> tools,
      int replies,
      Purpose purpose) {
    public Request {
      messages = List.copyOf(messages);
      tools = List.copyOf(tools);
    }

    /// A request for a turn without tools.
    public Request(String agent, String system, List<Message> messages) {
      this(agent, system, messages, List.of(), said(messages), Purpose.TURN);
    }

    private static int said(List<Message> messages) {
      return (int) messages.stream().filter(Message.Assistant.class::isInstance).count();
    }

    /// How much text is sent.
    public long characters() {
      return system.length()
          + messages.stream().mapToLong(Message::characters).sum()
          + tools.stream().mapToLong(Request::characters).sum();
    }

    private static long characters(ToolSpec tool) {
      return 0L + tool.name().length() + tool.description().length() + Characters.of(tool.schema());
    }
  }

  /// What a reply is for.
  enum Purpose {
    /// The job's next turn.
    TURN,
    /// To take the place of what was said so far.
    SUMMARY
  }

  /// One message of a conversation.
  sealed interface Message {
    /// What it says in words.
    String text();

    /// How much text it is.
    default long characters() {
      return text().length();
    }

    /// What a person says, the application, or the console of the job's code.
    record User(String text) implements Message {}

    /// What the model itself said, and called, earlier.
    record Assistant(String text, List<ToolCall> calls) implements Message {
      public Assistant {
        calls = List.copyOf(calls);
      }

      /// Nothing was called.
      public Assistant(String text) {
        this(text, List.of());
      }

      @Override
      public long characters() {
        return text.length()
            + calls.stream()
                .mapToLong(call -> call.name().length() + Characters.of(call.arguments()))
                .sum();
      }
    }

    /// What came of a call of the message before; there is one for each of its calls, in their
    /// order.
    ///
    /// @param call the id of the call
    /// @param tool what was called
    /// @param text what it returned, or why it failed
    /// @param failed whether it failed
    record ToolResult(String call, String tool, String text, boolean failed) implements Message {}
  }

  /// What a model answered.
  ///
  /// @param text what it says
  /// @param calls what it wants called
  /// @param cutOff whether a limit of length ended it before it was complete
  /// @param usage what it cost
  record Reply(String text, List<ToolCall> calls, boolean cutOff, Usage usage) {
    public Reply {
      calls = List.copyOf(calls);
    }

    /// A complete reply in words.
    public Reply(String text, Usage usage) {
      this(text, List.of(), false, usage);
    }
  }
}
