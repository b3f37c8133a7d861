package dev.errand.engine;

import dev.errand.job.AgentSpec;
import dev.errand.job.Attempts;
import dev.errand.job.ChatStyle;
import dev.errand.job.CodeBlock;
import dev.errand.job.Delta;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.NewJob;
import dev.errand.job.Permissions;
import dev.errand.job.RefusedException;
import dev.errand.job.Rule;
import dev.errand.job.Subtask;
import dev.errand.spi.Change;
import dev.errand.spi.Host.Child;
import dev.errand.spi.Host.ChildRequest;
import dev.errand.spi.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * The children of one job: creating them, giving them handlers, looking at them.
 *
 * Creating a child needs no answer from outside: it is committed with whatever is committed next. Its id follows from
 * its parent and ordinal, so a replay that creates it again is recognised here and by the store.
 *
 * A child created without a handler is held back until it gets one, or until the code waits, calls a tool that is not
 * READ_ONLY or ends its block, or some seconds have gone by, lest it begin (and look for its handler) in between. No progress
 * beyond its creation is committed before it.
 *
 * Only the job's own thread uses this object.
 */
final class Children {
  private static final int PAGE = 1000;
  private static final int FEW = 16;

  private final Store store;
  private final Registry registry;
  private final JobId job;
  private final JobDefinition definition;
  private final StepWriter writer;
  private final Remembering remembering;
  private final Map<JobId, Known> known = new HashMap<>();
  private final Map<Json, JobId> subtaskIds = new HashMap<>();
  private final Map<JobId, Change.Created> heldBack = new LinkedHashMap<>();
  private final Set<JobId> met = new HashSet<>();
  private final Set<JobId> given = new HashSet<>();
  private final Ends ends;
  private @Nullable Child lastEnded;
  private boolean hadSome;
  private int created;

  /// A child that this job created, as it was then: a replay must not see more of it. `digest` is
  /// that of what was asked for.
  private record Known(String digest, Child child) {}

  Children(
      Store store,
      Registry registry,
      JobRecord job,
      JobDefinition definition,
      StepWriter writer,
      Remembering remembering) {
    this.store = store;
    this.registry = registry;
    this.job = job.id();
    this.definition = definition;
    this.writer = writer;
    this.remembering = remembering;
    this.ends = new Ends(store, job.id());
    this.created = job.progress().created();
    this.hadSome = created > 0;
  }

  /// Learns of those created after the first `ordinal` ones, which a replay will create again; what
  /// was known of any that are not stored is forgotten.
  void learnAfter(int ordinal) {
    known.clear();
    subtaskIds.clear();
    hadSome = hadSome || ordinal > 0;
    for (var child : after(ordinal)) {
      remember(child.origin().digest(), Seen.born(child));
    }
  }

  /// The child of that number, if it was created here or is one that a replay creates again.
  Optional<JobId> known(int ordinal) {
    return Optional.of(job.child(ordinal)).filter(known::containsKey);
  }

  /// The id of the handler of the child of that number, if [#known].
  Optional<Json> subtaskId(int ordinal) {
    return Optional.ofNullable(known.get(job.child(ordinal)))
        .flatMap(child -> Optional.ofNullable(child.child().subtaskId()));
  }

  /// The highest ordinal of a child that may exist.
  int created() {
    return created;
  }

  /// Those held back are about to be committed.
  void released() {
    heldBack.clear();
  }

  Child create(ChildRequest request, @Nullable Delta workspace) {
    var id = job.child(request.ordinal());
    return create(request, newJob(id, request, workspace));
  }

  /// Creates a child of another setup than the request would have it.
  Child create(ChildRequest request, JobDefinition setup) {
    return create(request, newJob(job.child(request.ordinal()), setup, request, null));
  }

  private Child create(ChildRequest request, NewJob newJob) {
    var id = newJob.id();
    var before = known.get(id);
    if (before != null) {
      if (!before.digest().equals(newJob.digest())) {
        throw Journal.diverged(
            "job " + id,
            "a child of agent " + newJob.definition().agent().name(),
            "another one, of agent " + before.child().agent() + ", was created there");
      }
      return before.child();
    }
    if (!newJob.definition().isCallback() && definition.attempts().isEmpty()) {
      checkAllowed(id);
    }
    checkFree(request.subtaskId());
    add(new Change.Created(newJob));
    if (definition.attempts().isEmpty()) {
      var works = newJob.definition().attempts().map(Attempts::work).orElse(newJob.definition());
      works.agent().permissions().stream()
          .flatMap(one -> one.granted().stream())
          .filter(grant -> !isGranted(definition.agent(), grant))
          .distinct()
          .forEach(grant -> writer.add(granted(grant, id)));
    }
    var child = Seen.born(id, newJob.definition().agent().name(), request.subtaskId());
    remember(newJob.digest(), child);
    return child;
  }

