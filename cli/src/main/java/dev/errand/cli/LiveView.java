package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.JobStatus;
import java.util.List;

/// Draws the tree at the bottom of a terminal, anew when something changed, ten times a second at
/// most.
///
/// What the root prints scrolls by above it, whole lines only: the beginning of a line waits for
/// its end. Any thread may use it.
final class LiveView implements View {
  private static final long NANOS_BETWEEN = 100_000_000;

  private final Screen screen;
  private final Errand errand;
  private final StringBuilder begun = new StringBuilder();
  private int drawn;
  private int frame;
  private long last = System.nanoTime() - NANOS_BETWEEN;

  LiveView(Screen screen, Errand errand) {
    this.screen = screen;
    this.errand = errand;
  }

  @Override
  public void happened(Entry entry, Family family) {}

  @Override
  public synchronized void console(String text) {
    if (!screen.outIsTerminal()) {
      screen.print(text);
      return;
    }
    begun.append(text);
    int end = begun.lastIndexOf("\n") + 1;
    if (end > 0) {
      clear();
      screen.print(begun.substring(0, end));
      begun.delete(0, end);
      last = System.nanoTime() - NANOS_BETWEEN;
    }
  }

  @Override
  public synchronized void look(Family family) {
    if (System.nanoTime() - last >= NANOS_BETWEEN) {
      last = System.nanoTime();
      draw(
          TreePicture.lines(
              family, this::status, errand.now(), screen.size(), screen.glyphs(), frame++));
    }
  }

  private JobStatus status(JobId id) {
    return errand.store().find(id).map(JobRecord::status).orElse(JobStatus.DONE);
  }

  private void draw(List<String> lines) {
    screen.printAside(wiping() + String.join("\n", lines) + "\n");
    drawn = lines.size();
  }

  private void clear() {
    screen.printAside(wiping());
    drawn = 0;
  }

  private String wiping() {
    // To the first line of the picture, and nothing below it.
    return drawn == 0 ? "" : "\r\u001b[%dA\u001b[J".formatted(drawn);
  }

  @Override
  public synchronized void close() {
    clear();
    if (!begun.isEmpty()) {
      screen.line(begun.toString());
      begun.setLength(0);
    }
  }
}
