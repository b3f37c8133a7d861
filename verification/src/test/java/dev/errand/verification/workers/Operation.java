package dev.errand.verification.workers;

import dev.errand.job.JobId;
import dev.errand.job.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Something that a process outside of the store did, or was told by it; a line of a log that
/// nobody overwrites.
sealed interface Operation {
  /// The store took a job.
  ///
  /// @param key under which it was submitted
  /// @param expects what it must end with; null where that is not known beforehand
  record Submitted(String key, JobId job, @Nullable Json expects) implements Operation {}

  /// A message is about to be sent; whether it arrives is not known yet.
  record Sending(JobId job, String text) implements Operation {}

  /// The store took the message, as the entry of that number.
  record Sent(JobId job, String text, long sequence) implements Operation {}

  /// A waiter was told that the job ended so.
  record Ended(JobId job, String outcome) implements Operation {}

  /// A tool did its work in the world outside.
  ///
  /// @param key the key of the effect, which the tool was given
  /// @param worker in which process
  record Made(String tool, String key, String worker) implements Operation {}

  /// As one line.
  default String line() {
    return switch (this) {
      case Submitted(var key, var job, var expects) ->
          Json.object("did", "submitted")
              .with("key", key)
              .with("job", job.text())
              .with("expects", expects == null ? "" : expects.print())
              .print();
      case Sending(var job, var text) ->
          Json.object("did", "sending").with("job", job.text()).with("text", text).print();
      case Sent(var job, var text, var sequence) ->
          Json.object("did", "sent")
              .with("job", job.text())
              .with("text", text)
              .with("sequence", sequence)
              .print();
      case Ended(var job, var outcome) ->
          Json.object("did", "ended").with("job", job.text()).with("outcome", outcome).print();
      case Made(var tool, var key, var worker) ->
          Json.object("did", "made")
              .with("tool", tool)
              .with("key", key)
              .with("worker", worker)
              .print();
    };
  }

  /// Reads one line.
  ///
  /// @throws RuntimeException if it is none, as the last one of a process that was killed may be
  static Operation parse(String line) {
    var members = (Json.Object) Json.parse(line);
    return switch (text(members, "did")) {
      case "submitted" ->
          new Submitted(text(members, "key"), job(members), expected(text(members, "expects")));
      case "sending" -> new Sending(job(members), text(members, "text"));
      case "sent" ->
          new Sent(job(members), text(members, "text"), members.number("sequence").orElseThrow());
      case "ended" -> new Ended(job(members), text(members, "outcome"));
      case "made" -> new Made(text(members, "tool"), text(members, "key"), text(members, "worker"));
      default -> throw new IllegalArgumentException("Not known: " + line);
    };
  }

  /// Reads the lines of one log; half a line at its end is left out.
  static List<Operation> parseAll(String log) {
    int whole = log.lastIndexOf('\n') + 1;
    return log.substring(0, whole).lines().map(Operation::parse).toList();
  }

  private static String text(Json.Object members, String name) {
    return members.text(name).orElseThrow();
  }

  private static JobId job(Json.Object members) {
    return new JobId(text(members, "job"));
  }

  private static @Nullable Json expected(String text) {
    return text.isEmpty() ? null : Json.parse(text);
  }
}
