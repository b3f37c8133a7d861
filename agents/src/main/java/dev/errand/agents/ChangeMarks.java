package dev.errand.agents;

import dev.errand.agent.ToolFunction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/// Where the mark of a call's change is: `.errand/changes/JOB/TURN/DIGEST`.
///
/// @param job the folder of the job
/// @param turn the folder of its turn, in that
/// @param digest of the call's key
record ChangeMarks(Path job, String turn, String digest) {
  private static final int DIGITS = 24;

  static ChangeMarks of(Premises premises, ToolFunction.Call call) throws IOException {
    var parts = call.key().split("/", -1);
    var turn = parts.length > 1 && parts[1].matches("\\d+") ? parts[1] : "0";
    return new ChangeMarks(folder(premises).resolve(call.job().text()), turn, digest(call.key()));
  }

  /// The folder of all marks of a directory; it is made if it is not there.
  static Path folder(Premises premises) throws IOException {
    var folder = premises.resolve(Premises.OWN + "/changes");
    Files.createDirectories(folder);
    var ignore = folder.resolve(".gitignore");
    if (!Files.exists(ignore)) {
      Files.writeString(ignore, "*\n", StandardOpenOption.CREATE);
    }
    return folder;
  }

  private static String digest(String key) {
    try {
      var digest =
          MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, DIGITS);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /// The file of the mark.
  Path mark() {
    return job.resolve(turn).resolve(digest);
  }

  /// Removes the marks of the job's other turns; what cannot be removed stays.
  void forgetEarlier() {
    try {
      for (var other : in(job)) {
        if (!other.getFileName().toString().equals(turn)) {
          for (var mark : in(other)) {
            Files.delete(mark);
          }
          Files.delete(other);
        }
      }
    } catch (IOException stays) {
      return;
    }
  }

  private static List<Path> in(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.toList();
    }
  }
}
