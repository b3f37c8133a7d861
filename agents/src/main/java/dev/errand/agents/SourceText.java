package dev.errand.agents;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// The text of a file that people wrote for Errand.
final class SourceText {
  private static final long MOST_BYTES = 1_000_000;

  private SourceText() {}

  /// All of it.
  ///
  /// @param kind what the file should be, such as `agent`
  /// @throws IllegalArgumentException if there is none, or it cannot be read; the message names it
  static String of(Path path, String kind) {
    try {
      if (Files.size(path) > MOST_BYTES) {
        throw new IllegalArgumentException(
            "%s file %s has more than %,d bytes".formatted(capital(kind), path, MOST_BYTES));
      }
      return Files.readString(path, StandardCharsets.UTF_8);
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

  private static String capital(String kind) {
    return Character.toUpperCase(kind.charAt(0)) + kind.substring(1);
  }
}
