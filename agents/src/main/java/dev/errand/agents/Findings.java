package dev.errand.agents;

/// Lines found, up to a number of results and a length; what is beyond is counted.
final class Findings {
  private final StringBuilder text = new StringBuilder();
  private final int most;
  private int shown;
  private long leftOut;

  /// @param most how many results are shown
  Findings(int most) {
    this.most = most;
  }

  /// Takes one result.
  void add(String result) {
    if (leftOut > 0 || shown == most || text.length() + result.length() > Clip.MOST) {
      leftOut++;
    } else {
      text.append(result).append('\n');
      shown++;
    }
  }

  /// Takes what goes with a result that was or will be shown, and counts for none.
  void addBeside(String line) {
    if (leftOut == 0 && shown < most && text.length() + line.length() <= Clip.MOST) {
      text.append(line).append('\n');
    }
  }

  /// Whether nothing was found.
  boolean isEmpty() {
    return shown == 0 && leftOut == 0;
  }

  /// What is shown, and how much is not.
  String told(String results, String advice) {
    return leftOut == 0
        ? text.toString().stripTrailing()
        : text + "[%,d more %s left out; %s]".formatted(leftOut, results, advice);
  }
}
