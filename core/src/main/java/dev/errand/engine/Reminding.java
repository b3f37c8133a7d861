package dev.errand.engine;

import dev.errand.job.Entry;
import dev.errand.job.Json;
import dev.errand.job.Reminder;
import dev.errand.spi.Change;
import java.util.List;
import java.util.Optional;

/// A model's last word of a turn, for which a reminder may be due.
///
/// @param turn the turn
/// @param words the reply
record Reminding(int turn, String words) {
  /// What the history is to say of the reminder, if it is due.
  Optional<Change.Recorded> by(Reminder reminder, List<Change.Recorded> history) {
    boolean told = history.stream().anyMatch(entry -> entry.kind() == Entry.Kind.REMINDER);
    return (told && !reminder.recurring()) || length(history) < reminder.minDialogLength()
        ? Optional.empty()
        : Optional.of(
            new Change.Recorded(turn, Entry.Kind.REMINDER, Json.object("text", reminder.text())));
  }

  private long length(List<Change.Recorded> history) {
    return history.stream().filter(this::isEarlierMessage).count() + (says(words) ? 1 : 0);
  }

  private boolean isEarlierMessage(Change.Recorded entry) {
    return entry.kind() == Entry.Kind.MESSAGE
        || (entry.kind() == Entry.Kind.REPLY
            && entry.turn() < turn
            && says(entry.data().text("text").orElse("")));
  }

  private static boolean says(String reply) {
    return Acts.prose(reply).isPresent();
  }
}
