package dev.errand.job;

/// Which memory an agent has, and how much of it its model is shown.
///
/// @param memory the name of the memory
/// @param cards how many cards its model is shown with a message, at most; 0 for none
/// @param characters how many characters these may have in all
public record MemoryUse(String memory, int cards, int characters) {
  /// How many cards a model is shown with a message, unless an agent says otherwise.
  public static final int CARDS = 15;

  /// How many characters these have at most, unless an agent says otherwise.
  public static final int CHARACTERS = 6_000;

  private static final int MOST_CARDS = 100;
  private static final int MOST_OF_A_NAME = 100;

  /// @throws IllegalArgumentException if the name is none, or a number is negative or too great
  public MemoryUse {
    requireName(memory);
    if (cards < 0 || cards > MOST_CARDS) {
      throw new IllegalArgumentException(
          "A model is shown 0 to %d cards of its memory, and not %d".formatted(MOST_CARDS, cards));
    }
    if (characters < 1) {
      throw new IllegalArgumentException(
          "A model is shown a positive number of characters of its memory, and not " + characters);
    }
  }

  /// The usual use of that memory.
  public static MemoryUse of(String memory) {
    return new MemoryUse(memory, CARDS, CHARACTERS);
  }

  /// Refuses what is no name of a memory.
  ///
  /// @throws IllegalArgumentException if it is blank, too long, or not one line of text that begins
  ///   and ends with something to see
  public static void requireName(String memory) {
    boolean isLine = memory.codePoints().noneMatch(Character::isISOControl);
    if (memory.isBlank()
        || memory.length() > MOST_OF_A_NAME
        || !isLine
        || !memory.equals(memory.strip())) {
      throw new IllegalArgumentException(
          "The name of a memory is one line of 1 to %d characters, and not '%s'"
              .formatted(MOST_OF_A_NAME, memory));
    }
  }
}
