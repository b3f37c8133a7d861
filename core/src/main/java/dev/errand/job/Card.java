package dev.errand.job;

import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// A note as a memory keeps it.
///
/// @param id what it is called by, unique within its memory
/// @param note what is remembered
/// @param created when it was written first
/// @param updated when it was written last
/// @param by the job that wrote it last; null for the application
/// @param accesses how often it was retrieved by who owns the memory
/// @param accessed when it was last; null if it never was
public record Card(
    String id,
    Note note,
    Instant created,
    Instant updated,
    @Nullable JobId by,
    long accesses,
    @Nullable Instant accessed) {
  private static final int MOST_OF_AN_ID = 200;

  /// @throws IllegalArgumentException if the id is blank or too long, or has a space in it
  public Card {
    requireId(id);
  }

  /// A new card.
  public static Card written(String id, Note note, @Nullable JobId by, Instant now) {
    return new Card(id, note, now, now, by, 0, null);
  }

  /// The same with another note.
  public Card rewritten(Note other, @Nullable JobId writer, Instant now) {
    return new Card(id, other, created, now, writer, accesses, accessed);
  }

  /// The same, retrieved once more.
  public Card retrieved(Instant now) {
    return new Card(id, note, created, updated, by, accesses + 1, now);
  }

  /// A new id.
  public static String randomId() {
    return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  }

  /// Refuses what is no id of a card.
  ///
  /// @throws IllegalArgumentException if it is blank, has a space in it or other characters than
  ///   those of ASCII, or more than 200
  public static void requireId(String id) {
    if (id.length() > MOST_OF_AN_ID || !id.matches("[!-~]+")) {
      throw new IllegalArgumentException(
          "The id of a card has 1 to %d ASCII characters and no space; '%s' is none"
              .formatted(MOST_OF_AN_ID, id));
    }
  }
}
