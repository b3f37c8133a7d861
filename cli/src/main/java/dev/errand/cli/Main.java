package dev.errand.cli;

/// Starts the `errand` program.
public final class Main {
  private Main() {}

  /// Prints the version. A stand-in until the commands land.
  public static void main(String[] args) {
    System.out.println("errand " + Main.class.getPackage().getImplementationVersion());
  }
}
