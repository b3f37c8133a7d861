package dev.errand.agents;

import dev.errand.agent.Agent;
import dev.errand.job.Json;
import java.util.List;
import java.util.stream.Stream;

/*
 * A dispatcher is an ordinary agent, and a thread an ordinary child of its job: begun by start_dialog, and told what comes
 * later by tell. Both are recorded with the code that calls them. So a message that has arrived is read in a turn, what the
 * model makes of it is committed before it is done, and it is done once, whatever is killed in between. Code can tell only what is
 * below its own job: no dispatcher reaches another's threads.
 */
/// Agents that pass on what they are told, each message to the thread that it belongs to, or to a
/// new one with one of their specialists (STATEK: `MessageDispatcher`).
///
/// `docs/dialogs.md` describes them.
public final class Dispatcher {
  /// The parameter of a thread's job that has its name; it fills `{thread}` in the instructions of
  /// the specialist.
  public static final String THREAD = "thread";

  private static final String NAMES = "{specialists}";

  private static final String GUIDE =
      """
      You pass messages on; you do not answer them yourself. Each message of the person belongs to a \
      thread, which is a conversation with one specialist, who answers the person directly. You act by \
      Python:
      - start_new_thread(specialist, thread, message) begins a thread under a name of your choice, \
      such as "invoice-7". Specialists are {specialists}.
      - dispatch_to(thread, message) passes a message on to a thread that has begun; a message that \
      answers a specialist's question belongs to the thread of that question.
      - list(threads) are the names of the threads that there are.
      Pass on each message once, in the words of the person, and end your code with exit(). Where a \
      message may belong to several threads or to none, ask the person, in words and without code.\
      """;

  private static final String CODE =
      """
      #STATEK: hidden = True
      specialists = {specialists}
      threads = {}

      def start_new_thread(specialist, thread, message):
          \"""Begins a conversation with that specialist, who reads the message first.\"""
          if specialist not in specialists:
              raise ValueError("There is no specialist %r; there are %s" % (specialist, ", ".join(specialists)))
          if thread in threads:
              raise ValueError("There is a thread %r already; dispatch_to(%r, message) writes to it" % (thread, thread))
          threads[thread] = start_dialog(agent(specialist), message, thread=str(thread))
          return "thread %s has begun" % thread

      def dispatch_to(thread, message):
          \"""Passes a message on to a thread that has begun.\"""
          if thread not in threads:
              raise ValueError("There is no thread %r; there are %s" % (thread, ", ".join(threads) or "none yet"))
          tell(threads[thread], message)
          return "thread %s has the message" % thread
      """;

  private Dispatcher() {}

  /// An agent that dispatches to these others, which a process that works on its jobs must know.
  ///
  /// @param instructions what it is to know besides, such as what each specialist is for
  /// @param specialists the names of the agents that threads are held with
  /// @throws IllegalArgumentException if none is given
  public static Agent.Builder named(String name, String instructions, String... specialists) {
    var all = List.of(specialists);
    requireSome(all);
    return Agent.named(name).instructions(instructions(instructions, all)).warmup(code(all));
  }

  private static void requireSome(List<String> specialists) {
    if (specialists.isEmpty()) {
      throw new IllegalArgumentException(
          "Name the agents that a dispatcher may begin threads with");
    }
  }

  static String instructions(String instructions, List<String> specialists) {
    return String.join(
        "\n\n",
        Stream.of(instructions.strip(), GUIDE.replace(NAMES, String.join(", ", specialists)))
            .filter(part -> !part.isEmpty())
            .toList());
  }

  static String code(List<String> specialists) {
    return CODE.replace(NAMES, Json.of(specialists).print());
  }
}
