package dev.errand.engine;

import dev.errand.agent.ToolFunction;
import dev.errand.job.AgentSpec;
import dev.errand.job.Approval;
import dev.errand.job.Completion;
import dev.errand.job.Conduct;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Permissions;
import dev.errand.job.Permissions.Judgement;
import dev.errand.job.Rule;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.Subtask;
import dev.errand.job.TaskError;
import dev.errand.job.Verdict;
import dev.errand.spi.Host.Briefing;
import dev.errand.spi.Host.ChildRequest;
import dev.errand.spi.Store;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * What calls a job may make, and the questions to people that follow from it.
 *
 * A question is a callback of the job, of a definition that only the engine writes, at a number that is the same in every
 * pass. So it is asked once, whoever asks it; it has one answer, the first; and it waits, expires, is cancelled and is
 * found again as any child. The answer is looked at where the call is made, and the call comes after it: a worker that
 * takes the job over in between finds the answer.
 *
 * Nothing that a model or its code says can be an answer. No worker carries a callback out; code ends no handler but its
 * job's own; a child of another definition at the same number is a divergence; and what calls tools and models is refused
 * when it answers (Outbound). What is left is Store.complete, which only the porch calls.
 *
 * Only the job's own thread uses this object.
 */
final class Approvals {
  private static final Logger LOG = LoggerFactory.getLogger(Approvals.class);

  private final Store store;
  private final AgentSpec agent;
  private final Children children;

  Approvals(Store store, AgentSpec agent, Children children) {
    this.store = store;
    this.agent = agent;
    this.children = children;
  }

  /// Whether a call may be made.
  sealed interface Answer {
    /// It may.
    record Allowed() implements Answer {}

    /// It may not.
    ///
    /// @param code why, in a word
    /// @param message why, for who wanted to call
    record Refused(String code, String message) implements Answer {}
  }

  /// What the rules say of a call; those that the library makes itself are allowed.
  Judgement judge(ToolFunction tool, Json.Object arguments) {
    if (agent.permissions().isEmpty() || isOfTheLibrary(tool.name())) {
      return ALLOWED;
    }
    return Permissions.judge(agent.permissions(), tool.names(), subjects(tool, arguments));
  }

  /// A call of which a tool cannot say what it is about is judged by no pattern.
  @SuppressWarnings("IllegalCatch")
  private static List<Rule.Subject> subjects(ToolFunction tool, Json.Object arguments) {
    try {
      return tool.subjects().of(tool.parameters(), arguments);
    } catch (RuntimeException fault) {
      LOG.warn("Tool {} does not say what a call is about", tool.name(), fault);
      return List.of();
    }
  }

  private boolean isOfTheLibrary(String name) {
    return name.startsWith("_")
        || name.equals(ToolFunction.PYTHON_CLI.name())
        || (name.equals(Conduct.ANSWER) && agent.conduct().send() != null);
  }

  private static final Judgement ALLOWED = new Judgement(Verdict.ALLOW, null, null);

  /// What a call is answered that a rule denies.
  Answer.Refused denied(String tool, Judgement judgement) {
    var by = judgement.rule() == null ? "no rule allows it" : "by the rule " + judgement.rule();
    return refused(
        "The call of %s was not made: agent %s may not make it (%s). Go on without it, or say that it is needed."
            .formatted(tool, agent.name(), by));
  }

  private static Answer.Refused refused(String message) {
    return new Answer.Refused("PERMISSION_DENIED", message);
  }

  /// Asks whether a call may be made, once; what was asked by a pass before stands, however the
  /// call would be judged by now.
  ///
  /// @param number the number of the question among the job's children
  /// @param key the call's
  /// @return the question
  JobId ask(int number, String key, String tool, Json.Object arguments, Judgement judgement) {
    var before = question(number, key);
    if (before.isPresent()) {
      return before.get();
    }
    var name = tool + "-" + number;
    var question =
        Approval.question(key, tool, arguments, judgement.rule(), judgement.answerWithin());
    var briefing =
        new Briefing(
            Json.Object.EMPTY, null, null, null, judgement.answerWithin(), null, null, null);
    var request =
        new ChildRequest(
            number,
            JobDefinition.CALLBACK,
            Json.Object.EMPTY,
            List.of(),
            null,
            Subtask.approvalId(name, key),
            briefing);
    return children
        .create(request, JobDefinition.approval(name, question, agent.limits().jobTime()))
        .job();
  }

