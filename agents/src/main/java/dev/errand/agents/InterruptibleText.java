package dev.errand.agents;

import java.util.concurrent.CancellationException;

/// A text that ends the search in it when the thread is interrupted: some patterns look at a line
/// for longer than anybody waits.
final class InterruptibleText implements CharSequence {
  private static final int EVERY = 1 << 12;

  private final CharSequence text;
  private int looks;

  InterruptibleText(CharSequence text) {
    this.text = text;
  }

  @Override
  public char charAt(int index) {
    if (++looks % EVERY == 0 && Thread.currentThread().isInterrupted()) {
      throw new CancellationException("interrupted while searching");
    }
    return text.charAt(index);
  }

  @Override
  public int length() {
    return text.length();
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return text.subSequence(start, end);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
