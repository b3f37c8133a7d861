package dev.errand.cli;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// The signs that say where a job stands, and those that draw trees.
record Glyphs(
    String ready,
    String working,
    String waiting,
    String succeeded,
    String failed,
    String branch,
    String last,
    String pass,
    List<String> spinner) {
  static final Glyphs UNICODE =
      new Glyphs(
          "○",
          "●",
          "◌",
          "✓",
          "✗",
          "├─ ",
          "└─ ",
          "│  ",
          List.of("⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"));
  static final Glyphs ASCII =
      new Glyphs(".", "*", "~", "+", "x", "|- ", "`- ", "|  ", List.of("|", "/", "-", "\\"));

  Glyphs {
    spinner = List.copyOf(spinner);
  }

  static Glyphs ofTerminal() {
    var encoding = System.getProperty("native.encoding", "UTF-8");
    return Charset.isSupported(encoding) && Charset.forName(encoding).equals(StandardCharsets.UTF_8)
        ? UNICODE
        : ASCII;
  }
}
