package dev.errand.testkit;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingInt;
import static java.util.Comparator.comparingLong;

import dev.errand.job.Account;
import dev.errand.job.Blob;
import dev.errand.job.Budget;
import dev.errand.job.Callback;
import dev.errand.job.Card;
import dev.errand.job.Checkpoint;
import dev.errand.job.Completion;
import dev.errand.job.DurableObject;
import dev.errand.job.Effect;
import dev.errand.job.EffectKey;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Entry;
import dev.errand.job.Finding;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobEffect;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import dev.errand.job.Json;
import dev.errand.job.Lease;
import dev.errand.job.MemorySummary;
import dev.errand.job.NewJob;
import dev.errand.job.Note;
import dev.errand.job.Outcome;
import dev.errand.job.Quota;
import dev.errand.job.Stop;
import dev.errand.job.StoreException;
import dev.errand.job.UnknownTurnException;
import dev.errand.job.Wait;
import dev.errand.spi.Claim;
import dev.errand.spi.Receipt;
import dev.errand.spi.SearchWords;
import dev.errand.spi.Step;
import dev.errand.spi.Store;
import dev.errand.testkit.MemoryState.Row;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A store in memory: the reference that says what every other store must do.
///
/// It is simple before it is fast: one lock, look-ups that read every job, and a copy of everything
/// before each change. Nothing outlives the object.
public final class MemoryStore implements Store {
  private final InstantSource clock;
  private MemoryState state = new MemoryState();
  private boolean closed;

