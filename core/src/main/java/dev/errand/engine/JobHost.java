package dev.errand.engine;

import dev.errand.job.Checkpoint;
import dev.errand.job.Completion;
import dev.errand.job.Conduct;
import dev.errand.job.DurableObject;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.RefusedException;
import dev.errand.job.SignalRefusedException;
import dev.errand.job.Slot;
import dev.errand.job.TaskError;
import dev.errand.job.ToolCall;
import dev.errand.job.Value;
import dev.errand.job.Variable;
import dev.errand.job.Wait;
import dev.errand.spi.Change;
import dev.errand.spi.Host;
import dev.errand.spi.Store;
import dev.errand.spi.Workspace;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/*
 * What code asks of the engine, turned into changes.
 *
 * Replay. A block is carried out from its last committed checkpoint. All that happened after that checkpoint and was
 * committed is known here when the block begins: the journal lines from that statement on, the children created after it,
 * and (in Progress.printed) how much console. Code asks for the same things in the same order, so each question
 * finds its recorded answer, and the first one without an answer is where the earlier pass was cut off. A question that
 * does not match what is recorded at its slot is refused as ReplayDivergence; nothing is done a second time.
 *
 * What must be committed before what is told in Effects for tools and in Children for children.
 *
 * Only the job's own thread uses this object.
 */
final class JobHost implements Host {
  /// The name under which the driver keeps them.
  private static final String ERROR_HANDLERS = "__error_handlers__";

  private static final String LOG_MESSAGES = "__log_messages__";

  private static final int NEWS_AT_ONCE = 1000;
  private static final String COMPLETE = "errand.complete";
  private static final String TELL = "errand.tell";
  private static final String REPORT = "errand.report";
  private static final String KEY = "key";
  private static final String CANCEL = "errand.cancel";

  private final Store store;
  private final InstantSource clock;
  private final JobRecord job;
  private final JobDefinition definition;
  private final StepWriter writer;
  private final Outbound outbound;
  private final Parking parking;
  private final Journal journal;
  private final Effects effects;
  private final Children children;
  private final CoVariables coVariables = new CoVariables();
  private final Looks looks;
  private final DurableObjects objects;
  private final ToolCalls calls;
  private final Approvals approvals;
  private final Remembering remembering;
  private int turn;
  private boolean tookNumber;
  private int answers;

  private boolean overtaken;
  private Printed printed = Printed.from(0);

  private boolean completed;
  private boolean failing;
  private boolean hasErrorHandlers;
  private boolean hasLogMessages;

  JobHost(
      Store store,
      Registry registry,
      JobRecord job,
      JobDefinition definition,
      StepWriter writer,
      Outbound outbound,
      Parking parking,
      ObjectLocks locks,
      InstantSource clock) {
    this.store = store;
    this.clock = clock;
    this.job = job;
    this.definition = definition;
    this.writer = writer;
    this.outbound = outbound;
    this.parking = parking;
    this.completed = job.subtask() != null && job.subtask().completion() != null;
    this.journal = new Journal(job.id(), writer);
    this.remembering = new Remembering(store, job.id(), definition);
    this.children = new Children(store, registry, job, definition, writer, remembering);
    this.approvals = new Approvals(store, definition.agent(), children);
    this.effects =
        new Effects(
            registry,
            job.id(),
            definition.agent(),
            writer,
            outbound,
            journal,
            remembering,
            new OwnHistory(store, job.id(), definition));
    this.looks = new Looks(journal, children);
    this.objects = new DurableObjects(store, job.id(), writer, journal, locks);
    this.calls =
        new ToolCalls(
            registry,
            job.id(),
            definition.agent(),
            writer,
            effects,
            journal,
            new SubTasks(job.id(), definition, writer, children, registry::subTaskOptions),
            approvals,
            this::awaitEnds);
  }

  /// Learns what was recorded after the checkpoint at which the block begins, or begins again.
  void begin(boolean mayBeReplay) {
    var progress = writer.progress();
    turn = progress.turn();
    children.released();
    var before =
        mayBeReplay ? store.journal(job.id(), turn, progress.statement()) : List.<Effect>of();
    answers = before.size();
    printed = overtaken ? printed.overtaken() : Printed.from(progress.printed());
    overtaken = false;
    journal.begin(before);
    if (mayBeReplay) {
      children.learnAfter(progress.created());
    }
    looks.begin();
    objects.begin();
  }

