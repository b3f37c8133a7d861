package dev.errand.cli.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;

/// What a caller must know.
///
/// @param text at least 16 visible ASCII characters
public record Token(String text) {
  private static final int BYTES = 24;
  private static final String FORM = "[!-~]{16,}";

  public Token {
    if (!text.matches(FORM)) {
      throw new IllegalArgumentException(
          "A token has at least 16 characters, without spaces, all of them ASCII");
    }
  }

  /// A new one that nobody can guess.
  public static Token random() {
    var bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return new Token(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /// Whether somebody knows it; takes as long for a wrong one that is almost right as for any
  /// other.
  boolean is(String said) {
    return MessageDigest.isEqual(
        text.getBytes(StandardCharsets.UTF_8), said.getBytes(StandardCharsets.UTF_8));
  }

  /// Without the token itself, which belongs in no log.
  @Override
  public String toString() {
    return "Token[…]";
  }
}
