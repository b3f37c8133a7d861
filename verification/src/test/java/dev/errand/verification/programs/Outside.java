package dev.errand.verification.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.agent.SubTask;
import dev.errand.agent.SubTaskSpec;
import dev.errand.agent.ToolFunction;
import dev.errand.job.EffectPolicy;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The tools of a program, which remember what was really done, and its subtask factory.
///
/// What a tool answers follows from the seed, its job, and how many calls of it that job made
/// before; `undisturbed.py` decides in the same way.
final class Outside {
  private final int seed;
  private final Map<String, Done> done = new LinkedHashMap<>();
  private final Map<String, Integer> calls = new HashMap<>();

  /// The calls of one effect key, of which the first counts.
  private static final class Done {
    private final ToolFunction.Call first;
    private final String tool;
    private final byte[] dice;
    private int times;

    private Done(ToolFunction.Call first, String tool, byte[] dice) {
      this.first = first;
      this.tool = tool;
      this.dice = dice;
    }

    private int dice(int at) {
      return dice[at] & 0xFF;
    }
  }

  /// What a tool makes of its dice.
  private interface Answer {
    @Nullable Object to(Done call);
  }

  Outside(int seed) {
    this.seed = seed;
  }

  ToolFunction[] tools() {
    return new ToolFunction[] {
      tool("fetch", "n", call -> call.dice(0) % 5 == 0 ? refuse(call) : call.dice(1) % 50),
      tool("rows", "n", Outside::rows),
      tool("mark", "value", call -> null),
      tool("once", "n", call -> call.dice(0) % 3 == 0 ? refuse(call) : null)
          .policy(EffectPolicy.AT_MOST_ONCE),
      ToolFunction.of("look", "", List.of("n"), this::look).policy(EffectPolicy.READ_ONLY)
    };
  }

  @SubTask("Starts an aide.")
  SubTaskSpec aide(Json n) {
    return SubTaskSpec.of("aide").var("n", n).code("print('aiding', n)\ncomplete_sub_task(n * 3)");
  }

  private static int refuse(Done call) {
    throw new IllegalStateException("refused " + call.dice(1));
  }

  private static List<Integer> rows(Done call) {
    return Stream.iterate(1, at -> at <= call.dice(0) % 4, at -> at + 1)
        .map(at -> call.dice(at) % 50)
        .toList();
  }

  private int look(ToolFunction.Call call) {
    return (digest(seed + " look " + argument(call))[1] & 0xFF) % 50;
  }

  private ToolFunction tool(String name, String parameter, Answer answer) {
    return ToolFunction.of(name, "", List.of(parameter), call -> answer.to(call(name, call)));
  }

  private synchronized Done call(String tool, ToolFunction.Call call) {
    var made = done.computeIfAbsent(call.key(), key -> first(tool, call));
    assertThat(call.arguments()).as("arguments of " + call.key()).isEqualTo(made.first.arguments());
    made.times++;
    return made;
  }

  private Done first(String tool, ToolFunction.Call call) {
    var path = path(call.job());
    int number = calls.merge(path + " " + tool, 1, Integer::sum);
    return new Done(call, tool, digest(seed + " " + path + " " + tool + " " + number));
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static String argument(ToolFunction.Call call) {
    return call.arguments().members().values().iterator().next().print();
  }

  /// A job's place in its tree, whatever its root is called.
  static String path(JobId job) {
    return job.text().replaceFirst("^[a-z0-9]+", "root");
  }

  /// The calls of idempotent tools that a job made, in order, each once.
  synchronized List<String> effects(JobId job) {
    return made(job, false)
        .map(
            one -> {
              var given = one.tool.equals("mark") ? "null" : argument(one.first);
              return one.tool + "(" + given + ") " + answered(one);
            })
        .toList();
  }

  private static String answered(Done call) {
    return switch (call.tool) {
      case "fetch" -> call.dice(0) % 5 == 0 ? "failed" : Integer.toString(call.dice(1) % 50);
      case "rows" -> Json.of(rows(call)).print();
      default -> "null";
    };
  }

  /// What a job did with the tool that may be called at most once.
  synchronized List<String> once(JobId job) {
    return made(job, true).map(one -> argument(one.first)).toList();
  }

  private Stream<Done> made(JobId job, boolean once) {
    return done.values().stream()
        .filter(one -> one.first.job().equals(job) && one.tool.equals("once") == once);
  }

  /// Keys whose calls were repeated, though nothing allows it.
  ///
  /// @param crashes how often a worker crashed; each may have an idempotent call repeated
  synchronized List<String> wronglyRepeated(int crashes) {
    var wrong = new ArrayList<String>();
    for (var one : done.values()) {
      int allowed = one.tool.equals("once") ? 1 : 1 + crashes;
      if (one.times > allowed) {
        wrong.add(one.tool + " " + one.first.key() + ", " + one.times + " times");
      }
    }
    return wrong;
  }
}