  /// The pieces of the checkpoint that the workspace was opened with.
  void opened(@Nullable Checkpoint state) {
    hasErrorHandlers = state != null && have(state.variables(), ERROR_HANDLERS);
    hasLogMessages = state != null && have(state.variables(), LOG_MESSAGES);
    coVariables.opened(state);
  }

  /// Whether the job's code has registered error handlers, as of the last checkpoint. Those that a
  /// job has which supervises attempts are the attempts'.
  boolean hasErrorHandlers() {
    return hasErrorHandlers && definition.attempts().isEmpty();
  }

  /// Whether the job's code has handlers that tell of their ends in words of their own, as of the
  /// last checkpoint.
  boolean hasLogMessages() {
    return hasLogMessages;
  }

  private static boolean have(List<Variable> variables, String name) {
    return variables.stream().anyMatch(variable -> variable.name().equals(name));
  }

  /// The job ends, whatever its error handlers do.
  void failing() {
    failing = true;
  }

  /// What the driver itself recorded; see [Journal#readings].
  List<Effect> readings() {
    return journal.readings();
  }

  /// What the code was told of handlers it waited for; see [Workspace.Run#told].
  List<Workspace.Told> told() {
    return looks.ahead();
  }

  /// How much of the console is printed again that counts already and is the same; see
  /// [Workspace.Run#printed].
  long printedBefore() {
    return printed.settled();
  }

  /// The code stands still, and will ask nothing more for now.
  void rest() {
    objects.begin();
  }

  /// The highest ordinal of a child that may exist, or was refused.
  int created() {
    return Math.max(children.created(), writer.progress().created());
  }

  /// Carries out the tool calls of the model's reply; afterwards the history says of each what came
  /// of it, but for one that carries out code.
  void carryOut(Acts acts, List<Change.Recorded> history, boolean mayBeReplay) {
    turn = writer.progress().turn();
    children.released();
    journal.begin(mayBeReplay ? beforeCode(slot -> !slot.isOfWords()) : List.of());
    if (mayBeReplay) {
      children.learnAfter(writer.progress().created() - acts.numbers());
    }
    var done =
        history.stream()
            .filter(entry -> entry.turn() == turn)
            .filter(
                entry ->
                    entry.kind() == Entry.Kind.TOOL || entry.kind() == Entry.Kind.EFFECT_UNKNOWN)
            .flatMap(entry -> entry.data().number("call").stream())
            .map(Long::intValue)
            .collect(Collectors.toSet());
    calls.carryOut(acts, done);
  }

  /// The lines of this turn at places before its code.
  private List<Effect> beforeCode(Predicate<Slot> which) {
    return store.journal(job.id(), turn, Slot.ofWords(turn).statement()).stream()
        .filter(effect -> effect.slot().statement() < 0 && which.test(effect.slot()))
        .toList();
  }

  /// Waits for children that a reply's calls began, and for answers to what they ask.
  private void awaitEnds(List<JobId> handlers, int needed) {
    if (children.ended(handlers).size() < needed) {
      suspended(Slot.ofWords(turn).statement(), new Wait(handlers, needed));
    }
  }

  /// Delivers what the model said besides its code, once.
  ///
  /// @return whether it was delivered, or there was nothing to deliver; if not, the history says
  ///   why
  boolean deliver(Optional<String> words, boolean mayBeReplay) {
    var send = definition.agent().conduct().send();
    if (send == null || words.isEmpty()) {
      return true;
    }
    turn = writer.progress().turn();
    var slot = Slot.ofWords(turn);
    journal.begin(mayBeReplay ? beforeCode(Slot::isOfWords) : List.of());
    try {
      effects.call(slot, send, Json.object("body", words.get()), Effects.Permit.NOT_NEEDED);
      return true;
    } catch (RefusedException toldInHistory) {
      return false;
    }
  }

