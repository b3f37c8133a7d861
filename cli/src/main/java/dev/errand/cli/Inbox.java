package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.Job;
import dev.errand.job.Approval;
import dev.errand.job.Callback;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What waits for an answer: callbacks, and calls of tools that a person is to allow, each with the
/// path of the job that asks.
final class Inbox {
  private static final int WIDTH = 100;

  private final Errand errand;
  private final List<Question> questions;
  private final Map<JobId, String> titles = new HashMap<>();

  /// One of them; `call` is null for a callback.
  private record Question(
      JobId id, String name, Instant since, @Nullable Approval call, JobId job) {
    static Question of(Callback callback) {
      return new Question(callback.id(), callback.name(), callback.since(), null, callback.job());
    }

    static Question of(Approval call) {
      return new Question(call.id(), call.tool(), call.since(), call, call.job());
    }

    String words() {
      return call == null ? "callback " + name : "may call " + Inbox.words(call);
    }

    String until() {
      return call == null || call.until() == null ? "" : Text.moment(call.until());
    }
  }

  private Inbox(Errand errand, List<Callback> callbacks, List<Approval> calls) {
    this.errand = errand;
    this.questions =
        Stream.concat(callbacks.stream().map(Question::of), calls.stream().map(Question::of))
            .sorted(Comparator.comparing(Question::id))
            .toList();
  }

  /// Callbacks alone.
  static Inbox ofCallbacks(Errand errand, List<Callback> callbacks) {
    return new Inbox(errand, callbacks, List.of());
  }

  /// Those of the whole store.
  static Inbox of(Errand errand) {
    return new Inbox(errand, errand.callbacks(), errand.approvals());
  }

  /// Those of a job and of all below it.
  static Inbox of(Errand errand, Job job) {
    return new Inbox(errand, job.callbacks(), job.approvals());
  }

  /// The one of that id; none if it has been answered.
  static Inbox of(Errand errand, Job asking, JobId question) {
    return new Inbox(
        errand,
        asking.callbacks().stream().filter(open -> open.id().equals(question)).toList(),
        asking.approvals().stream().filter(open -> open.id().equals(question)).toList());
  }

  /// A call as Python would write it, in one line.
  static String words(Approval call) {
    var arguments =
        call.arguments().members().entrySet().stream()
            .map(argument -> argument.getKey() + "=" + argument.getValue().print())
            .toList();
    return call.tool() + "(" + String.join(", ", arguments) + ")";
  }

  /// Prints it.
  void list(Screen screen, boolean asJson) {
    if (asJson) {
      screen.line(json().print());
    } else {
      screen.print(table());
    }
  }

  private String table() {
    var table = new Table("ID", "ASKS", "AGE", "UNTIL", "JOB", "PATH");
    for (var question : questions) {
      table.row(
          question.id().text(),
          Text.fit(Text.oneLine(question.words()), WIDTH),
          Text.span(age(question)),
          question.until(),
          question.job().text(),
          Text.oneLine(String.join(" / ", path(question.job()))));
    }
    return table.toString();
  }

  /// For programs.
  Json.Array json() {
    return new Json.Array(questions.stream().<Json>map(this::json).toList());
  }

  private Json.Object json(Question question) {
    var form =
        Json.object("id", question.id().text())
            .with("kind", question.call() == null ? "callback" : "approval")
            .with("name", question.name())
            .with("job", question.job().text())
            .with("path", path(question.job()))
            .with("since", question.since().toString())
            .with("ageMillis", age(question).toMillis());
    var call = question.call();
    return call == null
        ? form
        : form.with("tool", call.tool())
            .with("arguments", call.arguments())
            .with("rule", call.rule())
            .with("until", call.until() == null ? null : call.until().toString());
  }

  private Duration age(Question question) {
    return Duration.between(question.since(), errand.now());
  }

  /// What the jobs from the root down to this one are called.
  private List<String> path(JobId job) {
    var path = new ArrayList<String>();
    job.parent().ifPresent(parent -> path.addAll(path(parent)));
    path.add(titles.computeIfAbsent(job, this::title));
    return path;
  }

  private String title(JobId id) {
    var job = errand.store().find(id).orElseThrow();
    return job.origin().key() == null ? Titles.of(job) : job.origin().key();
  }
}
