package dev.errand.job;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// How an agent goes about every one of its jobs.
///
/// @param warmup code of its own, carried out after the code that a job is given and before the
///   first turn of its model
/// @param send the tool by which what its model says is delivered; null where that is not
/// @param reminder what follows a last word of its model; null for nothing
/// @param languageRule whether its instructions end with the rule to speak the language of the
///   job's locale
/// @param languageHint whether each message that its model reads ends with a hint at that language
public record Conduct(
    List<CodeBlock> warmup,
    @Nullable String send,
    @Nullable Reminder reminder,
    boolean languageRule,
    boolean languageHint) {
  /// Nothing of its own.
  public static final Conduct PLAIN = new Conduct(List.of(), null, null, true, true);

  /// The name under which an agent has the tool that delivers.
  public static final String SEND = "_send_message";

  /// The name under which its code delivers a last message.
  public static final String ANSWER = "answer";

  public Conduct {
    warmup = List.copyOf(warmup);
  }
}
