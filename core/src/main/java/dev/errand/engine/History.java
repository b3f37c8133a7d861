package dev.errand.engine;

import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.spi.Change;
import dev.errand.spi.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A job's history as its worker knows it: read once, then told of what the worker adds to it,
/// committed or not.
///
/// Others add to it only what was found out about a call that nobody knows the outcome of; where
/// there is such a call, the history is read each time.
///
/// Only the job's own thread uses this object.
final class History {
  private static final int PAGE = 1000;

  private final Store store;
  private final JobId job;
  private final JobDefinition definition;
  private final StepWriter writer;
  private final List<Change.Recorded> entries = new ArrayList<>();
  private @Nullable Conversation conversation;
  private boolean openQuestion;

  History(Store store, JobId job, JobDefinition definition, StepWriter writer) {
    this.store = store;
    this.job = job;
    this.definition = definition;
    this.writer = writer;
    writer.witness(this::hear);
  }

  /// What was added may have been taken back: it is to be read again.
  void forget() {
    conversation = null;
  }

  /// All entries, oldest first.
  List<Change.Recorded> entries() {
    conversation();
    return entries;
  }

  /// What a model is shown of it.
  Conversation conversation() {
    var known = conversation;
    return known == null || openQuestion ? read() : known;
  }

  /// The model's reply of a turn, as its entry has it.
  Optional<Json.Object> reply(int turn) {
    return entries().reversed().stream()
        .filter(entry -> entry.kind() == Entry.Kind.REPLY && entry.turn() == turn)
        .findFirst()
        .map(Change.Recorded::data);
  }

  private Conversation read() {
    writer.commit();
    entries.clear();
    openQuestion = false;
    var begun = new Conversation(definition);
    conversation = begun;
    each(store, job, entry -> hear(new Change.Recorded(entry.turn(), entry.kind(), entry.data())));
    return begun;
  }

  /// All that is stored of a job's history, oldest first.
  static void each(Store store, JobId job, Consumer<Entry> reader) {
    long last = 0;
    List<Entry> page;
    do {
      page = store.history(job, last, PAGE);
      page.forEach(reader);
      last = page.isEmpty() ? last : page.getLast().sequence();
    } while (page.size() == PAGE);
  }

  /// The last of its entries of which that is true; reads all of its history.
  static Optional<Entry> find(Store store, JobId job, Predicate<Entry> which) {
    var last = new AtomicReference<Entry>();
    each(
        store,
        job,
        entry -> {
          if (which.test(entry)) {
            last.set(entry);
          }
        });
    return Optional.ofNullable(last.get());
  }

  private void hear(Change.Recorded entry) {
    if (conversation != null) {
      entries.add(entry);
      conversation.hear(entry);
      openQuestion = openQuestion || entry.kind() == Entry.Kind.EFFECT_UNKNOWN;
    }
  }
}
