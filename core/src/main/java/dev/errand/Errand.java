package dev.errand;

import dev.errand.agent.Agent;
import dev.errand.agent.Memory;
import dev.errand.agent.ReferenceResolver;
import dev.errand.agent.ToolFunction;
import dev.errand.engine.Engine;
import dev.errand.job.Approval;
import dev.errand.job.Callback;
import dev.errand.job.DurableObject;
import dev.errand.job.EffectKey;
import dev.errand.job.Entry;
import dev.errand.job.Finding;
import dev.errand.job.JobEffect;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.MemorySummary;
import dev.errand.job.Quota;
import dev.errand.job.StoreException;
import dev.errand.job.SubTaskOptions;
import dev.errand.job.UnknownJobException;
import dev.errand.job.UnresolvableException;
import dev.errand.job.Words;
import dev.errand.spi.ModelProvider;
import dev.errand.spi.Store;
import dev.errand.spi.StoreProvider;
import dev.errand.spi.WorkspaceRuntime;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// Durable delegated work: takes jobs, keeps them in a store, and advances them while its worker is
/// started.
///
/// Safe for use by many threads. Several processes may have the same store open; each job is
/// advanced by one of them at a time.
public final class Errand implements AutoCloseable {
  /// How long a worker is given to come to rest where nobody says otherwise: 30 s.
  public static final Duration DRAIN_WITHIN = Duration.ofSeconds(30);

  private final Engine engine;
  private final InstantSource clock;
  private final References references;

  private Errand(Engine engine, InstantSource clock, References references) {
    this.engine = engine;
    this.clock = clock;
    this.references = references;
  }

  /// Opens the store in that file, creating it if there is none, with the runtimes and providers on
  /// the class path.
  ///
  /// @throws StoreException if the file cannot be used, saying why and what to do
  public static Errand open(Path file) {
    return builder().open(file);
  }

  /// Opens the store in the database that `database` connects to, bringing its tables up to date;
  /// any number of processes on any number of machines may share it. Time is the database's.
  ///
  /// The pool, if it is one, needs some ten connections for this process, and stays open when the
  /// Errand is closed.
  ///
  /// @throws StoreException if the database cannot be used, saying why and what to do
  public static Errand open(DataSource database) {
    return builder().open(database);
  }

  /// Begins an Errand with options.
  public static Builder builder() {
    return new Builder();
  }

  /// Makes an agent known, so that this process can advance its jobs; the latest of a name counts.
  public Errand register(Agent agent) {
    engine.register(agent);
    return this;
  }

  /// Submits a root job for an agent, and makes the agent known.
  ///
  /// Twice with the same [JobSpec#key] is one job: the second call returns the first one's,
  /// whatever else it asks for. When this returns the job is stored.
  ///
  /// @throws StoreException if the store could not take the job; it was not submitted
  public Job submit(Agent agent, UnaryOperator<JobSpec> details) {
    engine.register(agent);
    var spec = details.apply(new JobSpec(agent.spec()));
    return new Job(engine, engine.submit(spec::newJob));
  }

  /// Submits a root job without further words.
  public Job submit(Agent agent) {
    return submit(agent, spec -> spec);
  }

  /// Lets other rules for the tool `SubTask` apply from now on, in this process, to jobs that run
  /// too; default [SubTaskOptions#DEFAULT].
  public Errand subTasks(UnaryOperator<SubTaskOptions> change) {
    engine.subTaskOptions(change.apply(engine.subTaskOptions()));
    return this;
  }

  /// Tells `heard` what the models of jobs that this process advances say, while they say it, until
  /// what is returned is closed.
  ///
  /// It is called on a thread of its own; if it is slow it misses pieces, and what it throws is
  /// logged.
  public AutoCloseable listen(Consumer<Words> heard) {
    return engine.listen(heard);
  }

  /// Prepares this Errand's worker; nothing is advanced before [Worker#start].
  public Worker worker() {
    return new Worker(engine);
  }

  /// The job of that name: an id, a key, or a prefix of just one root's id.
  ///
  /// @throws UnknownJobException if there is none, or more than one
  public Job job(String name) {
    return new Job(engine, named(name));
  }

  /// The root job submitted under that key.
  public Optional<Job> jobByKey(String key) {
    return engine.store().findByKey(key).map(record -> new Job(engine, record.id()));
  }