  /// What its agent remembers of messages that have arrived since this was last asked for.
  List<Change> recall(List<Change.Recorded> history) {
    return remembering.recall(writer.progress().turn(), history);
  }

  /// What the job was not told of yet.
  News news(List<Change.Recorded> history) {
    var news = store.news(job.id(), writer.progress().heard(), NEWS_AT_ONCE);
    return News.of(news, children.given(), history);
  }

  @Override
  public void note(Mark mark) {
    absorb(mark);
    writer.commitSoon();
    if (mark.snapshot() != null) {
      outbound.requireNoRest();
    }
  }

  /// Takes over what a mark brings with a question. A job that is to come to rest does so before
  /// the question: a replay asks it.
  private void asked(Mark mark) {
    absorb(mark);
    endStretch();
    objects.settle();
    printed = printed.next(writer.progress().printed());
    outbound.requireNoRest();
  }

  /// Code that looks anew has come to where it was overtaken, if it was.
  private void endStretch() {
    if (objects.isLooking()) {
      writer.advance(writer.progress().printedMore(-printed.again().length()));
      printed = printed.over();
    }
  }

  /// Takes over what a mark brings, to be committed with what comes next.
  void absorb(Mark mark) {
    var taken = take(mark);
    writer.add(taken.changes(), taken.progress());
  }

  /// What a mark brings.
  private record Taken(List<Change> changes, Progress progress) {}

  private Taken take(Mark mark) {
    var changes = new ArrayList<Change>();
    var progress = writer.progress();
    answers = mark.snapshot() == null ? answers + 1 : 1;
    var console = mark.console();
    var fresh = console.substring(printed.same(console));
    if (!fresh.isEmpty()) {
      changes.add(new Change.Recorded(turn, Entry.Kind.CONSOLE, Json.object("text", fresh)));
    }
    // What counts is what this pass has printed, and what an overtaken one did and it may print
    // yet.
    progress = progress.printedMore((long) fresh.length() - printed.left(console));
    printed = printed.with(console, objects.isLooking());
    mark.readings().stream()
        .filter(journal::read)
        .forEach(reading -> changes.add(new Change.Journalled(reading)));
    var snapshot = mark.snapshot();
    if (snapshot != null) {
      hasErrorHandlers = hasErrorHandlers || have(snapshot.variables(), ERROR_HANDLERS);
      hasLogMessages = hasLogMessages || have(snapshot.variables(), LOG_MESSAGES);
      coVariables.newlyLost(snapshot).forEach(variable -> changes.add(receipt(variable)));
      var delta = coVariables.take(snapshot, turn);
      if (!delta.isEmpty()) {
        changes.add(new Change.Checkpointed(delta));
      }
      if (objects.isLooking()) {
        printed = printed.over();
      }
      long pending = (long) console.length() - snapshot.printed() + printed.again().length();
      progress = progress.at(snapshot.statement(), snapshot.created(), pending);
      printed = printed.checkpointed(console, snapshot.printed(), objects.isLooking());
    }
    return new Taken(changes, progress);
  }

  private Change receipt(Variable variable) {
    var text =
        "The variable '%s' (%s) cannot be kept: %s. It will be lost when the workspace is next restored."
            .formatted(variable.name(), variable.type(), variable.lost());
    return new Change.Recorded(
        turn,
        Entry.Kind.RECEIPT,
        Json.object("text", text).with("variable", variable.name()).with("type", variable.type()));
  }

  @Override
  public Value call(Mark mark, int ordinal, int child, String name, Json.Object arguments) {
    asked(mark);
    int statement = mark.statement();
    Approvals.Waiting waiting =
        (questions, needed) -> suspended(statement, new Wait(questions, needed));
    var slot = new Slot(turn, statement, ordinal);
    try {
      var value =
          effects.call(
              slot,
              name,
              arguments,
              (call, tool) ->
                  approvals.refusal(child, call.key(), tool, call.arguments(), waiting));
      if (journal.at(slot) != null) {
        outbound.requireNoRest(); // a replay finds what came of it
      }
      return value;
    } finally {
      tookNumber = approvals.question(child, slot.key(job.id())).isPresent();
    }
  }

  @Override
  public boolean tookNumber() {
    return tookNumber;
  }