  /// An empty store.
  public MemoryStore(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public InstantSource clock() {
    return clock;
  }

  @Override
  public JobId submit(NewJob job) {
    return change(draft -> draft.submit(job, now()));
  }

  @Override
  public List<Claim> claim(String worker, int limit, Duration duration) {
    requirePositive(duration);
    if (limit < 0) {
      throw new IllegalArgumentException("Cannot claim " + limit + " jobs");
    }
    return change(draft -> draft.claim(worker, limit, end(duration), now()));
  }

  @Override
  public List<Lease> renew(Collection<Lease> leases, Duration duration) {
    requirePositive(duration);
    return change(
        draft ->
            leases.stream().flatMap(held -> draft.renew(held, end(duration)).stream()).toList());
  }

  @Override
  public Receipt commit(Step step) {
    return change(draft -> draft.commit(step, now()));
  }

  @Override
  public Optional<Instant> nextDue() {
    return read(
        all ->
            Stream.of(nextJob(all).stream(), nextEnd(all), nextDeadline(all).stream())
                .flatMap(moments -> moments)
                .min(Instant::compareTo));
  }

  private Optional<Instant> nextJob(MemoryState all) {
    return all.rows.values().stream()
        .filter(row -> !all.isShut(row, now()))
        .flatMap(row -> Optional.ofNullable(row.due()).stream())
        .min(Instant::compareTo);
  }

  private static Optional<Instant> nextDeadline(MemoryState all) {
    return all.timed().findFirst().map(job -> Objects.requireNonNull(job.origin().deadline()));
  }

  /// When a sweep ends a job that is to end.
  private static Stream<Instant> nextEnd(MemoryState all) {
    return all.over(Instant.MAX)
        .map(
            row ->
                row.worker() == null ? Instant.EPOCH : Objects.requireNonNull(row.stop()).until());
  }

  @Override
  public Optional<JobRecord> find(JobId id) {
    return read(all -> Optional.ofNullable(all.rows.get(id)).map(Row::job));
  }

  @Override
  public List<JobRecord> find(Collection<JobId> ids) {
    return read(
        all ->
            ids.stream()
                .distinct()
                .flatMap(id -> Optional.ofNullable(all.rows.get(id)).stream())
                .map(Row::job)
                .toList());
  }

  @Override
  public Optional<JobRecord> findByKey(String key) {
    return read(all -> all.rootByKey(key));
  }

  @Override
  public List<JobRecord> jobs(String prefix, String after, int limit) {
    return read(
        all ->
            all.jobs()
                .filter(job -> job.id().text().startsWith(prefix))
                .filter(job -> job.id().text().compareTo(after) > 0)
                .sorted(comparing(JobRecord::id))
                .limit(limit)
                .toList());
  }

  @Override
  public List<JobRecord> children(JobId parent, int after, int limit) {
    return read(
        all ->
            all.children(parent)
                .filter(child -> child.id().ordinal() > after)
                .sorted(comparingInt(child -> child.id().ordinal()))
                .limit(limit)
                .toList());
  }

  @Override
  public Optional<JobRecord> childBySubtaskId(JobId parent, Json subtaskId) {
    return read(all -> all.childBySubtaskId(parent, subtaskId));
  }

  @Override
  public List<JobRecord> ended(JobId parent, long after, int limit) {
    return read(
        all ->
            all.children(parent)
                .filter(child -> MemoryState.told(child) > Math.max(after, 0))
                .sorted(comparingLong(MemoryState::told))
                .limit(limit)
                .toList());
  }

  @Override
  public News news(JobId job, long after, int limit) {
    return read(all -> all.news(job, after, limit));
  }

  @Override
  public Optional<Wait> waiting(JobId job) {
    return read(all -> all.waiting(job));
  }

  @Override
  public List<Callback> callbacks(@Nullable JobId top, @Nullable JobId after, int limit) {
    return read(
        all ->
            all.callbacks()
                .filter(callback -> top == null || isBelow(callback.id(), top))
                .filter(callback -> after == null || callback.id().compareTo(after) > 0)
                .limit(limit)
                .toList());
  }

  @Override
  public long signal(JobId job, Json.Object message) {
    return change(draft -> draft.signal(job, message, true, now()));
  }

  @Override
  public void complete(JobId job, Completion completion) {
    change(
        draft -> {
          draft.complete(job, completion, now());
          return job;
        });
  }

  @Override
  public int stop(JobId top, Outcome outcome, Duration grace) {
    return change(draft -> draft.stop(top, outcome, grace, now()));
  }

  @Override
  public List<Stop> stops(long after) {
    return read(all -> all.stops.stream().filter(stop -> stop.number() > after).toList());
  }

  @Override
  public Optional<Stop> stopOf(JobId job) {
    return read(all -> all.stopOf(job));
  }

  @Override
  public int sweep(int limit, Duration grace) {
    return change(draft -> draft.sweep(limit, grace, now()));
  }

  @Override
  public List<Account> accounts(JobId top, @Nullable JobId after, int limit) {
    return read(
        all ->
            all.accounts
                .within(top)
                .filter(account -> after == null || account.job().compareTo(after) > 0)
                .limit(limit)
                .toList());
  }

  @Override
  public void grant(JobId job, Budget more) {
    change(
        draft -> {
          draft.grant(job, more);
          return job;
        });
  }

  @Override
  public void limit(Quota quota) {
    change(
        draft -> {
          draft.limit(quota);
          return quota;
        });
  }

  @Override
  public boolean lift(String name) {
    return change(draft -> draft.lift(name));
  }

  @Override
  public List<Quota> quotas() {
    return read(all -> List.copyOf(all.quotas.values()));
  }

  @Override
  public Optional<Instant> call(String model) {
    return change(draft -> draft.call(model, now()));
  }

  @Override
  public Count count(JobId root) {
    return read(
        all -> {
          var below =
              all.jobs()
                  .filter(job -> job.id().root().equals(root) && !job.id().equals(root))
                  .toList();
          var done = below.stream().filter(job -> job.status() == JobStatus.DONE).count();
          return new Count(below.size(), (int) done);
        });
  }

  @Override
  public boolean busy() {
    return read(all -> nextJob(all).isPresent() || all.over(Instant.MAX).findAny().isPresent());
  }

  @Override
  public Optional<JobDefinition> definition(String address) {
    return read(all -> Optional.ofNullable(all.definitions.get(address)));
  }

  @Override
  public Optional<Checkpoint> checkpoint(JobId job) {
    return read(all -> all.workspace(job).now());
  }

  @Override
  public Optional<Checkpoint> checkpoint(JobId job, int turn) {
    return read(
        all -> {
          var workspace = all.workspace(job);
          if (turn < workspace.kept()) {
            throw UnknownTurnException.forgotten(job, turn, workspace.kept());
          }
          return workspace.at(turn);
        });
  }

  @Override
  public Map<String, Blob> chunks(Collection<String> addresses) {
    return read(all -> all.soundChunks(addresses));
  }

  @Override
  public List<Effect> journal(JobId job, int turn, int statement) {
    return read(
        all ->
            all.effects.values().stream()
                .filter(effect -> effect.key().job().equals(job))
                .map(JobEffect::effect)
                .filter(effect -> effect.slot().turn() == turn)
                .filter(effect -> effect.slot().statement() >= statement)
                .sorted(comparing(Effect::slot))
                .toList());
  }

  @Override
  public List<JobEffect> effects(@Nullable JobId top, @Nullable EffectKey after, int limit) {
    return read(all -> effects(all, top, after).limit(limit).toList());
  }

  @Override
  public List<JobEffect> unknownEffects(@Nullable JobId top, @Nullable EffectKey after, int limit) {
    return read(
        all ->
            effects(all, top, after)
                .filter(effect -> effect.effect().isUnknown())
                .limit(limit)
                .toList());
  }

  private static Stream<JobEffect> effects(
      MemoryState all, @Nullable JobId top, @Nullable EffectKey after) {
    var order = comparing(EffectKey::job).thenComparing(EffectKey::slot);
    return all.effects.values().stream()
        .filter(effect -> effect.effect().policy() != EffectPolicy.READ_ONLY)
        .filter(effect -> top == null || effect.key().job().isWithin(top))
        .filter(effect -> after == null || order.compare(effect.key(), after) > 0)
        .sorted(comparing(JobEffect::key, order));
  }

  private static boolean isBelow(JobId job, JobId top) {
    return job.text().startsWith(top.text() + ".");
  }

  @Override
  public void resolve(EffectKey key, Finding finding) {
    change(
        draft -> {
          draft.resolve(key, finding, now());
          return key;
        });
  }

  @Override
  public Optional<DurableObject> object(String id) {
    return read(all -> Optional.ofNullable(all.objects.get(id)));
  }

  @Override
  public Optional<DurableObject> objectByKey(String key) {
    return read(all -> all.objectByKey(key));
  }

  @Override
  public List<DurableObject> objects(String after, int limit) {
    return read(all -> all.objects.tailMap(after, false).values().stream().limit(limit).toList());
  }

  @Override
  public void change(DurableObject object) {
    change(
        draft -> {
          draft.change(object);
          return object;
        });
  }

  @Override
  public Card remember(String memory, String id, Note note, @Nullable JobId by) {
    return change(draft -> draft.cards.remember(memory, id, note, by, now()));
  }

  @Override
  public Optional<Card> rewrite(String memory, String id, Note note, @Nullable JobId by) {
    return change(draft -> draft.cards.rewrite(memory, id, note, by, now()));
  }

  @Override
  public boolean forgetCard(String memory, String id) {
    return change(draft -> draft.cards.forget(memory, id));
  }

  @Override
  public void retrieved(String memory, Collection<String> ids) {
    change(
        draft -> {
          draft.cards.retrieved(memory, ids, now());
          return ids;
        });
  }

  @Override
  public Optional<Card> card(String memory, String id) {
    return read(all -> all.cards.find(memory, id));
  }

  @Override
  public List<Card> cards(String memory, String after, int limit) {
    return read(
        all ->
            all.cards
                .of(memory)
                .filter(card -> card.id().compareTo(after) > 0)
                .limit(limit)
                .toList());
  }

  @Override
  public long countCards(String memory) {
    return read(all -> all.cards.of(memory).count());
  }

  @Override
  public List<Match> search(String memory, SearchWords words, int limit) {
    return read(all -> all.cards.search(memory, words).limit(limit).toList());
  }

  @Override
  public List<MemorySummary> memories() {
    return read(all -> all.cards.memories());
  }

  @Override
  public List<Entry> history(JobId job, long after, int limit) {
    return read(
        all ->
            all.entries(job.root())
                .filter(entry -> entry.job().equals(job) && entry.sequence() > after)
                .limit(limit)
                .toList());
  }

  @Override
  public List<Entry> events(JobId root, long after, int limit) {
    return read(
        all -> all.entries(root).filter(entry -> entry.sequence() > after).limit(limit).toList());
  }

  @Override
  public void fork(JobId job, int turn, JobId fork) {
    change(
        draft -> {
          draft.fork(job, turn, fork, now());
          return fork;
        });
  }

  @Override
  public void forget(JobId job, int turn) {
    change(
        draft -> {
          draft.forget(job, turn);
          return job;
        });
  }

  @Override
  public Freed collect(int limit) {
    return change(draft -> draft.collect(limit));
  }

  @Override
  public synchronized void close() {
    closed = true;
  }

  /// Lets `work` change a copy, which takes the place of the state only if nothing was thrown.
  private synchronized <T> T change(Function<MemoryState, T> work) {
    requireOpen();
    var draft = new MemoryState(state);
    var result = work.apply(draft);
    state = draft;
    return result;
  }

  private synchronized <T> T read(Function<MemoryState, T> question) {
    requireOpen();
    return question.apply(state);
  }

  private void requireOpen() {
    if (closed) {
      throw new StoreException("The store is closed; open it again.");
    }
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  private Instant end(Duration duration) {
    return now().plusMillis(duration.toMillis());
  }

  private static void requirePositive(Duration duration) {
    if (duration.toMillis() <= 0) {
      throw new IllegalArgumentException("A lease needs a positive duration, not " + duration);
    }
  }
}
