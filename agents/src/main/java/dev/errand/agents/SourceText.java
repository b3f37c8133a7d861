package dev.errand.agents;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// The text of a file that people wrote for Errand.
final class SourceText {
  private static final int MOST_BYTES = 1_000_000;

  private SourceText() {}

  /// All of it.
  ///
  /// @param kind what the file should be, such as `agent`
  /// @throws IllegalArgumentException if there is none, or it cannot be read; the message names it
  static String of(Path path, String kind) {
    try {
      if (Files.exists(path) && !Files.isRegularFile(path)) {
        throw new IllegalArgumentException(
            "%s file %s cannot be read: it is no regular file, but a folder, device or pipe"
                .formatted(capital(kind), path));
      }
      byte[] bytes = beginning(path);
      if (bytes.length > MOST_BYTES) {
        throw new IllegalArgumentException(
            "%s file %s has more than %,d bytes".formatted(capital(kind), path, MOST_BYTES));
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (NoSuchFileException missing) {
      throw new IllegalArgumentException("There is no %s file %s".formatted(kind, path), missing);
    } catch (CharacterCodingException binary) {
      throw new IllegalArgumentException(
          "%s file %s is not UTF-8 text".formatted(capital(kind), path), binary);
    } catch (IOException unreadable) {
      throw new IllegalArgumentException(
          "%s file %s cannot be read: %s".formatted(capital(kind), path, unreadable.getMessage()),
          unreadable);
    }
  }

  /// One byte more than there may be at most: what a file says of its size need not be so.
  private static byte[] beginning(Path path) throws IOException {
    try (var stream = Channels.newInputStream(Files.newByteChannel(path))) {
      return stream.readNBytes(MOST_BYTES + 1);
    }
  }

  private static String capital(String kind) {
    return Character.toUpperCase(kind.charAt(0)) + kind.substring(1);
  }
}
