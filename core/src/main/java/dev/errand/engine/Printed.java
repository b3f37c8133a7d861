package dev.errand.engine;

/// What code printed in the stretch that it is in; see [DurableObjects].
///
/// A stretch that was overtaken is carried out again, and what it prints then is compared with what
/// it printed before, which may be committed: what is the same counts once. If it differs, what was
/// printed before stays, as what nobody can take back.
///
/// @param settled how much of the console since the checkpoint was printed before the stretch
/// @param since what was printed in it, or the beginning of that
/// @param again what an overtaken pass printed, as far as it has not been printed again
record Printed(long settled, String since, String again) {
  private static final int REMEMBERED = 1 << 16;

  /// A block begins.
  static Printed from(long settled) {
    return new Printed(settled, "", "");
  }

  /// The next stretch begins. If that is one before the overtaken one, nothing of it is printed.
  Printed next(long settled) {
    return new Printed(settled, "", again);
  }

  /// The text without what counts already.
  String fresh(String text) {
    return text.substring(same(text));
  }

  private int same(String text) {
    int end = Math.min(text.length(), again.length());
    int same = 0;
    while (same < end && text.charAt(same) == again.charAt(same)) {
      same++;
    }
    return same;
  }

  /// After the text was printed.
  Printed with(String text) {
    int same = same(text);
    boolean differs = same < Math.min(text.length(), again.length());
    var more = text.substring(0, Math.min(text.length(), REMEMBERED - since.length()));
    return new Printed(settled, since + more, differs ? "" : again.substring(same));
  }

  /// After a checkpoint at which `text` is all that was printed since.
  Printed checkpointed(String text) {
    return new Printed(0, text.substring(0, Math.min(text.length(), REMEMBERED)), again);
  }

  /// The stretch is carried out again.
  Printed overtaken() {
    return new Printed(settled, "", since);
  }
}
