package dev.errand.cli;

import java.io.PrintStream;
import java.util.Map;
import org.fusesource.jansi.internal.CLibrary;

/// Where the program writes: answers on standard output, all else on standard error.
///
/// Any thread may write; whole calls do not mix.
final class Screen {
  private static final int COLUMNS = 80;
  private static final int ROWS = 24;

  private final PrintStream out;
  private final PrintStream err;
  private final boolean outIsTerminal;
  private final boolean errIsTerminal;
  private final Glyphs glyphs;
  private final boolean isProcess;
  private boolean silent;

  private Screen(
      boolean isProcess,
      PrintStream out,
      PrintStream err,
      boolean outIsTerminal,
      boolean errIsTerminal,
      Glyphs glyphs) {
    this.isProcess = isProcess;
    this.out = out;
    this.err = err;
    this.outIsTerminal = outIsTerminal;
    this.errIsTerminal = errIsTerminal;
    this.glyphs = glyphs;
  }

  /// The process's own streams.
  static Screen ofProcess(Map<String, String> environment) {
    boolean dumb = "dumb".equals(environment.get("TERM"));
    return new Screen(
        true,
        System.out,
        System.err,
        !dumb && isTerminal(CLibrary.STDOUT_FILENO),
        !dumb && isTerminal(CLibrary.STDERR_FILENO),
        Glyphs.ofTerminal());
  }

  /// Two pipes.
  static Screen of(PrintStream out, PrintStream err) {
    return new Screen(false, out, err, false, false, Glyphs.UNICODE);
  }

  /// A terminal of the default size.
  static Screen terminal(PrintStream both) {
    return new Screen(false, both, both, true, true, Glyphs.UNICODE);
  }

  private static boolean isTerminal(int descriptor) {
    try {
      return CLibrary.isatty(descriptor) == 1;
    } catch (LinkageError unsupported) {
      return false;
    }
  }

  boolean outIsTerminal() {
    return outIsTerminal;
  }

  boolean errIsTerminal() {
    return errIsTerminal;
  }

  Glyphs glyphs() {
    return glyphs;
  }

  /// The terminal's width and height as of now.
  Size size() {
    if (isProcess && errIsTerminal) {
      var size = new CLibrary.WinSize();
      if (CLibrary.ioctl(CLibrary.STDERR_FILENO, CLibrary.TIOCGWINSZ, size) == 0
          && size.ws_col > 0
          && size.ws_row > 0) {
        return new Size(size.ws_col, size.ws_row);
      }
    }
    return new Size(COLUMNS, ROWS);
  }

  /// Writes to standard output, as it is.
  synchronized void print(String text) {
    if (!silent) {
      out.print(text);
      out.flush();
    }
  }

  /// Writes a line to standard output.
  void line(String text) {
    print(text + "\n");
  }

  /// Writes to standard error, as it is.
  synchronized void printAside(String text) {
    if (!silent) {
      err.print(text);
      err.flush();
    }
  }

  /// Writes a line to standard error.
  void say(String text) {
    printAside(text + "\n");
  }

  /// Writes a last line to standard error; what is written later goes nowhere.
  synchronized void sayLast(String text) {
    say(text);
    silent = true;
  }

  /// Whether whoever read standard output is gone.
  boolean isUnread() {
    return out.checkError();
  }

  /// A terminal's size in characters.
  record Size(int columns, int rows) {}
}
