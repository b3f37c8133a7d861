package dev.errand.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// Reads the text files that a user names.
final class SourceFile {
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private SourceFile() {}

  /// The text of a UTF-8 file, without a byte order mark.
  ///
  /// @param name as the user wrote it
  /// @throws Refusal if it cannot be read
  static String read(Path file, String name) {
    if (Files.isDirectory(file)) {
      throw Refusal.usage(name + " is a directory; name a file");
    }
    try {
      var text = Files.readString(file, StandardCharsets.UTF_8);
      return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    } catch (NoSuchFileException missing) {
      throw Refusal.usage("there is no file " + name);
    } catch (AccessDeniedException forbidden) {
      throw Refusal.usage(name + " may not be read by this user");
    } catch (CharacterCodingException binary) {
      throw Refusal.usage(name + " is not UTF-8 text");
    } catch (IOException unreadable) {
      throw Refusal.usage(name + " cannot be read: " + unreadable.getMessage());
    }
  }
}
