package dev.errand.job;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A limit that all workers of a store hold together, on whatever machines they are.
public sealed interface Quota {
  /// Which limit it is; a store has one of each name.
  String name();

  /// At most so many jobs live at a time.
  static Jobs jobs(int most) {
    return new Jobs(null, most);
  }

  /// At most so many jobs of that agent live at a time.
  static Jobs jobs(String agent, int most) {
    return new Jobs(agent, most);
  }

  /// At most so many calls of a model in any minute, evenly spaced.
  ///
  /// @param model a provider, such as `openai`, for all of its models; or one model, as agents name
  ///   it: `openai:gpt-5`
  static Calls calls(String model, int perMinute) {
    return new Calls(model, perMinute, 1);
  }

  /// How many jobs are live at a time: a job is while a worker holds a lease on it that still runs;
  /// one that waits is not.
  ///
  /// @param agent whose jobs; null for those of all agents
  /// @param most so many; with 0 none is begun, nor goes on
  record Jobs(@Nullable String agent, int most) implements Quota {
    public Jobs {
      if (agent != null && agent.isBlank()) {
        throw new IllegalArgumentException("A limit of an agent's jobs needs the agent's name");
      }
      if (most < 0) {
        throw new IllegalArgumentException("There cannot be %d jobs at a time".formatted(most));
      }
    }

    @Override
    public String name() {
      return agent == null ? "jobs" : "jobs:" + agent;
    }

    /// Whether jobs of that agent count.
    public boolean covers(String other) {
      return agent == null || agent.equals(other);
    }
  }

  /// How often a model is called.
  ///
  /// In no minute, whenever it begins, are there more than `perMinute` calls. Those of a burst may
  /// be made at once after a pause, which leaves the rest of a minute to the others: when calls
  /// never pause there are `perMinute - burst + 1` of them in a minute.
  ///
  /// @param model a provider, or `provider:model`
  /// @param perMinute from 1 to a million
  /// @param burst how many may be made at once, from 1 to `perMinute`
  record Calls(String model, int perMinute, int burst) implements Quota {
    private static final int MOST = 1_000_000;
    private static final long MINUTE = Duration.ofMinutes(1).toNanos() / 1_000;

    public Calls {
      if (model.isBlank()) {
        throw new IllegalArgumentException("A limit of calls needs a provider, or a model");
      }
      if (perMinute < 1 || perMinute > MOST) {
        throw new IllegalArgumentException(
            "Calls in a minute must be from 1 to 1,000,000, not " + perMinute);
      }
      if (burst < 1 || burst > perMinute) {
        throw new IllegalArgumentException(
            "A burst must be from 1 to the %d calls of a minute, not %d"
                .formatted(perMinute, burst));
      }
    }

    /// The same, with so many that may be made at once after a pause.
    public Calls withBurst(int many) {
      return new Calls(model, perMinute, many);
    }

    @Override
    public String name() {
      return "calls:" + model;
    }

    /// Whether calls of the model of that name, `provider:model`, count.
    public boolean covers(String name) {
      return name.equals(model) || name.startsWith(model + ":");
    }

    /// The microseconds between two calls that are not of a burst.
    public long spacingMicros() {
      return Math.ceilDiv(MINUTE, perMinute - burst + 1L);
    }
  }
}