  private JobId named(String name) {
    var store = engine.store();
    var byKey = store.findByKey(name);
    if (byKey.isPresent()) {
      return byKey.get().id();
    }
    var exact = isId(name) ? store.find(new JobId(name)) : Optional.<JobRecord>empty();
    if (exact.isPresent()) {
      return exact.get().id();
    }
    // All ids of a tree begin with its root's: a prefix without a dot can only mean a root.
    var matches = name.indexOf('.') >= 0 ? store.jobs(name, "", 2) : roots(name, 2);
    if (matches.size() > 1) {
      throw UnknownJobException.ambiguous(name);
    }
    if (matches.isEmpty()) {
      throw new UnknownJobException(name);
    }
    return matches.getFirst().id();
  }

  private static boolean isId(String name) {
    try {
      return !new JobId(name).text().isEmpty();
    } catch (IllegalArgumentException noId) {
      return false;
    }
  }

  /// All jobs of the store, children too, in the order of their ids.
  public List<JobRecord> jobs() {
    var all = new ArrayList<JobRecord>();
    while (true) {
      var page = engine.store().jobs("", all.isEmpty() ? "" : all.getLast().id().text(), 1000);
      all.addAll(page);
      if (page.size() < 1000) {
        return all;
      }
    }
  }

  /// The root jobs of the store, in the order of their ids; what is below them is not read.
  public List<JobRecord> roots() {
    return roots("", Integer.MAX_VALUE);
  }

  private List<JobRecord> roots(String prefix, int limit) {
    var roots = new ArrayList<JobRecord>();
    var after = "";
    while (roots.size() < limit) {
      var next = engine.store().jobs(prefix, after, 1);
      if (next.isEmpty()) {
        break;
      }
      var root = next.getFirst();
      roots.add(root);
      // The ids below are the root's followed by a dot; a slash sorts after those, and before
      // others.
      after = root.id().text() + "/";
    }
    return roots;
  }

  /// The events of a tree after a sequence number, oldest first; see [Entry].
  public List<Entry> events(JobId root, long after, int limit) {
    return engine.store().events(root, after, limit);
  }

  /// The tool calls of all jobs of the store that are journalled, and what is known of each.
  public List<JobEffect> effects() {
    return Pages.all((last, limit) -> engine.store().effects(null, key(last), limit));
  }

  /// Those of [#effects] whose outcome nobody knows: they are being made, or their worker died.
  public List<JobEffect> unknownEffects() {
    return Pages.all((last, limit) -> engine.store().unknownEffects(null, key(last), limit));
  }

  static @Nullable EffectKey key(@Nullable JobEffect effect) {
    return effect == null ? null : effect.key();
  }

  /// The callbacks of all jobs of the store that nobody has answered; see [Job#answer].
  public List<Callback> callbacks() {
    return new Questions(engine, null).callbacks();
  }

  /// The calls of tools of all jobs of the store that wait for a person to allow them; see
  /// [#allow].
  public List<Approval> approvals() {
    return new Questions(engine, null).approvals();
  }

  /// Allows a call that [#approvals] has, in the name of a person; the job goes on.
  ///
  /// The answer counts once this returns, whatever is killed after that. Only a program that speaks
  /// for a person is to call this: it is refused within a call of a tool or of a model.
  ///
  /// @param question the id of the question
  /// @param by who allows it; stands in the history
  /// @throws SignalRefusedException if it was answered before, or taken back: the first answer
  ///   stands; or the job is no such question
  public void allow(JobId question, String by) {
    engine.answer(question, new Approval.Answer(true, by, ""));
  }

  /// Answers that a call which [#approvals] has is not to be made; see [#allow].
  ///
  /// @param reason why, which whoever wanted to make it is told; empty for nothing
  /// @throws SignalRefusedException as [#allow] does
  public void deny(JobId question, String by, String reason) {
    engine.answer(question, new Approval.Answer(false, by, reason));
  }

  /// Says what came of a call whose outcome nobody knew.
  ///
  /// If the job has not gone on yet, its code is given that outcome, or makes the call if it was
  /// not made. If the code was told `EffectUnknown` already that stands, in every replay; the
  /// finding is kept in the books, and a model is told before its next turn.
  ///
  /// @throws UnresolvableException if there is no such effect, its outcome is known, or a worker
  ///   holds the job and may be making the call
  public void resolve(EffectKey key, Finding finding) {
    engine.store().resolve(key, finding);
  }

