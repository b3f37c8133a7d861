package dev.errand.python;

import dev.errand.job.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// What a runtime's processes may have, as it was asked for.
///
/// @param readable files and folders they may read, beside Python's own and the system's libraries
/// @param writable files and folders they may read and change, beside a folder of each its own
/// @param environment variables that are passed on
/// @param absent calls of the kernel that are to fail as if it had none; only tests name any
record CageSettings(
    Isolation isolation,
    List<Path> readable,
    List<Path> writable,
    Map<String, String> environment,
    List<String> absent) {
  /// One thread for those libraries that else start one for each core: a job is one thread, and its
  /// memory is bounded.
  private static final List<String> THREADS = List.of("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS");

  static final CageSettings DEFAULT =
      new CageSettings(Isolation.BEST_EFFORT, List.of(), List.of(), Map.of(), List.of());

  CageSettings {
    readable = List.copyOf(readable);
    writable = List.copyOf(writable);
    environment = Map.copyOf(environment);
    absent = List.copyOf(absent);
  }

  CageSettings isolation(Isolation chosen) {
    return new CageSettings(chosen, readable, writable, environment, absent);
  }

  CageSettings readable(Path... more) {
    return new CageSettings(isolation, with(readable, more), writable, environment, absent);
  }

  CageSettings writable(Path... more) {
    return new CageSettings(isolation, readable, with(writable, more), environment, absent);
  }

  CageSettings environment(String... names) {
    var passed = new LinkedHashMap<>(environment);
    for (var name : names) {
      var value = System.getenv(name);
      if (value != null) {
        passed.put(name, value);
      }
    }
    return new CageSettings(isolation, readable, writable, passed, absent);
  }

  CageSettings absent(String... calls) {
    return new CageSettings(isolation, readable, writable, environment, List.of(calls));
  }

  private static List<Path> with(List<Path> known, Path... more) {
    var all = new ArrayList<>(known);
    for (var path : more) {
      all.add(path.toAbsolutePath().normalize());
    }
    return all;
  }

  /// The environment of every process: nothing of the host's but what was named, a fixed order of
  /// sets, and the libraries' symbols looked up once rather than in each fork.
  void putInto(Map<String, String> processes) {
    processes.clear();
    processes.put("PATH", "/usr/local/bin:/usr/bin:/bin");
    processes.put("LANG", "C.UTF-8");
    processes.put("PYTHONHASHSEED", "0");
    processes.put("LD_BIND_NOW", "1");
    THREADS.forEach(name -> processes.put(name, "1"));
    processes.putAll(environment);
  }

  /// The form in which the driver reads them.
  Json.Object form() {
    return Json.object("isolation", isolation.name())
        .with("readable", texts(readable))
        .with("writable", texts(writable))
        .with("absent", absent);
  }

  private static List<String> texts(List<Path> paths) {
    return paths.stream().map(Objects::toString).toList();
  }
}
