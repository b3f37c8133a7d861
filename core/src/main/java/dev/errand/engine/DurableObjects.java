package dev.errand.engine;

import dev.errand.job.DurableObject;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.ObjectConflictException;
import dev.errand.job.Progress;
import dev.errand.job.RefusedException;
import dev.errand.job.Slot;
import dev.errand.job.StoredForm;
import dev.errand.job.Value;
import dev.errand.spi.Change;
import dev.errand.spi.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/*
 * Durable objects as one job's code sees and changes them.
 *
 * A statement falls into stretches: from one question that it puts to the engine to the next. In each, what it looks at is
 * as the store has it, and what it changes is committed at the end of the stretch, in one step with the record of
 * both. (Where the statement is over with it, the step brings the checkpoint after the statement in the place of the record.)
 * So a crash leaves two cases. The step was committed: then a replay of the statement is given the recorded looks,
 * and its change finds its record and is not made again. It was not: then nothing of the stretch happened, and
 * it begins with new looks. A stretch that changes nothing is recorded with what the code asks for next, which follows
 * from what it saw.
 *
 * The store refuses a change that is based on an old form of its object. Then the stretch is as if it had crashed: Conflict
 * ends the workspace, and the statement is carried out again, with the records of its earlier stretches and new looks for
 * this one. So no change is lost, and whoever was refused was refused because another one went on.
 *
 * Only the job's own thread uses this object.
 */
final class DurableObjects {
  private static final String NEW = "errand.new_object";
  private static final String LOOK = "errand.object";
  private static final String CHANGE = "errand.change";

  /// A change was refused; what was done since the last question was answered did not happen.
  static final class Conflict extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private final Store store;
  private final JobId job;
  private final StepWriter writer;
  private final Journal journal;
  private final ObjectLocks locks;
  private final List<Change> looks = new ArrayList<>();

  DurableObjects(Store store, JobId job, StepWriter writer, Journal journal, ObjectLocks locks) {
    this.store = store;
    this.job = job;
    this.writer = writer;
    this.journal = journal;
    this.locks = locks;
  }

  /// Forgets what was looked at and not recorded: a stretch begins, or nothing more will.
  void begin() {
    looks.clear();
    locks.release(job);
  }

  /// Whether the code looked at an object in this stretch.
  boolean isLooking() {
    return !looks.isEmpty();
  }

  String draw(Slot slot) {
    var known = journal.recorded(slot, NEW, "");
    if (known != null) {
      return ((Json.Text) json(known)).value();
    }
    var id = DurableObject.randomId();
    looks.add(new Change.Journalled(reading(slot, NEW, "", new Json.Text(id))));
    return id;
  }

  DurableObject look(Slot slot, String id) {
    var known = journal.recorded(slot, LOOK, Journal.digest(id));
    if (known != null) {
      return object(id, (Json.Object) json(known));
    }
    take(id);
    var object =
        store
            .object(id)
            .orElseThrow(
                () -> new RefusedException("LookupError", "There is no durable object " + id));
    looks.add(new Change.Journalled(reading(slot, LOOK, Journal.digest(id), form(object))));
    return object;
  }

  private void take(String id) {
    try {
      locks.take(job, id);
    } catch (InterruptedException stopped) {
      locks.release(job);
      Thread.currentThread().interrupt();
      throw new Dropped("interrupted while it waited for durable object " + id);
    }
  }

  /// Whether this change was made before, by an earlier pass of the statement.
  ///
  /// @throws RefusedException if it may not be made, or is not what was made there before
  boolean isMade(Slot slot, List<DurableObject> objects) {
    if (objects.stream().anyMatch(object -> object.id().startsWith(DurableObject.REFERENCE))) {
      throw new RefusedException("TypeError", "A reference to the application cannot be changed");
    }
    return journal.recorded(slot, CHANGE, digest(objects)) != null;
  }

  /// Stores objects, together with other changes of the stretch and the progress they make; false
  /// if another was faster, and then neither is.
  ///
  /// @param passed whether that progress is past the statement, so that it is never carried out
  ///   again and needs no record
  boolean change(
      Slot slot,
      List<DurableObject> objects,
      List<Change> others,
      Progress progress,
      boolean passed) {
    var changes = new ArrayList<>(others);
    if (!passed) {
      changes.addAll(looks);
      changes.add(new Change.Journalled(reading(slot, CHANGE, digest(objects), Json.Null.VALUE)));
    }
    objects.forEach(object -> changes.add(new Change.ObjectChanged(object)));
    try {
      writer.commitUnlessRefused(changes, progress);
      begin();
      return true;
    } catch (ObjectConflictException conflict) {
      begin();
      locks.contended(conflict.id());
      return false;
    }
  }

  private static String digest(List<DurableObject> objects) {
    return Journal.digest(objects.stream().map(DurableObject::id).collect(Collectors.joining(" ")));
  }

  /// The code asks for something else, which may follow from what it saw.
  void settle() {
    if (!looks.isEmpty()) {
      writer.add(looks.toArray(Change[]::new));
    }
    begin();
  }

  private static Json json(Effect known) {
    return ((Value.Plain) ((Effect.Result.Returned) known.result()).value()).json();
  }

  private static Effect reading(Slot slot, String name, String digest, Json seen) {
    var result = new Effect.Result.Returned(new Value.Plain(seen));
    return new Effect(slot, name, digest, EffectPolicy.READ_ONLY, result);
  }

  private static Json.Object form(DurableObject object) {
    var by = object.by();
    return Json.object("type", object.type())
        .with("version", object.version())
        .with("by", by == null ? null : by.text())
        .with("attributes", StoredForm.write(object.attributes()));
  }

  private static DurableObject object(String id, Json.Object form) {
    return new DurableObject(
        id,
        null,
        form.text("type").orElseThrow(),
        form.number("version").orElseThrow(),
        StoredForm.attributes((Json.Object) form.get("attributes").orElseThrow()),
        form.text("by").map(JobId::new).orElse(null));
  }
}
