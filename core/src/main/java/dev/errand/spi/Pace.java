package dev.errand.spi;

import dev.errand.job.Quota;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/*
 * A leaky bucket kept as one moment (GCRA). With s between calls and bursts of b, `next` is s after the last call, or after what
 * `next` was then if that was later; a call may be made from next - (b - 1)s on. So the n-th call after any one comes at least
 * (n - b + 1)s after it, and with s = a minute / (n - b + 1) no minute has more than n.
 */
/// How the calls of one limit stand: a store keeps it beside the limit, and changes it when one is
/// asked for.
///
/// @param quota the limit
/// @param next microseconds since the epoch: when the next call would be, did all come evenly
/// @param told microseconds since the epoch: the last moment that somebody was put off to
public record Pace(Quota.Calls quota, long next, long told) {
  private static final long LONGEST = 60_000_000;

  /// No call was made yet.
  public static Pace of(Quota.Calls quota) {
    return new Pace(quota, 0, 0);
  }

  /// What came of asking for a call.
  ///
  /// @param paces how the limits stand now
  /// @param again when to ask again; null where the call may be made
  public record Asked(List<Pace> paces, @Nullable Instant again) {
    public Asked {
      paces = List.copyOf(paces);
    }
  }

  /// Takes a call of each limit that concerns it; if one of them has none left, none of any.
  ///
  /// Those who are put off are told moments one after the other, each when there should be a call
  /// for them, at most about a minute ahead: they do not all come back at once.
  public static Asked ask(List<Pace> paces, Instant moment) {
    long now = ChronoUnit.MICROS.between(Instant.EPOCH, moment);
    var latest =
        paces.stream().filter(pace -> pace.free() > now).map(Pace::queued).max(Long::compare);
    return latest.isEmpty()
        ? new Asked(paces.stream().map(pace -> pace.taken(now)).toList(), null)
        : new Asked(
            paces.stream()
                .map(pace -> pace.free() > now ? pace.putOff(latest.get()) : pace)
                .toList(),
            millis(latest.get()));
  }

  /// Microseconds since the epoch: from when on a call may be made.
  private long free() {
    return next - (quota.burst() - 1) * quota.spacingMicros();
  }

  private long queued() {
    return Math.min(Math.max(free(), told + quota.spacingMicros()), free() + LONGEST);
  }

  private Pace taken(long now) {
    return new Pace(quota, Math.max(now, next) + quota.spacingMicros(), told);
  }

  private Pace putOff(long until) {
    return new Pace(quota, next, until);
  }

  /// Stores know milliseconds; a call must not be made before the moment.
  private static Instant millis(long micros) {
    return Instant.ofEpochMilli(Math.ceilDiv(micros, 1_000));
  }
}