  /// The durable object under that key, made of the record if there is none yet. Give it to jobs
  /// with [JobSpec#var].
  public Durable durable(String key, Record initial) {
    var type = initial.getClass().getSimpleName();
    var attributes = Durable.plain(Json.of(initial));
    var fresh = new DurableObject(DurableObject.randomId(), key, type, 1, attributes, null);
    return new Durable(engine.store(), Durable.foundOrMade(engine.store(), key, fresh).id());
  }

  /// The durable object of that id or key, whoever made it.
  ///
  /// @throws IllegalArgumentException if there is none
  public Durable durable(String name) {
    var store = engine.store();
    return store
        .object(name)
        .or(() -> store.objectByKey(name))
        .map(object -> new Durable(store, object.id()))
        .orElseThrow(() -> new IllegalArgumentException("There is no durable object " + name));
  }

  /// The memory of that name; it is there as soon as it has a card. What is searched through it is
  /// counted, through [Memory#view] it is not.
  ///
  /// @throws IllegalArgumentException if it is no name of a memory
  public Memory memory(String name) {
    return engine.memory(name);
  }

  /// The memories that have a card, in the order of their names.
  public List<MemorySummary> memories() {
    return engine.store().memories();
  }

  /// A reference to an object of the application, to give to jobs with [JobSpec#var]: they can call
  /// its exposed methods, and nothing else.
  ///
  /// @param type as registered with [Builder#references]
  /// @throws IllegalArgumentException if there is no such type
  public Reference reference(String type, String id) {
    return references.reference(engine.store(), type, id);
  }

  /// Sets a limit that all workers of the store hold together, whatever process they are in, until
  /// it is lifted; in place of the one of the same name, if there is one. What is at work already
  /// stays so.
  ///
  /// Jobs that it holds back wait, and hold nothing meanwhile: no permit, no thread.
  public void limit(Quota quota) {
    engine.limit(quota);
  }

  /// Lifts the limit of that [name][Quota#name]; false if there is none.
  public boolean lift(String name) {
    return engine.lift(name);
  }

  /// The limits that all workers of the store hold together, in the order of their names.
  public List<Quota> limits() {
    return engine.store().quotas();
  }

  /// Waits until something may have changed, at most `atMost`.
  ///
  /// @throws StoreException if the store failed the worker, which goes on trying, and could claim
  ///   nothing since
  public void awaitChange(Duration atMost) throws InterruptedException {
    engine.awaitChange(atMost);
  }

  /// Whether the worker has nothing to do, and no job will fall due soon by itself.
  public boolean idle() {
    return engine.idle();
  }

  /// What this process lacks to advance the job, such as the tools of its agent; empty when it
  /// lacks nothing.
  public Optional<String> lacking(JobRecord job) {
    return engine.lacking(job);
  }

  /// The time by this Errand's clock, which stamps all that happens in it.
  public Instant now() {
    return clock.instant();
  }

  /// The store, for reading.
  public Store store() {
    return engine.store();
  }

  /// Has this Errand's worker leave its jobs to others: claims none any more, and waits until each
  /// that it advances has come to rest and was handed back, so that another worker goes on with it
  /// at once; at most `within`.
  ///
  /// A job comes to rest at the next statement's end, or before the next thing that its code asks
  /// for; calls of tools that are under way are waited for. Shortly before the time is over, code
  /// that still runs is stopped, to be carried out again from its last checkpoint, and a model that
  /// has not answered is broken off, to be asked again. A tool that has not returned by the end is
  /// left alone: its job keeps its lease until that runs out, and is taken over then as that of a
  /// worker that died; what the tool returns before is still recorded.
  ///
  /// All else can be done with this Errand as before; [#close] it to be done with it. Any thread
  /// may call this, also several at once, and again: the shortest time counts. Nothing happens
  /// where no worker was started, but that none can be any more.
  ///
  /// @return the jobs that have not come to rest; empty if all have
  /// @throws InterruptedException if this thread was interrupted; the worker drains all the same
  /// @throws IllegalArgumentException if the time is negative
  public List<JobId> drain(Duration within) throws InterruptedException {
    if (within.isNegative()) {
      throw new IllegalArgumentException("A worker cannot drain within " + within);
    }
    return engine.drain(within);
  }