  /// Which of a reply's calls wait for a person's answer.
  List<Integer> asks(List<ToolCall> reply) {
    return calls.asks(reply);
  }

  @Override
  public Child create(Mark mark, ChildRequest request) {
    asked(mark);
    var given = request.workspace();
    return children.create(request, given == null ? null : CoVariables.beginning(given));
  }

  @Override
  public Child attach(Mark mark, JobId child, Json subtaskId) {
    asked(mark);
    return children.attach(child, subtaskId);
  }

  @Override
  public void complete(Mark mark, Completion completion) {
    asked(mark);
    if (!isSubtask(job) && !isSubtask(children.find(job.id()))) {
      throw new RefusedException(
          "RuntimeError", "complete_sub_task requires sub_task_handler in current job locals");
    }
    // A job completes its handler once in its life, so one slot per statement is enough to know a
    // replay by.
    var slot = new Slot(turn, mark.statement(), Integer.MAX_VALUE);
    if (journal.recorded(slot, COMPLETE, "") != null) {
      journal.forget(slot);
      return;
    }
    if (completed) {
      throw new RefusedException("RuntimeError", "Sub-task handler is already completed");
    }
    requireFit(completion);
    completed = true;
    writer.add(new Change.Journalled(done(slot, COMPLETE, "")), new Change.Completed(completion));
    writer.commitSoon();
  }

  @Override
  public void cancel(Mark mark, int ordinal, JobId of, String reason) {
    asked(mark);
    requireBelow(of, "cancel");
    var slot = new Slot(turn, mark.statement(), ordinal);
    var digest = Journal.digest(of + " " + reason);
    if (journal.recorded(slot, CANCEL, digest) == null) {
      children.find(of);
      var stopped = new Change.Stopped(of, new Outcome.Cancelled(reason), JobWorker.GRACE);
      writer.together(
          () -> {
            journal.record(done(slot, CANCEL, digest));
            writer.add(stopped);
          });
      writer.commitSoon();
    }
  }

  @Override
  public long tell(Mark mark, int ordinal, JobId to, String text, boolean revives) {
    asked(mark);
    requireBelow(to, "talk to");
    var slot = new Slot(turn, mark.statement(), ordinal);
    var digest = Journal.digest(to + " " + revives + " " + text);
    var known = journal.recorded(slot, TELL, digest);
    if (known != null) {
      return placeOf(slot, to);
    }
    children.find(to);
    var message =
        Json.object("text", text).with("from", job.id().text()).with(KEY, slot.key(job.id()));
    var recorded = new Change.Journalled(done(slot, TELL, digest));
    try {
      return writer
          .commitUnlessRefused(
              List.of(recorded, new Change.Told(to, message, revives)), writer.progress())
          .told()
          .getLast();
    } catch (SignalRefusedException refused) {
      throw new RefusedException("RuntimeError", String.valueOf(refused.getMessage()));
    }
  }

  /// Where the message stands that was told at that slot: known only once it is committed.
  private long placeOf(Slot slot, JobId to) {
    var key = Optional.of(slot.key(job.id()));
    return History.find(
            store,
            to,
            entry -> entry.kind() == Entry.Kind.SIGNAL && entry.data().text(KEY).equals(key))
        .map(Entry::sequence)
        .orElseThrow();
  }

  @Override
  public void report(Mark mark, int ordinal, String text) {
    asked(mark);
    var slot = new Slot(turn, mark.statement(), ordinal);
    var digest = Journal.digest(text);
    if (journal.recorded(slot, REPORT, digest) == null) {
      journal.record(
          done(slot, REPORT, digest),
          new Change.Recorded(turn, Entry.Kind.PROGRESS, Json.object("text", text)));
      writer.commitSoon();
    }
  }

  /// The record of something that gives the code no answer.
  private static Effect done(Slot slot, String name, String digest) {
    var nothing = new Effect.Result.Returned(Value.none());
    return new Effect(slot, name, digest, EffectPolicy.READ_ONLY, nothing);
  }