  private static boolean isGranted(AgentSpec agent, Permissions.Grant grant) {
    return agent.permissions().stream().anyMatch(one -> one.granted().contains(grant));
  }

  /// What a child may do that a job above it may not stands in the history, under its name.
  private Change granted(Permissions.Grant grant, JobId child) {
    return new Change.Recorded(
        writer.progress().turn(),
        Entry.Kind.PERMISSION_GRANTED,
        Json.object("name", grant.name())
            .with("agent", grant.agent())
            .with("job", child.text())
            .with("rules", grant.rules().stream().map(Rule::toString).toList()));
  }

  private void add(Change.Created change) {
    if (change.job().subtask() == null) {
      heldBack.put(change.job().id(), change);
      writer.addHeld(change);
    } else {
      writer.add(change);
      writer.commitShortly();
    }
  }

  private void checkAllowed(JobId id) {
    if (definition.agent().limits().children() == 0) {
      throw new RefusedException(
          "RuntimeError",
          "Job %s may have no children: the limit of agent %s is 0."
              .formatted(job, definition.agent().name()));
    }
    int limit = definition.agent().limits().depth();
    if (id.depth() > limit && id.depth() - attemptsAbove() > limit) {
      throw new RefusedException(
          "RuntimeError",
          "Job %s is at depth %d, the limit of agent %s; it cannot create a child below it."
              .formatted(job, job.depth(), definition.agent().name()));
    }
  }

  /// Of this job and those above it, how many are attempts: the levels of jobs that supervise them
  /// do not count.
  private long attemptsAbove() {
    return line().filter(Children::isAttempt).count();
  }

  /// Of this job and those above it, how many a model began by the tool `SubTask`.
  int toolDepth() {
    return (int) line().filter(one -> one.subtask() != null && one.subtask().isOfTool()).count();
  }

  /// This job and those above it.
  private Stream<JobRecord> line() {
    var ids = Stream.iterate(Optional.of(job), Optional::isPresent, id -> id.get().parent());
    return store.find(ids.map(Optional::get).toList()).stream();
  }

  /// Children as they are stored.
  List<JobRecord> records(List<JobId> ids) {
    return store.find(ids);
  }

  private NewJob newJob(JobId id, ChildRequest request, @Nullable Delta workspace) {
    var attempts = definition.attempts();
    if (attempts.isPresent()) {
      return attempt(id, attempts.get());
    }
    var callback = callback(request);
    if (callback.isPresent()) {
      return newJob(id, callback.get(), request, workspace);
    }
    var agent = remembering.belowThis(agent(request));
    var briefing = request.briefing();
    var locale = briefing.locale() == null ? definition.locale() : briefing.locale();
    var schema = briefing.resultSchema();
    if (schema != null) {
      ResultSchema.of(schema);
    }
    var setup =
        new JobDefinition(agent, blocks(agent, request), briefing.parameters(), locale, schema)
            .below(definition.agent());
    if (briefing.message() != null && agent.model() == null) {
      throw new RefusedException(
          "ValueError", "Agent %s has no model to read a message".formatted(agent.name()));
    }
    return briefing.retry() == null
        ? newJob(id, setup, request, workspace)
        : supervising(
            id, new Attempts(briefing.retry(), setup, briefing.message()), request, workspace);
  }

  /// A job that attempts the work. It begins with the variables that each attempt is to begin with,
  /// and leaves them as they are.
  private static NewJob supervising(
      JobId id, Attempts attempts, ChildRequest request, @Nullable Delta workspace) {
    var setup = JobDefinition.supervising(attempts);
    var timeout = timeout(attempts.longest(), request);
    return new NewJob(
        id,
        null,
        setup,
        setup.address(),
        handler(request),
        workspace,
        null,
        timeout,
        request.briefing().budget(),
        request.briefing().priority());
  }

