package dev.errand.agents;

import dev.errand.agent.ToolFunction;
import dev.errand.job.JobId;
import dev.errand.job.Json;

/// Calls tools as an engine does.
final class Calling {
  static final JobId JOB = new JobId("k3f9x2ab");

  private static int next;

  private Calling() {}

  /// A call under a key of its own.
  ///
  /// @param arguments names and values, in turn
  static String call(ToolFunction tool, Object... arguments) throws Exception {
    return call(key(0), tool, arguments);
  }

  /// A call under that key.
  static String call(String key, ToolFunction tool, Object... arguments) throws Exception {
    var given = Json.Object.EMPTY;
    for (int i = 0; i < arguments.length; i += 2) {
      given = given.with(String.valueOf(arguments[i]), arguments[i + 1]);
    }
    return String.valueOf(tool.action().call(new ToolFunction.Call(JOB, key, given)));
  }

  /// A key that no other call has.
  static synchronized String key(int turn) {
    return JOB + "/" + turn + "/-1/" + next++;
  }
}
