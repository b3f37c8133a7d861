package dev.errand.job;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What is to be remembered: one statement that can be understood by itself.
///
/// @param type what kind of statement it is
/// @param text the statement, of at most [#MOST_WORDS] words
/// @param entities whom and what it is about, at most [#MOST_ENTITIES]
/// @param importance from 0 to 1; of two notes that fit a search as well, the more important comes
///   first
/// @param confidence how sure it is, from 0 to 1
public record Note(
    Type type, String text, List<String> entities, double importance, double confidence) {
  /// How many words a text may have.
  public static final int MOST_WORDS = 250;

  /// How many characters a text may have.
  public static final int MOST_CHARACTERS = 4_000;

  /// How many entities there may be.
  public static final int MOST_ENTITIES = 20;

  /// How many characters the name of an entity may have.
  public static final int MOST_OF_AN_ENTITY = 100;

  private static final double USUAL_IMPORTANCE = 0.5;

  /// The kinds of statements.
  public enum Type {
    /// Something is so.
    FACT,
    /// What a word or an idea means here.
    CONCEPT,
    /// Something was decided, and why.
    DECISION,
    /// Something must be, or must not.
    CONSTRAINT,
    /// Somebody likes it so.
    PREFERENCE,
    /// Something happened that should be learned from.
    INCIDENT;

    /// The name as models and people write it.
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }

    /// The type of that name, whichever the case.
    ///
    /// @throws IllegalArgumentException if there is none, naming those that there are
    public static Type ofCode(String code) {
      return Stream.of(values())
          .filter(type -> type.code().equals(code.strip().toLowerCase(Locale.ROOT)))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "'%s' is no type of a card; there are %s".formatted(code, names())));
    }

    private static String names() {
      return Stream.of(values()).map(Type::code).collect(Collectors.joining(", "));
    }
  }

  /// @throws IllegalArgumentException if the text is blank or too long, there are too many entities
  ///   or one is blank or too long, or a number is not from 0 to 1
  public Note {
    text = text.strip();
    entities = entities.stream().map(String::strip).distinct().toList();
    requireFit(text);
    if (entities.size() > MOST_ENTITIES) {
      throw new IllegalArgumentException(
          "A card is about %d entities at most, and not %d; name the chief ones"
              .formatted(MOST_ENTITIES, entities.size()));
    }
    entities.forEach(Note::requireName);
    requireShare("importance", importance);
    requireShare("confidence", confidence);
  }

  /// A note of usual importance (0.5) that is sure (1), about nobody in particular.
  public static Note of(Type type, String text) {
    return new Note(type, text, List.of(), USUAL_IMPORTANCE, 1);
  }

  /// The same, about these.
  public Note about(String... others) {
    return new Note(type, text, Arrays.asList(others), importance, confidence);
  }

  /// The same, so important; default 0.5.
  public Note importance(double other) {
    return new Note(type, text, entities, other, confidence);
  }

  /// The same, so sure; default 1.
  public Note confidence(double other) {
    return new Note(type, text, entities, importance, other);
  }

  private static void requireFit(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("A card needs a text");
    }
    long words = Stream.of(text.split("\\s+", -1)).count();
    if (words > MOST_WORDS) {
      throw new IllegalArgumentException(
          "A card has %d words at most, and this text has %d; keep what matters, or make several cards of it"
              .formatted(MOST_WORDS, words));
    }
    if (text.length() > MOST_CHARACTERS) {
      throw new IllegalArgumentException(
          "A card has %d characters at most, and this text has %d; keep what matters, or make several cards of it"
              .formatted(MOST_CHARACTERS, text.length()));
    }
  }

  private static void requireName(String entity) {
    if (entity.isEmpty() || entity.length() > MOST_OF_AN_ENTITY || entity.contains("\n")) {
      throw new IllegalArgumentException(
          "An entity is a name of 1 to %d characters in one line, and not '%s'"
              .formatted(MOST_OF_AN_ENTITY, entity));
    }
  }

  private static void requireShare(String what, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(what + " is a number from 0 to 1, and not " + value);
    }
  }

  /// By how much its score counts among the cards that a search finds: more the more important and
  /// the surer it is, from 0.25 to 1.5; 1 for one of usual importance that is sure.
  public double weight() {
    return (0.5 + importance) * (0.5 + confidence / 2);
  }
}