  private void requireBelow(JobId of, String what) {
    if (of.equals(job.id()) || !of.isWithin(job.id())) {
      throw new RefusedException(
          "RuntimeError",
          "Job %s is not below job %s, which can %s only what it has delegated"
              .formatted(of, job.id(), what));
    }
  }

  private void requireFit(Completion completion) {
    if (completion instanceof Completion.Result(var value)) {
      misfit(value)
          .ifPresent(
              why -> {
                throw new RefusedException("ValueError", why);
              });
    }
  }

  /// Why a result of this job does not fit what was asked for; empty if it does.
  Optional<String> misfit(Value result) {
    var schema = definition.resultSchema();
    return schema == null ? Optional.empty() : ResultSchema.of(schema).misfit(result);
  }

  private static boolean isSubtask(JobRecord job) {
    return job.subtask() != null && !job.subtask().isFuture();
  }

  /// Whether the handler is completed, as far as this worker knows.
  boolean completed() {
    return completed;
  }

  @Override
  public List<Child> await(Mark mark, int ordinal, Wait on) {
    asked(mark);
    boolean all = on.until() == null && on.needed() == on.handlers().size();
    // To wait for all of many needs no record: who had ended then is no question.
    boolean unrecorded = all && on.needed() > 1;
    var ended =
        looks.await(
            new Slot(turn, mark.statement(), ordinal),
            on,
            !unrecorded,
            () -> unrecorded ? suspended(mark.statement(), on) : awaited(mark.statement(), on));
    children.given(ended);
    return ended;
  }

  private List<Child> awaited(int statement, Wait on) {
    var ended = children.ended(on.handlers());
    return ended.size() < on.needed() ? suspended(statement, on) : ended;
  }

  /// Suspends the job until the wait is over; one that is claimed for another reason waits again.
  private List<Child> suspended(int statement, Wait asked) {
    children.requireKnown(asked.handlers());
    var on = isTurn() ? asked.heedingMessages() : asked;
    while (true) {
      children.released();
      var claim = parking.park(job.id(), answers, () -> writer.suspend(on), writer::version);
      claim.ifPresent(
          again -> {
            writer.resume(again.lease());
            children.heard(again.ended());
          });
      outbound.requireNoRest();
      var ended = children.ended(on.handlers());
      if (ended.size() >= on.needed()) {
        return ended;
      }
      // What need not be waited for, is not over, and has not ended was stopped by a message, be it
      // one that stands behind more news than are looked at here.
      boolean isStopped = claim.isEmpty() && !isOver(on);
      if (on.heedsMessages() && (isStopped || !news(List.of()).messages().isEmpty())) {
        throw new Interrupted(job.id(), statement, on);
      }
      if (claim.isEmpty() || isOver(on)) {
        return ended;
      }
    }
  }

  /// A message arrived for the model while its code waits: the statement is not to go on.
  static final class Interrupted extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int statement;
    private final transient TaskError error;

    private Interrupted(JobId job, int statement, Wait on) {
      super("a message arrived for job " + job, null, false, false);
      this.statement = statement;
      var awaited = on.handlers().stream().limit(3).map(JobId::text).toList();
      int more = on.handlers().size() - awaited.size();
      this.error =
          TaskError.of(
              TaskError.Kind.INTERRUPTED,
              "The code was stopped while it waited%s, because a message arrived. Variables are as they were before the statement that waited; what that statement had called or delegated by then is done."
                  .formatted(
                      awaited.isEmpty()
                          ? ""
                          : " for job "
                              + String.join(", ", awaited)
                              + (more > 0 ? " and " + more + " more" : "")),
              "Read the message, then wait again if you still want to; sub_tasks() has the"
                  + " handlers");
    }

    /// The statement that waited.
    int statement() {
      return statement;
    }

