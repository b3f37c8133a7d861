package dev.errand.job;

/// What a model is told when it has said its last word, and then takes one more turn.
///
/// It makes a job that must not end before it has reported go on until it has.
///
/// @param text what it is told, as a user's words
/// @param recurring whether it is told at each last word, or once in the job's life
/// @param minDialogLength how many messages must have been exchanged before: those that the job was
///   told, and replies that say something
public record Reminder(String text, boolean recurring, int minDialogLength) {
  public Reminder {
    if (text.isBlank()) {
      throw new IllegalArgumentException("A reminder needs a text");
    }
    if (minDialogLength < 0) {
      throw new IllegalArgumentException(
          "The length of a dialog must not be negative, but is " + minDialogLength);
    }
  }

  /// A reminder at each last word: the job ends by `exit`, a tool that ends it, or its limit.
  public static Reminder recurring(String text) {
    return new Reminder(text, true, 0);
  }

  /// A reminder at the first last word only.
  public static Reminder once(String text) {
    return new Reminder(text, false, 0);
  }

  /// A reminder of a type that is given as text, as in a file of settings: `RECURRING` (STATEK also
  /// says `RECURSIVE`) or `ONCE`.
  ///
  /// @throws IllegalArgumentException if there is no such type
  public static Reminder ofType(String type, String text) {
    return switch (type) {
      case "RECURRING", "RECURSIVE" -> recurring(text);
      case "ONCE" -> once(text);
      default ->
          throw new IllegalArgumentException(
              "'" + type + "' is no type of reminder; write RECURRING or ONCE");
    };
  }

  /// The same reminder, for dialogs of at least so many messages; default 0.
  public Reminder minDialogLength(int messages) {
    return new Reminder(text, recurring, messages);
  }
}
