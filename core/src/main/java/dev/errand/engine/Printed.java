package dev.errand.engine;

/// What code printed since it first looked at a durable object in this stretch; see
/// [DurableObjects].
///
/// A replay prints the same as before, so what counts already is left out by its length. Only a
/// stretch that was overtaken may print something else when it is carried out again, from its first
/// look on: so that is compared with what it printed before. What is the same counts once. If it
/// differs, what was printed before stays, as what nobody can take back.
///
/// @param settled how much of the console since the checkpoint was printed before the look
/// @param since what was printed after it
/// @param again what an overtaken pass printed, as far as it has not been printed again
record Printed(long settled, String since, String again) {
  /// A block begins.
  static Printed from(long settled) {
    return new Printed(settled, "", "");
  }

  /// The code looks, or asks for something else, when so much counts. If that is before it comes to
  /// where it was overtaken, `again` counts and is not printed yet.
  Printed next(long counted) {
    return new Printed(counted - again.length(), "", again);
  }

  /// The overtaken stretch is over: what it did not print again, it does not print.
  Printed over() {
    return new Printed(settled, since, "");
  }

  /// How much of the text was printed by the overtaken pass.
  int same(String text) {
    int end = Math.min(text.length(), again.length());
    int same = 0;
    while (same < end && text.charAt(same) == again.charAt(same)) {
      same++;
    }
    return same;
  }

  /// How much of what the overtaken pass printed is not printed again, as this text shows.
  int left(String text) {
    int same = same(text);
    return same < Math.min(text.length(), again.length()) ? again.length() - same : 0;
  }

  /// After the text was printed, while the code looks or does not.
  Printed with(String text, boolean looking) {
    int same = same(text);
    var rest = left(text) > 0 ? "" : again.substring(same);
    return new Printed(settled, looking ? since + text : since, rest);
  }

  /// After a checkpoint at that place of the text that was printed last; see
  /// [dev.errand.spi.Host.Snapshot#printed].
  Printed checkpointed(String text, int at, boolean looking) {
    return new Printed(Math.max(0, -at), looking ? text.substring(Math.max(0, at)) : "", again);
  }

  /// The stretch is carried out again.
  Printed overtaken() {
    return new Printed(settled, "", since + again);
  }
}
