package dev.errand;

import dev.errand.engine.Engine;
import dev.errand.job.Approval;
import dev.errand.job.Callback;
import dev.errand.job.JobId;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What jobs ask of people.
///
/// @param top the job whose questions they are, and those of all below it; null for the whole store
record Questions(Engine engine, @Nullable JobId top) {
  List<Callback> callbacks() {
    return open().filter(callback -> !callback.isApproval()).toList();
  }

  List<Approval> approvals() {
    var store = engine.store();
    return open()
        .filter(Callback::isApproval)
        .flatMap(callback -> store.find(callback.id()).stream())
        .flatMap(
            asked ->
                store.definition(asked.definition()).stream()
                    .map(definition -> Approval.of(asked, definition)))
        .toList();
  }

  private Stream<Callback> open() {
    return Pages.<Callback>all(
        (last, limit) -> engine.store().callbacks(top, last == null ? null : last.id(), limit))
        .stream();
  }
}
