package dev.errand.job;

import java.util.regex.Pattern;

/// The name of one effect among those of all jobs; a tool receives its text.
///
/// @param job on whose behalf the call is made
/// @param slot the place of the call in the job's code
public record EffectKey(JobId job, Slot slot) {
  private static final Pattern TEXT = Pattern.compile("([^/]+)/(\\d+)/(-1|\\d+)/(\\d+)");

  /// The key with that text.
  ///
  /// @throws IllegalArgumentException if it is no key
  public static EffectKey parse(String text) {
    var match = TEXT.matcher(text);
    if (!match.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is no key of an effect; one looks like k3f9x2ab/0/2/0");
    }
    return new EffectKey(
        new JobId(match.group(1)),
        new Slot(
            Integer.parseInt(match.group(2)),
            Integer.parseInt(match.group(3)),
            Integer.parseInt(match.group(4))));
  }

  /// `job/turn/statement/ordinal`.
  public String text() {
    return slot.key(job);
  }

  @Override
  public String toString() {
    return text();
  }
}