  /// The next attempt: what this job supervises, anew. Its exit value is its result where nobody
  /// has given this job a handler to complete.
  private NewJob attempt(JobId id, Attempts attempts) {
    var setup = attempts.work();
    var handler = find(job).subtask();
    boolean isFuture = handler == null || handler.isFuture();
    var own = Subtask.attemptId(id.ordinal(), attempts.retry().attempts(), isFuture);
    var workspace = store.checkpoint(job).map(Delta::beginning).orElse(null);
    return new NewJob(
        id,
        null,
        setup,
        setup.address(),
        Subtask.open(own),
        workspace,
        attempts.message(),
        attempts.timeout());
  }

  private static Duration timeout(Duration longest, ChildRequest request) {
    var asked = request.briefing().timeout();
    return asked == null || asked.compareTo(longest) > 0 ? longest : asked;
  }

  private static @Nullable Subtask handler(ChildRequest request) {
    return request.subtaskId() == null ? null : Subtask.open(request.subtaskId());
  }

  private static Optional<JobDefinition> callback(ChildRequest request) {
    return request.blocks().stream()
        .filter(block -> block.kind() == CodeBlock.Kind.ANSWER)
        .map(block -> JobDefinition.callback(block.source()))
        .findFirst();
  }

  private static NewJob newJob(
      JobId id, JobDefinition setup, ChildRequest request, @Nullable Delta workspace) {
    var message = request.briefing().message();
    var asked = message == null ? "" : "/" + Journal.digest(message);
    return new NewJob(
        id,
        null,
        setup,
        setup.address() + asked,
        handler(request),
        workspace,
        message,
        timeout(setup.agent().limits().jobTime(), request),
        request.briefing().budget(),
        request.briefing().priority());
  }

  /// A Java program is what its agent does, whoever delegates to it.
  private static List<CodeBlock> blocks(AgentSpec agent, ChildRequest request) {
    if (agent.runtime().equals(JavaRuntime.NAME)) {
      return List.of(new CodeBlock(CodeBlock.Kind.PROGRAM, agent.name()));
    }
    try {
      return request.blocks().stream().map(CodeBlock::marked).toList();
    } catch (IllegalArgumentException unknownMark) {
      throw new RefusedException("ValueError", String.valueOf(unknownMark.getMessage()));
    }
  }

  private AgentSpec agent(ChildRequest request) {
    var own = definition.agent();
    var name = request.agent();
    if (name != null && name.equals(own.name())) {
      return own;
    }
    if (name == null) {
      return own.codeOnly();
    }
    return registry
        .agent(name)
        .orElseGet(
            () ->
                new AgentSpec(
                    name,
                    guided(request.agentForm().text("instructions").orElse("")),
                    request.agentForm().text("model").orElse(null),
                    List.of(),
                    own.runtime().equals(JavaRuntime.NAME) ? "cpython" : own.runtime(),
                    true,
                    own.limits(),
                    List.of()));
  }

  /// An agent that code makes up is told how to act like any other.
  private static String guided(String instructions) {
    return instructions + "\n\n" + ChatStyle.MD_DIALOG.guide(true);
  }

  private void checkFree(@Nullable Json subtaskId) {
    if (subtaskId == null || subtaskId instanceof Json.Null) {
      return;
    }
    var taken = subtaskIds.get(subtaskId);
    if (taken == null && hadSome) {
      taken = store.childBySubtaskId(job, subtaskId).map(JobRecord::id).orElse(null);
    }
    if (taken != null) {
      throw new RefusedException(
          "ValueError",
          "Sub-task id=%s is taken by job %s; ids are unique per parent, choose another."
              .formatted(subtaskId.print(), taken));
    }
  }

  private void remember(String digest, Child child) {
    known.put(child.job(), new Known(digest, child));
    if (child.subtaskId() != null && !(child.subtaskId() instanceof Json.Null)) {
      subtaskIds.put(child.subtaskId(), child.job());
    }
    created = Math.max(created, child.job().ordinal());
  }

  Child attach(JobId id, Json subtaskId) {
    var before = known.get(id);
    var now = before == null ? Seen.born(find(id)) : before.child();
    if (now.subtaskId() != null && !(now.subtaskId() instanceof Json.Null)) {
      if (now.subtaskId().equals(subtaskId) || subtaskId instanceof Json.Null) {
        return now;
      }
      throw new RefusedException("RuntimeError", "Job " + id + " has a sub-task handler already");
    }
    if (!isOwn(id)) {
      throw new RefusedException(
          "RuntimeError",
          "Job %s is no child of job %s; only its parent can hold its handler".formatted(id, job));
    }
    checkFree(subtaskId);
    giveHandler(id, subtaskId);
    var child = Seen.born(id, now.agent(), subtaskId);
    remember(before == null ? find(id).origin().digest() : before.digest(), child);
    writer.commitShortly();
    return child;
  }

