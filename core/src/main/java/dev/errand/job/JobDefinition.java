package dev.errand.job;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The frozen setup of a job; equal definitions are stored once.
///
/// @param agent who does the work
/// @param warmup the blocks that the job is given; see [#blocks]
/// @param parameters what fills the placeholders of the agent's instructions
/// @param locale a language tag such as `pl-PL`; null where the job has none
/// @param resultSchema the JSON schema that its subtask's result must fit; null where any will do
public record JobDefinition(
    AgentSpec agent,
    List<CodeBlock> warmup,
    Json.Object parameters,
    @Nullable String locale,
    Json.@Nullable Object resultSchema) {
  /// What stands as the agent of callbacks.
  public static final String CALLBACK = "callback";

  public JobDefinition {
    warmup = List.copyOf(warmup);
  }

  /// A definition whose result may be any.
  public JobDefinition(
      AgentSpec agent, List<CodeBlock> warmup, Json.Object parameters, @Nullable String locale) {
    this(agent, warmup, parameters, locale, null);
  }

  /// The blocks carried out before the first model turn, all there is for a program agent: those
  /// that the job is given, then the agent's own.
  public List<CodeBlock> blocks() {
    return Stream.concat(warmup.stream(), agent.conduct().warmup().stream()).toList();
  }

  /// A definition without parameters and locale.
  public static JobDefinition of(AgentSpec agent, CodeBlock... warmup) {
    return new JobDefinition(agent, List.of(warmup), Json.Object.EMPTY, null);
  }

  /// The definition of a callback: a job that is done by whoever answers it.
  public static JobDefinition callback(String name) {
    return of(AgentSpec.program(CALLBACK), new CodeBlock(CodeBlock.Kind.ANSWER, name));
  }

  /// The definition of the question whether a tool may be called: a callback that only a person
  /// answers.
  ///
  /// @param question what is asked; see [Approval]
  /// @param longest how long it may wait
  public static JobDefinition approval(String name, Json.Object question, Duration longest) {
    var asking =
        new AgentSpec(
            CALLBACK,
            "",
            null,
            List.of(),
            Sandbox.DEFAULT,
            Limits.DEFAULT.withJobTime(longest),
            Conduct.PLAIN,
            List.of());
    var block = new CodeBlock(CodeBlock.Kind.ANSWER, name);
    return new JobDefinition(asking, List.of(block), question, null);
  }

  /// The same for a child of a job of that agent: its agent may do no more than that job may.
  public JobDefinition below(AgentSpec parent) {
    var narrowed = agent.below(parent);
    return narrowed.equals(agent)
        ? this
        : new JobDefinition(narrowed, warmup, parameters, locale, resultSchema);
  }

  /// Whether it is that of a callback.
  public boolean isCallback() {
    return warmup.size() == 1 && warmup.getFirst().kind() == CodeBlock.Kind.ANSWER;
  }

  /// The definition of a job that supervises retried work, under the name of the agent that does
  /// it.
  ///
  /// It has one child at a time: an attempt begins when the one before has ended.
  public static JobDefinition supervising(Attempts attempts) {
    var work = attempts.work();
    var supervisor =
        new AgentSpec(
            work.agent().name(),
            "",
            null,
            List.of(),
            new Sandbox(Attempts.RUNTIME, true, List.of()),
            work.agent().limits().withChildren(1),
            Conduct.PLAIN,
            List.of());
    var block = new CodeBlock(CodeBlock.Kind.ATTEMPTS, StoredForm.write(attempts).print());
    return new JobDefinition(supervisor, List.of(block), Json.Object.EMPTY, work.locale());
  }

  /// What it makes attempts at; empty if it is none of a job that supervises.
  public Optional<Attempts> attempts() {
    return agent.runtime().equals(Attempts.RUNTIME)
        ? warmup.getFirst().attempts()
        : Optional.empty();
  }

  /// Whether the job delivers what its last block returns: a called function, or a Java program.
  public boolean deliversReturnedValue() {
    var blocks = blocks();
    return !blocks.isEmpty() && blocks.getLast().deliversValue();
  }

  /// The address under which equal definitions are stored once: a digest of the stored form.
  public String address() {
    return Addresses.KNOWN.computeIfAbsent(this, JobDefinition::computeAddress);
  }

  private String computeAddress() {
    var text = StoredForm.write(this).print();
    return new Blob(text.getBytes(StandardCharsets.UTF_8)).address();
  }

  /// Those that were asked for last: of a thousand children all have the same, and to write it down
  /// costs more than most of what a step does.
  private static final class Addresses {
    private static final int MOST = 256;

    static final Map<JobDefinition, String> KNOWN =
        Collections.synchronizedMap(
            new LinkedHashMap<>(MOST, 0.75f, true) {
              private static final long serialVersionUID = 1L;

              @Override
              protected boolean removeEldestEntry(Map.Entry<JobDefinition, String> eldest) {
                return size() > MOST;
              }
            });
  }
}