    /// What the model is told.
    TaskError error() {
      return error;
    }
  }

  /// Whether the code is a model's, and not what warms the job up.
  private boolean isTurn() {
    return definition.agent().model() != null && !failing && turn >= definition.blocks().size();
  }

  private boolean isOver(Wait on) {
    return on.until() != null && !clock.instant().isBefore(on.until());
  }

  @Override
  public Instant later(Mark mark, int ordinal, Duration delay) {
    absorb(mark);
    var slot = new Slot(turn, mark.statement(), ordinal);
    return journal.moment(slot, () -> clock.instant().plus(delay));
  }

  @Override
  public List<Child> peek(Mark mark, int ordinal, List<JobId> handlers) {
    asked(mark);
    var slot = new Slot(turn, mark.statement(), ordinal);
    var of = Journal.digest(handlers.toString());
    return looks.look(slot, "errand.peek", of, () -> children.look(handlers));
  }

  @Override
  public List<Child> children(Mark mark, int ordinal, @Nullable Json subtaskId) {
    asked(mark);
    var slot = new Slot(turn, mark.statement(), ordinal);
    var of = Journal.digest(subtaskId == null ? "" : subtaskId.print());
    return looks.look(slot, "errand.children", of, () -> children.stored(subtaskId));
  }

  @Override
  public List<String> replies(Mark mark, int ordinal, JobId of) {
    asked(mark);
    var slot = new Slot(turn, mark.statement(), ordinal);
    return looks.replies(slot, of, () -> said(of));
  }

  private List<String> said(JobId of) {
    children.requireKnown(List.of(of));
    var said = new ArrayList<String>();
    History.each(store, children.speaker(of), entry -> words(entry).ifPresent(said::add));
    return said;
  }

  /// What an entry has of the words of a job's model: those of a reply, or of an answer.
  private static Optional<String> words(Entry entry) {
    var data = entry.data();
    if (entry.kind() == Entry.Kind.REPLY) {
      return data.text("text").flatMap(Acts::prose);
    }
    boolean isAnswer =
        entry.kind() == Entry.Kind.TOOL
            && data.text("tool").equals(Optional.of(Conduct.ANSWER))
            && data.text("error").isEmpty();
    return isAnswer
        ? data.get("arguments").flatMap(arguments -> ((Json.Object) arguments).text("body"))
        : Optional.empty();
  }

  @Override
  public String newObject(Mark mark, int ordinal) {
    absorb(mark);
    return objects.draw(new Slot(turn, mark.statement(), ordinal));
  }

  @Override
  public DurableObject object(Mark mark, int ordinal, String id) {
    absorb(mark);
    if (!objects.isLooking()) {
      printed = printed.next(writer.progress().printed());
    }
    return objects.look(new Slot(turn, mark.statement(), ordinal), id);
  }

  @Override
  public void change(Mark mark, int ordinal, List<DurableObject> changed) {
    var slot = new Slot(turn, mark.statement(), ordinal);
    if (isMade(slot, changed, mark)) {
      absorb(mark);
    } else {
      make(slot, changed, mark);
    }
    printed = printed.next(writer.progress().printed());
    outbound.requireNoRest();
  }

  private boolean isMade(Slot slot, List<DurableObject> changed, Mark mark) {
    try {
      return objects.isMade(slot, changed);
    } catch (RefusedException refused) {
      absorb(mark);
      throw refused;
    }
  }

  private void make(Slot slot, List<DurableObject> changed, Mark mark) {
    var before = printed;
    var taken = take(mark);
    var progress = taken.progress().printedMore(-printed.again().length());
    printed = printed.over();
    var by = changed.stream().map(object -> object.by(job.id())).toList();
    var snapshot = mark.snapshot();
    boolean passed = snapshot != null && snapshot.statement() > mark.statement();
    if (!objects.change(slot, by, taken.changes(), progress, passed)) {
      printed = before;
      overtaken = true;
      throw new DurableObjects.Conflict();
    }
  }

  @Override
  public Json.Object job() {
    return Json.object("id", job.id().text())
        .with("key", job.origin().key())
        .with("agent", definition.agent().name())
        .with("parent", job.id().parent().map(JobId::text).orElse(null))
        .with("status", writer.status().name())
        .with("locale", definition.locale())
        .with("subtask", isSubtask(job))
        .with("subtask_id", handlerId());
  }

  /// The id of the job's own handler, as who delegated the work knows it.
  private @Nullable Json handlerId() {
    var handler = job.subtask();
    if (handler != null && handler.isAttempt()) {
      handler = children.find(job.id().parent().orElseThrow()).subtask();
    }
    return handler == null ? null : handler.id();
  }
}
