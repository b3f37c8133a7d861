package dev.errand.job;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/// Bytes as a value: compared by content, never copied, never to be changed after they were given.
///
/// @param bytes the content; whoever hands it over must not change it any more
@SuppressWarnings("ArrayRecordComponent") // equality by content is written out below
public record Blob(byte[] bytes) {
  /// No bytes.
  public static final Blob EMPTY = new Blob(new byte[0]);

  /// How many bytes there are.
  public int size() {
    return bytes.length;
  }

  /// The content's address: 32 hexadecimal digits, the first half of its SHA-256.
  public String address() {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("Every JDK has SHA-256", impossible);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Blob(var theirs) && Arrays.equals(bytes, theirs);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "Blob[" + bytes.length + " bytes]";
  }
}
