package dev.errand.agents;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/// The lines of a text file in UTF-8, of any length; of each no more than its beginning is kept.
///
/// Bytes that are no UTF-8 are read as `�`. Not thread-safe.
final class TextFile implements AutoCloseable {
  private static final int LOOKED_AT = 8_000;
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private final BufferedReader reader;
  private final int most;
  private boolean atStart = true;

  /// A line without its end.
  ///
  /// @param text how it begins
  /// @param leftOut how many characters come after that
  record Line(String text, long leftOut) {
    /// At most so many characters of it, and how many more there are.
    String cut(int characters) {
      var kept = Clip.beginning(text, characters);
      long more = leftOut + text.length() - kept.length();
      return more == 0 ? kept : kept + " … [%,d more characters]".formatted(more);
    }
  }

  private TextFile(BufferedReader reader, int most) {
    this.reader = reader;
    this.most = most;
  }

  /// Opens a file that [Premises#resolve] gave.
  ///
  /// @param most how many characters of a line are kept
  /// @throws IOException if it is no regular file, holds no text, or a link took its place
  static TextFile open(Path file, int most) throws IOException {
    requireRegular(file);
    // A channel heeds interruption; the streams of Files do not.
    var channel = Files.newByteChannel(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    var stream = new BufferedInputStream(Channels.newInputStream(channel));
    try {
      Premises.unmoved(file);
      if (isBinary(stream)) {
        throw new IOException(
            "%s is a binary file of %,d bytes; only text can be shown"
                .formatted(file, Files.size(file)));
      }
      var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
      return new TextFile(reader, most);
    } catch (IOException | RuntimeException refused) {
      stream.close();
      throw refused;
    }
  }

  /// Refuses what is no file: opening a pipe would wait for somebody to write to it.
  static void requireRegular(Path file) throws IOException {
    var found = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (found.isDirectory()) {
      throw new IOException(file + " is a directory; Glob lists the files in it");
    }
    if (!found.isRegularFile()) {
      throw new NoSuchFileException(file.toString(), null, "no regular file");
    }
  }

  private static boolean isBinary(InputStream stream) throws IOException {
    stream.mark(LOOKED_AT);
    var beginning = stream.readNBytes(LOOKED_AT);
    stream.reset();
    for (var one : beginning) {
      if (one == 0) {
        return true;
      }
    }
    return false;
  }

  /// The next line; null after the last one.
  @Nullable Line next() throws IOException {
    int next = reader.read();
    if (atStart && next == BYTE_ORDER_MARK) {
      next = reader.read();
    }
    atStart = false;
    if (next < 0) {
      return null;
    }
    var text = new StringBuilder();
    long leftOut = 0;
    for (; next >= 0 && next != '\n'; next = reader.read()) {
      if (text.length() <= most) { // one more: a character may be two of these
        text.append((char) next);
      } else {
        leftOut++;
      }
    }
    if (leftOut == 0 && !text.isEmpty() && text.charAt(text.length() - 1) == '\r') {
      text.setLength(text.length() - 1);
    }
    var kept = Clip.beginning(text, most);
    return new Line(kept, leftOut + text.length() - kept.length());
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