  /// Stops the worker, ends its processes and closes the store.
  ///
  /// What a worker can hand back at once is, as [#drain] does it, but nothing is waited for: a call
  /// of a tool that is under way may have an unknown outcome, and what code has computed since its
  /// last checkpoint is computed again. Other jobs stay as their last commit left them. Drain first
  /// to lose nothing.
  @Override
  public void close() {
    engine.close();
  }

  /// Collects the parts of an Errand; not thread-safe.
  public static final class Builder {
    private final List<WorkspaceRuntime> runtimes = new ArrayList<>();
    private final List<ModelProvider> models = new ArrayList<>();
    private final List<ToolFunction> tools = new ArrayList<>();
    private final References references = new References();
    private @Nullable InstantSource clock;
    private Path workingDirectory = Path.of("");
    private @Nullable Store store;

    private Builder() {}

    /// Adds a workspace runtime in place of the one of that name on the class path.
    public Builder runtime(WorkspaceRuntime runtime) {
      runtimes.add(runtime);
      return this;
    }

    /// Adds a model provider in place of the one of that name on the class path.
    public Builder models(ModelProvider provider) {
      models.add(provider);
      return this;
    }

    /// Adds a tool that every job may call.
    public Builder tool(ToolFunction tool) {
      tools.add(tool);
      return this;
    }

    /// Makes objects of the application known that jobs may hold by reference: methods of
    /// `javaType` with [dev.errand.agent.Exposed] are called on what the resolver finds for an id.
    ///
    /// @throws IllegalArgumentException if the type is no lower-case identifier, or no method is
    ///   exposed
    public <T> Builder references(String type, Class<T> javaType, ReferenceResolver<T> resolver) {
      references.register(type, javaType, resolver);
      return this;
    }

    /// The clock; default the store's: of a file the machine's, of a database that one's own.
    public Builder clock(InstantSource clock) {
      this.clock = clock;
      return this;
    }

    /// The directory below which `read_text` and `list_files` read; default the process's own.
    public Builder workingDirectory(Path directory) {
      this.workingDirectory = directory;
      return this;
    }

    /// A store that is open already; it is closed with the Errand.
    public Builder store(Store store) {
      this.store = store;
      return this;
    }

    /// Opens the store in that file.
    ///
    /// @throws StoreException if the file cannot be used, or no store module is on the class path
    public Errand open(Path file) {
      return store(provider(file).open(file, clock == null ? SystemClock.INSTANCE : clock)).open();
    }

    /// Opens the store in the database at that URL, `jdbc:postgresql://…`; see
    /// [Errand#open(DataSource)].
    ///
    /// @throws StoreException if the database cannot be used, or no store module is on the class
    ///   path
    public Errand open(String url) {
      return store(provider(url.replaceFirst("[?].*", "")).open(url, clock)).open();
    }

    /// Opens the store in that database; see [Errand#open(DataSource)].
    public Errand open(DataSource database) {
      return store(provider(database).open(database, clock)).open();
    }

    private static StoreProvider provider(Object place) {
      return ServiceLoader.load(StoreProvider.class)
          .findFirst()
          .orElseThrow(
              () ->
                  new StoreException(
                      "No store for " + place + ": add dev.errand:errand-jdbc to the class path"));
    }

    /// Opens an Errand over the store that was given.
    ///
    /// @throws IllegalStateException if none was given
    public Errand open() {
      if (store == null) {
        throw new IllegalStateException("Give a store, or open a file");
      }
      for (var found : ServiceLoader.load(WorkspaceRuntime.class)) {
        if (runtimes.stream().noneMatch(given -> given.name().equals(found.name()))) {
          runtimes.add(found);
        }
      }
      for (var found : ServiceLoader.load(ModelProvider.class)) {
        if (models.stream().noneMatch(given -> given.provider().equals(found.provider()))) {
          models.add(found);
        }
      }
      tools.addAll(new WorkingDirectory(workingDirectory).tools());
      tools.addAll(references.tools(store));
      var time = clock == null ? store.clock() : clock;
      return new Errand(new Engine(store, runtimes, models, tools, time), time, references);
    }
  }
}
