package dev.errand.cli;

import dev.errand.job.Entry;

/// Shows nothing but what the root prints.
record QuietView(Screen screen) implements View {
  @Override
  public void happened(Entry entry, Family family) {}

  @Override
  public void console(String text) {
    screen.print(text);
  }

  @Override
  public void look(Family family) {}

  @Override
  public void close() {}
}
