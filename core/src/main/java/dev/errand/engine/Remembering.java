package dev.errand.engine;

import dev.errand.agent.MemoryView;
import dev.errand.agent.ShownCards;
import dev.errand.agent.ToolFunction;
import dev.errand.job.AgentSpec;
import dev.errand.job.Card;
import dev.errand.job.Entry;
import dev.errand.job.JobDefinition;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Json;
import dev.errand.job.MemoryUse;
import dev.errand.job.Slot;
import dev.errand.spi.Change;
import dev.errand.spi.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * What one job has of its agent's memory.
 *
 * A memory is one job's own in each line of a tree: the topmost one's whose agent has it. All below that which have it
 * too, be it by SubTask, by delegation to the same agent or through others, read it by an object that cannot write.
 *
 * What is recalled for a message is an entry, committed before the model is asked: a worker that takes the job over finds
 * it, and shows the model the same cards. That the owner has retrieved them is committed with it, and so counted once.
 *
 * Only the job's own thread uses this object; what it gives to tools may be used by any.
 */
final class Remembering {
  private final Store store;
  private final JobId job;
  private final @Nullable MemoryUse use;
  private @Nullable Set<String> above;

  Remembering(Store store, JobId job, JobDefinition definition) {
    this.store = store;
    this.job = job;
    this.use = definition.agent().memory().orElse(null);
  }

  /// A call of a tool, with the memory as this job may use it.
  ToolFunction.Call call(Slot slot, Json.Object arguments) {
    var key = slot.key(job);
    return new ToolFunction.Call(job, key, arguments, use == null ? null : memory(use, key));
  }

  private MemoryView memory(MemoryUse used, String key) {
    return isOwn(used.memory())
        ? new OwnMemory(store, used.memory(), job, key)
        : new ReadMemory(store, used.memory());
  }

  private boolean isOwn(String memory) {
    return !above().contains(memory);
  }

  /// The memories of those above this job.
  private Set<String> above() {
    var known = above;
    if (known == null) {
      var ids = Stream.iterate(job.parent(), Optional::isPresent, id -> id.get().parent());
      known =
          store.find(ids.map(Optional::get).toList()).stream()
              .map(JobRecord::definition)
              .distinct()
              .flatMap(address -> store.definition(address).stream())
              .flatMap(definition -> definition.agent().memory().stream())
              .map(MemoryUse::memory)
              .collect(Collectors.toUnmodifiableSet());
      above = known;
    }
    return known;
  }

  /// An agent as a child of this job is to have it: where its memory is that of this job, or of one
  /// above it, its model is not offered to write it.
  AgentSpec belowThis(AgentSpec agent) {
    var memory = agent.memory().map(MemoryUse::memory);
    if (memory.isEmpty()) {
      return agent;
    }
    boolean isShared = (use != null && use.memory().equals(memory.get())) || !isOwn(memory.get());
    return isShared ? agent.onlyReading() : agent;
  }

  /// What is recalled for the messages of which nothing was yet, as changes of the turn; none if
  /// there are none.
  List<Change> recall(int turn, List<Change.Recorded> history) {
    var arrived = arrived(history);
    if (use == null || use.cards() == 0 || arrived.isEmpty()) {
      return List.of();
    }
    var memory = use.memory();
    var best = MemorySearch.best(store, memory, String.join("\n", arrived), use.cards());
    var shown = ShownCards.of(best, use.characters());
    var ids = shown.cards().stream().map(Card::id).toList();
    var changes = new ArrayList<Change>();
    changes.add(
        new Change.Recorded(
            turn,
            Entry.Kind.RECALLED,
            Json.object("text", shown.text()).with("memory", memory).with("cards", ids)));
    if (!ids.isEmpty() && isOwn(memory)) {
      changes.add(new Change.Retrieved(memory, ids));
    }
    return changes;
  }

  /// The messages since something was last recalled.
  private static List<String> arrived(List<Change.Recorded> history) {
    var texts = new ArrayList<String>();
    for (var entry : history.reversed()) {
      if (entry.kind() == Entry.Kind.RECALLED) {
        break;
      }
      if (entry.kind() == Entry.Kind.MESSAGE) {
        entry.data().text("text").ifPresent(texts::addFirst);
      }
    }
    return texts;
  }
}