  private void giveHandler(JobId id, Json subtaskId) {
    var held = heldBack.remove(id);
    if (heldBack.isEmpty()) {
      writer.letGo();
    }
    if (held != null) {
      var withHandler = held.job().handledBy(Subtask.open(subtaskId));
      if (writer.replace(held, new Change.Created(withHandler))) {
        return;
      }
    }
    writer.add(new Change.Attached(id, subtaskId));
  }

  /// Refuses to wait for what does not exist; children that are about to be stored do.
  void requireKnown(List<JobId> handlers) {
    var strangers =
        handlers.stream().filter(id -> !known.containsKey(id) && !met.contains(id)).toList();
    if (!strangers.isEmpty()) {
      store.find(strangers).forEach(job -> met.add(job.id()));
      for (var id : strangers) {
        if (!met.contains(id)) {
          throw unknown(id);
        }
      }
    }
  }

  /// The code has the outcomes of these: it need not be told of them.
  void given(List<Child> ended) {
    if (definition.agent().model() != null) {
      var own = ended.stream().map(Child::job).filter(this::isOwn).toList();
      if (given.addAll(own)) {
        writer.add(new Change.Given(own));
      }
    }
  }

  /// Those whose outcomes the code was given here.
  Set<JobId> given() {
    return given;
  }

  private boolean isOwn(JobId id) {
    return id.parent().equals(Optional.of(job));
  }

  /// All of them as they are now, or the one whose handler has that id.
  List<Child> stored(@Nullable Json subtaskId) {
    writer.commit();
    released();
    return subtaskId == null
        ? after(0).stream().map(Seen::seen).toList()
        : store.childBySubtaskId(job, subtaskId).stream().map(Seen::seen).toList();
  }

  /// The handlers as they are now; one that is not stored yet is as it was created.
  List<Child> look(List<JobId> handlers) {
    var stored = new HashMap<JobId, Child>();
    if (lastEnded != null) {
      stored.put(lastEnded.job(), lastEnded);
    }
    if (!handlers.stream().allMatch(id -> stored.containsKey(id) || writer.isPending(id))) {
      store.find(handlers).forEach(job -> stored.put(job.id(), Seen.seen(job)));
    }
    met.addAll(stored.keySet());
    return handlers.stream()
        .map(id -> stored.containsKey(id) ? stored.get(id) : unstored(id))
        .toList();
  }

  /// Learns of a handler that has ended: how it did never changes.
  void heard(@Nullable JobRecord ended) {
    lastEnded = ended == null ? null : Seen.seen(ended);
  }

  /// Those of the handlers that have ended by now, in the order asked; one that is not stored yet
  /// has not.
  List<Child> ended(List<JobId> handlers) {
    if (handlers.size() <= FEW) {
      return look(handlers).stream().filter(child -> child.completion() != null).toList();
    }
    requireKnown(handlers);
    var ended = ends.among(handlers);
    return handlers.stream().flatMap(id -> Stream.ofNullable(ended.get(id))).toList();
  }

  private Child unstored(JobId id) {
    var created = known.get(id);
    if (created == null) {
      throw unknown(id);
    }
    return created.child();
  }

  /// Who speaks for a job: its last attempt if it supervises any, else the job itself.
  JobId speaker(JobId id) {
    boolean supervises = store.children(id, 0, 1).stream().anyMatch(Children::isAttempt);
    return supervises ? store.children(id, 0, PAGE).getLast().id() : id;
  }

  private static boolean isAttempt(JobRecord job) {
    return job.subtask() != null && job.subtask().isAttempt();
  }

  /// A job of the tree, stored or about to be.
  JobRecord find(JobId id) {
    return store
        .find(id)
        .or(
            () -> {
              writer.commit();
              return store.find(id);
            })
        .orElseThrow(() -> unknown(id));
  }

  private static RefusedException unknown(JobId id) {
    return new RefusedException("RuntimeError", "There is no job " + id);
  }

  private List<JobRecord> after(int ordinal) {
    var all = new ArrayList<JobRecord>();
    int last = ordinal;
    while (true) {
      var page = store.children(job, last, PAGE);
      all.addAll(page);
      if (page.size() < PAGE) {
        return all;
      }
      last = page.getLast().id().ordinal();
    }
  }
}
