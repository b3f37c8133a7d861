package dev.errand.job;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A question whether a call of a tool may be made, which a person is to answer and nobody has yet.
///
/// @param id its own id; a child of the job that wants to make the call
/// @param tool what is to be called
/// @param arguments with what
/// @param rule the rule by which it is asked; empty where no rule is about the call
/// @param since when it was asked
/// @param until when it need not be answered any more, as the call is not made then; null for as
///   long as the job lives
public record Approval(
    JobId id,
    String tool,
    Json.Object arguments,
    String rule,
    Instant since,
    @Nullable Instant until) {
  private static final String TOOL = "tool";
  private static final String ARGUMENTS = "arguments";
  private static final String RULE = "rule";
  private static final String MILLIS = "answerMillis";

  /// The job that wants to make the call.
  public JobId job() {
    return id.parent().orElse(id);
  }

  /// What is asked, as the parameters of the question's definition.
  ///
  /// @param key that of the call
  public static Json.Object question(
      String key,
      String tool,
      Json.Object arguments,
      @Nullable Rule rule,
      @Nullable Duration within) {
    return Json.object("key", key)
        .with(TOOL, tool)
        .with(ARGUMENTS, arguments)
        .with(RULE, rule == null ? null : rule.toString())
        .with(MILLIS, within == null ? null : within.toMillis());
  }

  /// Reads what is asked.
  public static Approval of(JobRecord asked, JobDefinition definition) {
    var question = definition.parameters();
    var since = asked.origin().created();
    return new Approval(
        asked.id(),
        question.text(TOOL).orElse(""),
        question.get(ARGUMENTS).orElse(Json.Null.VALUE) instanceof Json.Object arguments
            ? arguments
            : Json.Object.EMPTY,
        question.text(RULE).orElse(""),
        since,
        question.number(MILLIS).map(millis -> since.plusMillis(millis)).orElse(null));
  }

  /// What a person says to it.
  ///
  /// @param isAllowed whether the call may be made
  /// @param by who says so
  /// @param reason why; empty for nothing
  public record Answer(boolean isAllowed, String by, String reason) {
    /// As it is stored.
    public Completion completion() {
      var form = Json.object("allowed", isAllowed).with("by", by);
      return new Completion.Result(
          Value.of(reason.isBlank() ? form : form.with("reason", reason.strip())));
    }

    /// Reads one; empty if that is none.
    public static Optional<Answer> of(Value value) {
      return value instanceof Value.Plain(Json.Object form)
              && form.get("allowed").orElse(null) instanceof Json.Bool(var isAllowed)
          ? Optional.of(
              new Answer(isAllowed, form.text("by").orElse(""), form.text("reason").orElse("")))
          : Optional.empty();
    }
  }
}
