package dev.errand.graalpy;

import dev.errand.spi.Capability;
import java.util.EnumMap;
import java.util.Map;

/// What people are told that GraalPy cannot do.
final class Lacks {
  static final Map<Capability, String> WORDS = words();

  private Lacks() {}

  private static Map<Capability, String> words() {
    var words = new EnumMap<Capability, String>(Capability.class);
    for (var capability : Capability.values()) {
      words.put(
          capability,
          switch (capability) {
            case BOUNDED_MEMORY -> "Code shares the application's heap, and can use up all of it.";
            case STOPPED_ANYWHERE ->
                "Some long calls, such as sum(range(10**11)), cannot be stopped: the job goes on"
                    + " without them, and their thread stays busy.";
            case ISOLATION ->
                "Code runs in the application's process, and only GraalPy keeps it from files,"
                    + " network and other programs.";
            case OWN_PROCESS -> "There is no process to signal; a crash of the JVM ends all.";
            case PROMPT_FINALIZERS ->
                "An object's __del__ runs at some moment after the last reference is gone, or"
                    + " never.";
            case NATIVE_MODULES ->
                "Modules written in C, such as numpy, pandas, ctypes and sqlite3, cannot be"
                    + " imported.";
          });
    }
    return Map.copyOf(words);
  }
}
