package dev.errand.engine;

import dev.errand.agent.Model;
import dev.errand.job.Checkpoint;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import dev.errand.job.ModelException;
import dev.errand.job.Outcome;
import dev.errand.job.Progress;
import dev.errand.job.Slot;
import dev.errand.job.Stop;
import dev.errand.job.StoppedException;
import dev.errand.job.StoredForm;
import dev.errand.job.TaskError;
import dev.errand.job.ToolCall;
import dev.errand.job.Usage;
import dev.errand.job.Value;
import dev.errand.job.Words;
import dev.errand.spi.Bookkeeping;
import dev.errand.spi.Change;
import dev.errand.spi.Claim;
import dev.errand.spi.Host;
import dev.errand.spi.Store;
import dev.errand.spi.Workspace;
import dev.errand.spi.Workspace.Ending;
import dev.errand.spi.WorkspaceRuntime;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * Advances one claimed job as far as it goes, on one virtual thread.
 *
 * A job is a row of blocks: those of its definition, then one per reply of its model. For each block: begin it (for a
 * model's: have the reply committed first, so that the model is never asked twice for a turn), carry it out, commit
 * its end. Progress.turn is the block, Progress.acting whether it is begun; so a worker that takes the job over finds in
 * the row what is next, and begins a begun block again at its last checkpoint.
 *
 * Nothing here is undone on failure: what is not committed did not happen.
 */
final class JobAdvancer {
  /// How often a workspace may die, with nothing committed in between, before the job is told.
  private static final int DEATHS_ALLOWED = 3;

  private static final Json.Object PUT_OFF =
      Json.object(
          "text", "exit() was put off: something happened that the model was not told of yet");

  private final Store store;
  private final Registry registry;
  private final JobRecord job;
  private final JobDefinition definition;
  private final StepWriter writer;
  private final JobHost host;
  private final History history;
  private final Spending spending;
  private final WorkerBudget budget;
  private final Consumer<Words> words;
  private boolean recorded;
  private final boolean bare;
  private boolean opened;

  /// Whether a call of the model was taken that was not made.
  private boolean hasCall;

  private @Nullable Failing failing;
  private volatile @Nullable Workspace workspace;
  private volatile boolean closed;
  private final Outbound outbound = new Outbound();
  private volatile @Nullable Stop stop;

  JobAdvancer(
      Store store,
      Registry registry,
      Claim claim,
      JobDefinition definition,
      StepWriter writer,
      Parking parking,
      ObjectLocks locks,
      WorkerBudget budget,
      Consumer<Words> words,
      InstantSource clock) {
    this.store = store;
    this.registry = registry;
    this.job = claim.job();
    this.definition = definition;
    this.budget = budget;
    this.words = words;
    this.writer = writer;
    this.recorded = claim.version() > 0;
    this.bare = claim.bare();
    this.spending = new Spending(job, limits().spending(), writer);
    this.history = new History(store, job.id(), definition, writer);
    this.host =
        new JobHost(store, registry, job, definition, writer, outbound, parking, locks, clock);
    writer.onRefusal(
        refused -> {
          if (refused instanceof StoppedException stopped) {
            stop(stopped.stop());
          }
        });
  }

  JobId job() {
    return job.id();
  }

  StepWriter writer() {
    return writer;
  }

  JobDefinition definition() {
    return definition;
  }

  /// Goes on until the job ends.
  void advance() {
    if (writer.progress().acting() && recorded && !warmingUp()) {
      failing = Failing.at(writer.progress().turn(), history.entries()).orElse(null);
    }
    boolean more = true;
    while (more) {
      outbound.requireNoRest();
      more = failing == null ? advanceOnce() || failing != null : callErrorHandlers(failing);
    }
  }

  /// Carries out the next block; false if the job ended or fails.
  private boolean advanceOnce() {
    return (writer.progress().acting() || begin()) && carryOut();
  }

  /// Begins to end a job that is to end, from any thread: its code and its model are stopped at
  /// once, a tool that it calls may finish. The job's own thread does the rest.
  void stop(Stop why) {
    stop = why;
    if (!outbound.close()) {
      close();
    }
  }

  /// Has the job come to rest, from any thread: at the next place where it may be left to another
  /// worker as it is. The job's own thread leaves it there.
  void rest() {
    outbound.rest();
  }

  /// Has it come to rest at once, from any thread: its code and its model are stopped, a tool that
  /// it calls may finish.
  void hurry() {
    if (!outbound.hurry()) {
      close();
    }
  }

  /// Whether it waits for a tool, which nobody stops.
  boolean isAtTool() {
    return outbound.isAtTool();
  }

  /// Leaves the job to whoever claims it next, on its own thread, as it is: with all that is known
  /// of what it did.
  void leave() {
    close();
    Thread.interrupted(); // what was to be stopped is
    if (writer.isLeased()) {
      writer.takeBackHeld();
      writer.handBack(job.origin().created());
    }
  }

  /// Breaks off a tool, too.
  void breakOff() {
    outbound.breakOff();
    close();
  }

  /// Why the job is to end; empty while it is not known to.
  Optional<Stop> stopped() {
    return Optional.ofNullable(stop);
  }

  /// Ends a job that is to end, on its own thread.
  void end(Stop why) {
    close();
    Thread.interrupted(); // what was to be broken off is
    writer.endStopped(why.outcome().having(partial()));
  }

  /// The last words of the job's model, or what it last reported.
  private Value partial() {
    return History.find(
            store,
            job.id(),
            entry -> entry.kind() == Entry.Kind.REPLY || entry.kind() == Entry.Kind.PROGRESS)
        .map(entry -> Bookkeeping.partial(entry.data()))
        .orElseGet(Value::none);
  }

  /// Ends what runs, from any thread.
  void close() {
    closed = true;
    var open = workspace;
    if (open != null) {
      open.close();
    }
  }

  /// Ends the job because the library failed.
  void fail(Throwable cause) {
    close();
    end(
        new Outcome.Failed(
            TaskError.of(
                TaskError.Kind.INTERNAL,
                "Errand failed while advancing job " + job.id() + ": " + cause,
                "This is a fault of the library; the log has the stack trace. Please report it")));
  }

  private boolean fail(TaskError error) {
    return fail(() -> {}, List.of(), error);
  }

  /// The job fails: at once, or, where its code has registered error handlers, after a last block
  /// that calls them; false.
  private boolean fail(Runnable absorbing, List<Change> said, TaskError error) {
    if (!hasErrorHandlers()) {
      return end(absorbing, with(said, new Change.Ended(new Outcome.Failed(error))));
    }
    var failure = new Failing(error);
    writer.together(
        () -> {
          absorbing.run();
          var last = afterWarmup(writer.progress().finished(host.created()));
          writer.add(with(said, failure.entry(last.turn())), last.beginning());
        });
    failing = failure;
    return false;
  }

  /// The last block is none of the warm-up's, so that whoever takes the job over need look for its
  /// mark only where the history is read anyway.
  private Progress afterWarmup(Progress next) {
    var later = next;
    while (later.turn() < definition.blocks().size()) {
      later = later.finished(later.created());
    }
    return later;
  }

  private static List<Change> with(List<Change> some, Change last) {
    return with(some, List.of(last));
  }

  private static List<Change> with(List<Change> some, List<Change> others) {
    return Stream.concat(some.stream(), others.stream()).toList();
  }

  private boolean hasErrorHandlers() {
    learnState();
    return host.hasErrorHandlers();
  }

  /// Has the host know what the last checkpoint says of the workspace, also where that is not open.
  private void learnState() {
    if (!opened) {
      host.opened(checkpoint());
    }
  }

  private @Nullable Checkpoint checkpoint() {
    return bare && writer.version() == 0 ? null : store.checkpoint(job.id()).orElse(null);
  }

  private boolean callErrorHandlers(Failing failure) {
    host.failing();
    writer.become(JobStatus.STARTED);
    writer.commit(); // the workspace may have to be opened anew, with the handlers in it
    var ending = toTheEnd(failure.block(history.entries()), Workspace.Run.AT_THE_END);
    return end(
        () -> markOf(ending).ifPresent(host::absorb),
        List.of(new Change.Ended(new Outcome.Failed(failure.error()))));
  }

  private static Optional<Host.Mark> markOf(Ending ending) {
    return switch (ending) {
      case Ending.Finished(var mark, var value, var shown) -> Optional.of(mark);
      case Ending.Exited(var mark, var value) -> Optional.of(mark);
      case Ending.Raised(var mark, var error) -> Optional.of(mark);
      case Ending.Died ignored -> Optional.empty();
    };
  }

  private boolean warmingUp() {
    return writer.progress().turn() < definition.blocks().size();
  }

  /// Chooses the next block; false if there is none and the job ended.
  private boolean begin() {
    if (warmingUp()) {
      writer.advance(writer.progress().beginning());
      return true;
    }
    if (definition.agent().model() == null) {
      end(new Outcome.Succeeded(Value.none()));
      return false;
    }
    return askModel(definition.agent().model());
  }

  private boolean askModel(String name) {
    writer.become(JobStatus.STARTED);
    var asked = askedToEnd();
    if (asked.isPresent() && asked.get().turn() < writer.progress().turn()) {
      return end(() -> {}, asked.get().end(job.id(), partial()));
    }
    tellNews();
    var exceeded =
        TurnLimits.exceeded(
            job.id(), limits(), writer.progress().turn(), firstTurn(), history.entries());
    if (exceeded.isPresent()) {
      return fail(withUnspent(exceeded.get()));
    }
    recall();
    Model.Reply reply;
    Usage estimate;
    try {
      var model = registry.model(definition.agent(), name);
      if (asked.isEmpty()) {
        compact(name, model);
      }
      takeCall(name);
      var request = history.conversation().request();
      estimate = model.estimate(request);
      var tooLittle = spending.reserve(estimate, askedToEnd().isPresent());
      if (tooLittle.isPresent()) {
        return exhausted(tooLittle.get()) && askModel(name);
      }
      int turn = writer.progress().turn();
      reply =
          ask(
              estimate,
              () -> model.reply(request, text -> words.accept(new Words(job.id(), turn, text))));
    } catch (ModelException failed) {
      requireNotStopped();
      return fail(
          TaskError.of(
              TaskError.Kind.MODEL,
              Objects.requireNonNullElse(failed.getMessage(), "The model failed"),
              ""));
    }
    var said = recorded(reply);
    List<Change> all = List.of(said, spending.spent(reply.usage()));
    var acts = acts(said.data());
    var nothing = whyNothing(acts);
    if (nothing.isPresent()) {
      return goOn(with(all, nothing.get())) && askModel(name);
    }
    boolean isDelivered = definition.agent().conduct().send() != null;
    if (acts.isWordsAlone() && !isDelivered) {
      return conclude(all, reply.text()) && askModel(name);
    }
    var begun = writer.progress().beginning();
    spending.commitSettingAside(all, begun.at(0, begun.created() + acts.numbers(), 0), estimate);
    return true;
  }

  /// What is recalled for a message stands in the history before the model is asked, and is not
  /// looked up again.
  private void recall() {
    var recalled = host.recall(history.entries());
    if (!recalled.isEmpty()) {
      writer.add(recalled.toArray(Change[]::new));
      writer.commit();
    }
  }

  private Model.Reply ask(Usage estimate, Supplier<Model.Reply> call) {
    requireNotStopped();
    hasCall = false;
    return budget.within(estimate, () -> outbound.model(call));
  }

  /// A call is taken before anything is set aside for it: a job that is put off keeps nothing from
  /// the others of its tree meanwhile. One that is not made then, for want of a budget, is made for
  /// the last turn.
  private void takeCall(String name) {
    outbound.requireNoRest();
    requireNotStopped();
    if (!hasCall) {
      store
          .call(name)
          .ifPresent(
              again -> {
                throw new NoCallLeft(name, again);
              });
      hasCall = true;
    }
  }

  /// Has the model sum up what was said first, where it would be shown too much.
  private void compact(String name, Model model) {
    var due = history.conversation().compaction();
    if (due.isEmpty()) {
      return;
    }
    takeCall(name);
    var request = due.get().request();
    var estimate = model.estimate(request);
    if (spending.reserve(estimate, false).isPresent()) {
      return; // the turn itself is refused then, or the model's last
    }
    var summary = ask(estimate, () -> model.reply(request));
    var spent = spending.spent(summary.usage());
    if (!summary.calls().isEmpty() || summary.text().isBlank()) {
      writer.add(spent); // it went on with its work instead: it is asked again before the next turn
      writer.commit();
      return;
    }
    var told = Json.object("through", due.get().through()).with("text", summary.text());
    var compacted = new Change.Recorded(writer.progress().turn(), Entry.Kind.COMPACTED, told);
    writer.add(compacted, spent);
    writer.commit();
  }

  private Change.Recorded recorded(Model.Reply reply) {
    var data = Json.object("text", reply.text());
    if (!reply.calls().isEmpty() && !reply.cutOff()) {
      data = data.with("calls", reply.calls().stream().map(ToolCall::form).toList());
      var asks = host.asks(reply.calls());
      data = asks.isEmpty() ? data : data.with(Acts.ASKS, asks);
    }
    return new Change.Recorded(
        writer.progress().turn(),
        Entry.Kind.REPLY,
        reply.cutOff() ? data.with("cutOff", true) : data);
  }

  private Acts acts(Json.Object reply) {
    return Acts.of(definition.agent().conduct(), reply);
  }

  /// What the model is told of a reply of which nothing can be carried out; empty if something can,
  /// or it is the last one.
  private Optional<Change.Recorded> whyNothing(Acts acts) {
    if (acts.cutOff()) {
      return Optional.of(
          misspoken(
              "Your reply was cut off because it was too long. Nothing of it was carried out.",
              "Say it again in smaller parts"));
    }
    boolean isEnd = definition.agent().conduct().style().endsByWords();
    return acts.isWordsAlone() && !isEnd
        ? Optional.of(
            misspoken("Error: no code submitted.", "Reply with code; exit(value) ends the job"))
        : Optional.empty();
  }

  private Change.Recorded misspoken(String message, String advice) {
    var error = TaskError.of(TaskError.Kind.EXCEPTION, message + " " + advice + ".", advice);
    return new Change.Recorded(
        writer.progress().turn(), Entry.Kind.EXCEPTION, StoredForm.write(error));
  }

  /// A parent that gave a share is told what it has back.
  private TaskError withUnspent(TaskError error) {
    if (job.id().parent().isEmpty()) {
      return error;
    }
    return store.accounts(job.id(), null, 1).stream()
        .filter(account -> account.job().equals(job.id()) && account.isOpen())
        .findFirst()
        .map(
            account ->
                TaskError.of(
                    error.kind(),
                    error.message() + "; of its share it has not spent " + account.unspent(),
                    error.advice()))
        .orElse(error);
  }

  /// The model is told that its next turn is the last; false if it has not even that.
  private boolean exhausted(String why) {
    var asked = askedToEnd();
    if (asked.isPresent()) {
      return end(() -> {}, asked.get().end(job.id(), partial()));
    }
    writer.add(AskedToEnd.budgetSpent(writer.progress().turn(), why));
    return true;
  }

  /// The model has said its last word, unless there is something that it is to be told.
  private boolean conclude(List<Change> said, String reply) {
    if (askedToEnd().isPresent()) {
      return end(this::pass, with(said, ending(Value.of(reply))));
    }
    var reminder = definition.agent().conduct().reminder();
    var told =
        reminder == null
            ? Optional.<Change.Recorded>empty()
            : new Reminding(writer.progress().turn(), reply).by(reminder, history.entries());
    if (told.isPresent()) {
      return goOn(with(said, told.get()));
    }
    return isNews() ? goOn(said) : end(this::pass, with(said, succeeded(Value.of(reply))));
  }

  /// No model is asked for a job that is to end, and what it answers is not heard.
  private void requireNotStopped() {
    var why = stopped().or(() -> store.stopOf(job.id()));
    if (why.isPresent()) {
      throw new StoppedException(job.id(), why.get());
    }
  }

  private Optional<AskedToEnd> askedToEnd() {
    return AskedToEnd.in(history.entries());
  }

  /// The end of a job that ends by itself with that value.
  private List<Change> ending(Value value) {
    return askedToEnd().map(asked -> asked.end(job.id(), value)).orElseGet(() -> succeeded(value));
  }

  private static List<Change> succeeded(Value value) {
    return List.of(new Change.Ended(new Outcome.Succeeded(value)));
  }

  private Limits limits() {
    return definition.agent().limits();
  }

  /// The turn from which the limits of turns count: that of the last message, or the first.
  private int firstTurn() {
    return history.entries().stream()
        .filter(entry -> entry.kind() == Entry.Kind.MESSAGE)
        .mapToInt(Change.Recorded::turn)
        .reduce(definition.blocks().size(), Math::max);
  }

  /// The turn is over, and the job is not: there is news that the model has not heard.
  private boolean goOn(List<Change> said) {
    writer.add(said, writer.progress().finished(host.created()));
    return true;
  }

  /// The block is over.
  private void pass() {
    writer.advance(writer.progress().finished(host.created()));
  }

  /// Tells the model what happened since it was last told.
  private void tellNews() {
    var progress = writer.progress();
    var news = host.news(history.entries());
    if (news.heard().isPresent() || !news.isEmpty()) {
      var heard = news.heard();
      writer.add(
          news.entries(progress.turn(), ownWords(news.namedEnds())),
          heard.isPresent() ? progress.heard(heard.getAsLong()) : progress);
    }
  }

  /// What handlers of the job's own classes say of these ends, where they say anything: a workspace
  /// that does not survive it says nothing.
  private Map<JobId, String> ownWords(List<JobRecord> ended) {
    if (ended.isEmpty() || !hasLogMessages()) {
      return Map.of();
    }
    var progress = writer.progress();
    var told =
        new Workspace.Told(
            new Slot(progress.turn(), 0, 0), ended.stream().map(Seen::seen).toList());
    var run =
        new Workspace.Run(
            progress.turn(),
            new CodeBlock(CodeBlock.Kind.LOG_MESSAGES, ""),
            0,
            progress.created(),
            0,
            List.of(),
            List.of(told),
            false,
            Workspace.Run.AT_THE_END);
    var open = workspace == null ? openAsItIs() : workspace;
    if (open.run(run, host)
        instanceof Ending.Finished(var mark, Value.Plain(Json.Object said), var shown)) {
      return said.members().keySet().stream()
          .collect(Collectors.toMap(JobId::new, job -> said.text(job).orElse("")));
    }
    buryWorkspace();
    return Map.of();
  }

  /// Opens the workspace between two blocks, where the last one's end may not be stored yet.
  private Workspace openAsItIs() {
    writer.commit();
    return open();
  }

  private boolean hasLogMessages() {
    learnState();
    return host.hasLogMessages();
  }

  /// Whether the model is to hear something before its code ends the job.
  private boolean isUntold() {
    return !warmingUp() && isNews() && askedToEnd().isEmpty();
  }

  private boolean isNews() {
    return !host.news(history.entries()).isEmpty();
  }

  /// Carries out the block that is begun; false if the job ended.
  private boolean carryOut() {
    outbound.requireNoRest();
    writer.become(warmingUp() ? JobStatus.WARMING_UP : JobStatus.STARTED);
    if (!warmingUp()) {
      var reply = reply();
      var acts = acts(reply);
      boolean delivered = host.deliver(acts.words(), recorded);
      if (!acts.calls().isEmpty()) {
        host.carryOut(acts, history.entries(), recorded);
      }
      if (acts.code().isEmpty()) {
        boolean isLast = delivered && acts.isWordsAlone();
        return isLast ? conclude(List.of(), reply.text("text").orElse("")) : goOn(List.of());
      }
    }
    var block = block();
    try {
      return finish(block, toTheEnd(block, Workspace.Run.AT_THE_END));
    } catch (JobHost.Interrupted byMessage) {
      return stopped(block, byMessage);
    }
  }

  /// Statements before the one that was stopped may be in no checkpoint yet: they are carried out
  /// again.
  private boolean stopped(CodeBlock block, JobHost.Interrupted byMessage) {
    buryWorkspace();
    var ending = toTheEnd(block, byMessage.statement());
    return ending instanceof Ending.Finished(var mark, var value, var shown)
        ? raised(() -> host.absorb(mark), byMessage.error())
        : finish(block, ending);
  }

  /// Carries out a block until it ends, again from its last checkpoint when its workspace dies.
  private Ending toTheEnd(CodeBlock block, int stop) {
    int deaths = 0;
    while (true) {
      long before = writer.version();
      Ending ending;
      try {
        ending = runOnce(block, stop);
      } catch (DurableObjects.Conflict another) {
        // Another job went on with the object, so this ends.
        buryWorkspace();
        continue;
      }
      if (closed) {
        throw new Dropped("closed"); // code that was stopped may take it for a failure of its own
      }
      if (!(ending instanceof Ending.Died(var error, var mayRetry))) {
        return ending;
      }
      buryWorkspace();
      deaths = writer.version() == before ? deaths + 1 : 1;
      if (!mayRetry || deaths >= DEATHS_ALLOWED) {
        return ending;
      }
    }
  }

  private CodeBlock block() {
    int turn = writer.progress().turn();
    if (warmingUp()) {
      return definition.blocks().get(turn);
    }
    return CodeBlock.python(acts(reply()).code().orElseThrow());
  }

  private Json.Object reply() {
    int turn = writer.progress().turn();
    return history
        .reply(turn)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "Turn " + turn + " of job " + job.id() + " has no reply"));
  }

  private Ending runOnce(CodeBlock block, int stop) {
    var open = workspace == null ? open() : workspace;
    host.begin(recorded);
    recorded = false;
    var progress = writer.progress();
    var run =
        new Workspace.Run(
            progress.turn(),
            block,
            progress.statement(),
            progress.created(),
            host.printedBefore(),
            host.readings(),
            host.told(),
            !warmingUp(),
            stop);
    try {
      return open.run(run, host);
    } finally {
      host.rest();
    }
  }

  /// What was noted before the workspace died did happen, but for children that are held back; the
  /// rest is done again from the last checkpoint.
  private void buryWorkspace() {
    workspace = null;
    recorded = true;
    writer.takeBackHeld();
    history.forget();
    writer.commit();
  }

  private Workspace open() {
    if (closed) {
      throw new Dropped("closed");
    }
    var runtime = registry.runtime(definition.agent()).orElseThrow();
    var stored = checkpoint();
    host.opened(stored);
    var made =
        runtime.open(
            new WorkspaceRuntime.Opening(
                job.id(),
                definition.agent().name(),
                definition.agent().restricted(),
                definition.agent().limits(),
                registry.signatures(definition.agent()),
                definition.agent().imports(),
                stored == null ? null : new StoredWorkspace(store, job.id()).state(stored)));
    workspace = made;
    opened = true;
    if (closed) {
      made.close();
      throw new Dropped("closed");
    }
    return made;
  }

  /// The last mark of a block says that nothing of it is left to do. So it is committed with what
  /// follows from the end or not at all, lest an error or an exit be lost in between.
  private boolean finish(CodeBlock block, Ending ending) {
    return switch (ending) {
      case Ending.Finished(var mark, var value, var shown) -> {
        if (!block.deliversValue()) {
          yield next(mark, shown);
        }
        host.absorb(mark);
        yield deliver(value);
      }
      case Ending.Exited(var mark, var value) ->
          isUntold()
              ? putOff(mark)
              : end(() -> host.absorb(mark), warmingUp() ? succeeded(value) : ending(value));
      case Ending.Raised(var mark, var error) -> raised(() -> host.absorb(mark), error);
      case Ending.Died(var error, var mayRetry) -> raised(() -> {}, error);
    };
  }

  /// The value of a turn's last expression is on its console, as in an interactive Python: the
  /// model reads the brief form, people can read the full one.
  private void show(Workspace.Shown shown) {
    var progress = writer.progress();
    var entry = Json.object("text", shown.full() + "\n");
    if (!shown.brief().equals(shown.full())) {
      entry = entry.with("brief", shown.brief() + "\n");
    }
    writer.add(List.of(new Change.Recorded(progress.turn(), Entry.Kind.CONSOLE, entry)), progress);
  }

  /// What a called function or a program returns completes the handler and ends the job, in one
  /// step.
  private boolean deliver(Value value) {
    var misfit = host.completed() ? Optional.<String>empty() : host.misfit(value);
    if (misfit.isPresent()) {
      return end(
          new Outcome.Failed(
              TaskError.of(
                  TaskError.Kind.MISFIT, misfit.get(), "Return what the result schema says")));
    }
    var ended = new Change.Ended(new Outcome.Succeeded(value));
    return end(
        host.completed()
            ? List.of(ended)
            : List.of(new Change.Completed(new Completion.Result(value)), ended));
  }

  /// The model is to hear the news before its job ends; the process went with the exit.
  private boolean putOff(Host.Mark mark) {
    writer.together(
        () -> {
          host.absorb(mark);
          goOn(List.of(new Change.Recorded(writer.progress().turn(), Entry.Kind.NOTICE, PUT_OFF)));
        });
    closeWorkspace();
    return true;
  }

  private void closeWorkspace() {
    var open = workspace;
    workspace = null;
    if (open != null) {
      open.close();
    }
  }

  /// The block is over; the next one is due.
  private boolean next(Host.Mark mark, Workspace.@Nullable Shown shown) {
    writer.together(
        () -> {
          host.absorb(mark);
          if (shown != null) {
            show(shown);
          }
          pass();
        });
    return true;
  }

  /// In a model's turn an error is information for the model; elsewhere nobody is there to hear it,
  /// and the job ends.
  private boolean raised(Runnable absorbing, TaskError error) {
    var raised =
        new Change.Recorded(
            writer.progress().turn(), Entry.Kind.EXCEPTION, StoredForm.write(error));
    if (warmingUp()) {
      return fail(absorbing, List.of(raised), error);
    }
    writer.together(
        () -> {
          absorbing.run();
          writer.add(List.of(raised), writer.progress().finished(host.created()));
        });
    return true;
  }

  private boolean end(Outcome outcome) {
    return end(List.of(new Change.Ended(outcome)));
  }

  private boolean end(List<Change> last) {
    return end(() -> {}, last);
  }

  private boolean end(Runnable absorbing, List<Change> last) {
    writer.end(absorbing, last);
    return false;
  }
}
