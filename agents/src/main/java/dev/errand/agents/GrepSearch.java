package dev.errand.agents;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Pattern;

/// A search through files, one after the other; not thread-safe.
final class GrepSearch {
  private static final int MOST_OF_A_LINE = 100_000;
  private static final int SHOWN_OF_A_LINE = 500;

  private final Pattern pattern;
  private final int around;
  private final Mode mode;
  private final Findings findings;

  /// What is told of what is found.
  enum Mode {
    CONTENT,
    FILES,
    COUNT
  }

  GrepSearch(Pattern pattern, int around, Mode mode, Findings findings) {
    this.pattern = pattern;
    this.around = around;
    this.mode = mode;
    this.findings = findings;
  }

  /// Searches a file, unless it holds no text or cannot be read.
  ///
  /// @param shown its path as it is told
  void in(java.nio.file.Path file, String shown) throws IOException {
    try (var text = TextFile.open(file, MOST_OF_A_LINE)) {
      switch (mode) {
        case CONTENT -> lines(text, shown);
        case FILES -> {
          if (count(text, 1) > 0) {
            findings.add(shown);
          }
        }
        case COUNT -> {
          long count = count(text, Long.MAX_VALUE);
          if (count > 0) {
            findings.add(shown + ":" + count);
          }
        }
      }
    } catch (IOException unreadable) {
      if (Thread.currentThread().isInterrupted()) {
        throw unreadable;
      }
    }
  }

  private boolean matches(TextFile.Line line) {
    try {
      return pattern.matcher(new InterruptibleText(line.text())).find();
    } catch (StackOverflowError tooDeep) {
      throw new IllegalArgumentException(
          "The pattern goes too deep for a line of %,d characters; write it without nested repetition"
              .formatted(line.text().length()),
          tooDeep);
    }
  }

  private long count(TextFile text, long enough) throws IOException {
    long count = 0;
    for (var line = text.next(); line != null && count < enough; line = text.next()) {
      if (matches(line)) {
        count++;
      }
    }
    return count;
  }

  private void lines(TextFile text, String shown) throws IOException {
    Deque<String> before = new ArrayDeque<>();
    int number = 0;
    int after = 0;
    int lastShown = 0;
    for (var line = text.next(); line != null; line = text.next()) {
      number++;
      if (matches(line)) {
        if (lastShown > 0 && around > 0 && number - before.size() > lastShown + 1) {
          findings.addBeside("--");
        }
        before.forEach(findings::addBeside);
        before.clear();
        findings.add(told(shown, ':', number, line));
        after = around;
        lastShown = number;
      } else if (after > 0) {
        findings.addBeside(told(shown, '-', number, line));
        after--;
        lastShown = number;
      } else if (around > 0) {
        before.addLast(told(shown, '-', number, line));
        if (before.size() > around) {
          before.removeFirst();
        }
      }
    }
  }

  private static String told(String path, char mark, int number, TextFile.Line line) {
    return path + mark + number + mark + line.cut(SHOWN_OF_A_LINE);
  }
}