  /// The question of that number, if it is about the call of that key.
  Optional<JobId> question(int number, String key) {
    boolean isAsked =
        children.subtaskId(number).flatMap(Subtask::approves).filter(key::equals).isPresent();
    return isAsked ? children.known(number) : Optional.empty();
  }

  /// What was answered; empty while nobody has.
  Optional<Answer> answer(JobId question, String tool) {
    var ended = children.ended(List.of(question));
    children.given(ended); // the model is told by what came of its call
    return ended.stream()
        .findFirst()
        .map(asked -> answer(Objects.requireNonNull(asked.completion()), tool));
  }

  private static Answer answer(Completion completion, String tool) {
    return switch (completion) {
      case Completion.Result(var value) ->
          Approval.Answer.of(value)
              .<Answer>map(given -> answer(given, tool))
              .orElseGet(() -> refused("The call of " + tool + " was not allowed."));
      case Completion.Error(var error) when error.kind() == TaskError.Kind.TIMED_OUT ->
          refused(
              "The call of %s was not made: nobody answered in time whether it may be."
                  .formatted(tool));
      case Completion.Error(var error) when error.kind() == TaskError.Kind.INTERRUPTED ->
          new Answer.Refused("WITHDRAWN", error.message());
      case Completion.Error(var error) ->
          refused("The call of %s was not made: %s".formatted(tool, error.message()));
    };
  }

  private static Answer answer(Approval.Answer given, String tool) {
    return given.isAllowed()
        ? new Answer.Allowed()
        : refused(
            "The call of %s was not made: %s did not allow it%s"
                .formatted(
                    tool,
                    given.by().isBlank() ? "the person who was asked" : given.by(),
                    given.reason().isBlank() ? "." : ": " + given.reason()));
  }

  /// Takes a question back, as a message is to be heard first; one that was answered by then stays
  /// answered.
  ///
  /// @return what was answered
  Answer withdraw(JobId question, String tool) {
    return withdraw(
        question,
        tool,
        "a message arrived before anybody had answered whether it may be. Read it, and call again"
            + " if that is still right.");
  }

  private Answer withdraw(JobId question, String tool, String why) {
    var message = "The call of %s was not made: %s".formatted(tool, why);
    try {
      store.complete(
          question, new Completion.Error(TaskError.of(TaskError.Kind.INTERRUPTED, message, "")));
    } catch (SignalRefusedException answered) {
      // it says what below
    }
    return answer(question, tool).orElseThrow();
  }

  /// What becomes of a call. One that was asked about by a pass before waits for that answer, also
  /// if what it is about is judged otherwise by now, unless it is denied: the question is taken
  /// back then.
  Verdict verdict(Judgement judgement, int number, String key, String tool) {
    var question = question(number, key);
    if (question.isEmpty() || judgement.verdict() == Verdict.ASK) {
      return judgement.verdict();
    }
    if (judgement.verdict() == Verdict.DENY) {
      withdraw(question.get(), tool, "by now a rule denies what it is about.");
    }
    return judgement.verdict().and(Verdict.ASK);
  }

  /// What the rules and, where they say so, a person answers to a call of the job's code; waits.
  ///
  /// @param number the number of the question, should there be one
  /// @throws JobHost.Interrupted if a message arrived first
  Optional<Answer.Refused> refusal(
      int number, String key, ToolFunction tool, Json.Object arguments, Waiting waiting) {
    var judgement = judge(tool, arguments);
    return switch (verdict(judgement, number, key, tool.name())) {
      case ALLOW -> Optional.empty();
      case DENY -> Optional.of(denied(tool.name(), judgement));
      case ASK -> {
        var question = ask(number, key, tool.name(), arguments, judgement);
        yield answered(question, tool.name(), waiting) instanceof Answer.Refused refused
            ? Optional.of(refused)
            : Optional.empty();
      }
    };
  }

  private Answer answered(JobId question, String tool, Waiting waiting) {
    try {
      Optional<Answer> answer;
      do {
        waiting.until(List.of(question), 1);
        answer = answer(question, tool);
      } while (answer.isEmpty());
      return answer.get();
    } catch (JobHost.Interrupted byMessage) {
      withdraw(question, tool); // the statement is not to go on, whatever was answered meanwhile
      throw byMessage;
    }
  }

  /// Waits for children.
  interface Waiting {
    /// Suspends the job until so many of them have ended.
    ///
    /// @throws JobHost.Interrupted if a message arrived first
    void until(List<JobId> children, int needed);
  }
}
