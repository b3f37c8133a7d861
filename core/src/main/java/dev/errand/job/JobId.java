package dev.errand.job;

import java.util.Optional;
import java.util.random.RandomGenerator;

/// Names one job, and by its form says where in the tree the job stands.
///
/// A root is eight characters, `k3f9x2ab`; the n-th job that a job creates is `<creator>.<n>`,
/// counted from 1. So an id is known before the job is stored, is the same again when the creating
/// statement is replayed, and sorts beside its family.
///
/// @param text the id as people read and type it
public record JobId(String text) implements Comparable<JobId> {
  private static final int LONGEST_ROOT = 32;
  private static final int MOST_DIGITS = 9;
  private static final String ALPHABET = "abcdefghjkmnpqrstvwxyz0123456789";

  public JobId {
    if (!isWellFormed(text)) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a job id; an id looks like k3f9x2ab or k3f9x2ab.12");
    }
  }

  /// A root and any number of ordinals. By hand, because each row that is read makes an id.
  private static boolean isWellFormed(String text) {
    int at = 0;
    while (at < text.length() && isOfRoot(text.charAt(at))) {
      at++;
    }
    boolean isSound = at >= 1 && at <= LONGEST_ROOT;
    while (isSound && at < text.length()) {
      int dot = at++;
      while (at < text.length() && isDigit(text.charAt(at))) {
        at++;
      }
      int digits = at - dot - 1;
      isSound =
          text.charAt(dot) == '.'
              && digits >= 1
              && digits <= MOST_DIGITS
              && text.charAt(dot + 1) != '0';
    }
    return isSound;
  }

  private static boolean isOfRoot(char c) {
    return (c >= 'a' && c <= 'z') || isDigit(c);
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /// Draws the id of a new root job; the store refuses the rare id that is taken.
  public static JobId random(RandomGenerator random) {
    var text = new StringBuilder(8);
    for (int i = 0; i < 8; i++) {
      text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return new JobId(text.toString());
  }

  /// The id of the `ordinal`-th job created by this one, counted from 1.
  public JobId child(int ordinal) {
    return new JobId(text + "." + ordinal);
  }

  /// The root of the tree this job belongs to; a root is its own.
  public JobId root() {
    int dot = text.indexOf('.');
    return dot < 0 ? this : new JobId(text.substring(0, dot));
  }

  /// The job that created this one; empty for a root.
  public Optional<JobId> parent() {
    int dot = text.lastIndexOf('.');
    return dot < 0 ? Optional.empty() : Optional.of(new JobId(text.substring(0, dot)));
  }

  /// Whether it is that job, or stands below it.
  public boolean isWithin(JobId top) {
    return equals(top) || text.startsWith(top.text + ".");
  }

  /// Its number among the jobs its parent created, from 1; 0 for a root.
  public int ordinal() {
    int dot = text.lastIndexOf('.');
    return dot < 0 ? 0 : Integer.parseInt(text.substring(dot + 1));
  }

  /// How far below the root the job stands; 0 for a root.
  public int depth() {
    return (int) text.chars().filter(c -> c == '.').count();
  }

  @Override
  public int compareTo(JobId other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
