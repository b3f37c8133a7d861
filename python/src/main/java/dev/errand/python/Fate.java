package dev.errand.python;

/// How a process ended.
///
/// @param how `EXITED` with status `number`, `KILLED` by signal `number`, or no more is known
/// @param peakBytes the most memory it ever had
record Fate(How how, int number, long peakBytes) {
  /// The status by which the driver says that it had no memory left to say so.
  private static final int OUT_OF_MEMORY = 86;

  private static final int KILL = 9;

  /// The share of its limit that a process must have had for its death to be put down to memory.
  private static final double NEARLY = 0.7;

  /// What is known of an end.
  enum How {
    EXITED,
    KILLED,
    WITH_ZYGOTE,
    UNKNOWN
  }

  static final Fate UNKNOWN = new Fate(How.UNKNOWN, 0, 0);
  static final Fate WITH_ZYGOTE = new Fate(How.WITH_ZYGOTE, 0, 0);

  /// Reads what the zygote says: a status, negative for a signal, and kilobytes.
  static Fate parse(String words) {
    var said = words.split(" ", -1);
    int status = Integer.parseInt(said[0]);
    long peak = Long.parseLong(said[1]) << 10;
    return status < 0 ? new Fate(How.KILLED, -status, peak) : new Fate(How.EXITED, status, peak);
  }

  /// Whether it died because it wanted more memory than it may have.
  boolean ofMemory(long limit) {
    return switch (how) {
      case EXITED -> number == OUT_OF_MEMORY;
      case KILLED -> peakBytes > NEARLY * limit;
      case WITH_ZYGOTE, UNKNOWN -> false;
    };
  }

  /// What it did, such as `exited with status 7`.
  String words() {
    return switch (how) {
      case EXITED -> "exited with status " + number;
      case KILLED ->
          number == KILL
              ? "closed its connection, or was killed by signal 9, as the system does where memory"
                  + " is short"
              : "was killed by signal " + number + signal();
      case WITH_ZYGOTE -> "ended with the process that forked it";
      case UNKNOWN -> "ended";
    };
  }

  private String signal() {
    return switch (number) {
      case 6 -> " (abort: a library gave up)";
      case 7, 11 -> " (invalid memory access: recursion that is too deep, or a fault in a library)";
      case 24 -> " (processor time)";
      default -> "";
    };
  }
}
