package dev.errand.agents;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/*
 * A process and what it started, to be ended together.
 *
 * Who belongs to it is found in two ways, for each misses some. The children of children: not those whose parent has ended,
 * for the system gives them another. The group: not those that made a group of their own. Both are looked at again until
 * nobody is found, for a process may start another while it is being ended. What made a session of its own, and whose
 * parent has ended, is found by neither.
 */
/// A process and all that it started; it ends with this process at the latest, unless that is
/// killed.
final class ProcessTree {
  private static final Duration GRACE = Duration.ofSeconds(1);
  private static final int ROUNDS = 20;

  private static final Set<ProcessTree> AT_WORK = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> AT_WORK.forEach(ProcessTree::end), "end-commands"));
  }

  private final ProcessHandle top;
  private final boolean hasGroup;

  /// @param hasGroup whether the process leads a group, which has its id
  ProcessTree(ProcessHandle top, boolean hasGroup) {
    this.top = top;
    this.hasGroup = hasGroup;
    AT_WORK.add(this);
  }

  /// Ends all: asks them, and after a second kills who is left. An interruption waits until then.
  void end() {
    var members = members();
    signalGroup("TERM");
    members.forEach(ProcessHandle::destroy);
    await(members, GRACE);
    for (int i = 0; i < ROUNDS && isAlive(members); i++) {
      members.addAll(members());
      signalGroup("KILL");
      members.forEach(ProcessHandle::destroyForcibly);
      await(members, GRACE);
    }
    AT_WORK.remove(this);
  }

  private boolean isAlive(Set<ProcessHandle> members) {
    members.addAll(members());
    return members.stream().anyMatch(ProcessHandle::isAlive) || signalGroup("0");
  }

  private Set<ProcessHandle> members() {
    var members = new LinkedHashSet<ProcessHandle>();
    members.add(top);
    top.descendants().forEach(members::add);
    return members;
  }

  /// Sends a signal to the group; false if there is none any more.
  private boolean signalGroup(String signal) {
    if (!hasGroup) {
      return false;
    }
    try {
      var kill =
          new ProcessBuilder("sh", "-c", "kill -%s -%d".formatted(signal, top.pid()))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      await(Set.of(kill.toHandle()), GRACE);
      return !kill.isAlive() && kill.exitValue() == 0;
    } catch (IOException noShell) {
      return false;
    }
  }

  private static void await(Set<ProcessHandle> members, Duration most) {
    var exits = members.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(exits)
        .completeOnTimeout(null, most.toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }
}
