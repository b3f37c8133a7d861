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
/// @param style how its model's replies are read
/// @param offers the tools that its model is told it may call by its replies
/// @param concurrentTools how many calls of one reply are made at a time
/// @param compactAt how much its model is shown at most, in tokens, before what was said first is
///   summed up
/// @param subTaskModel the model of its own subtasks, as `provider:name`; null for the runtime's
///   choice, or else its own
/// @param memory what it remembers by; null for nothing
public record Conduct(
    List<CodeBlock> warmup,
    @Nullable String send,
    @Nullable Reminder reminder,
    boolean languageRule,
    boolean languageHint,
    ChatStyle style,
    List<ToolSpec> offers,
    int concurrentTools,
    long compactAt,
    @Nullable String subTaskModel,
    @Nullable MemoryUse memory) {
  /// How many calls of one reply are made at a time, unless an agent says otherwise.
  public static final int CONCURRENT_TOOLS = 10;

  /// How many tokens a model is shown at most, unless an agent says otherwise.
  public static final long COMPACT_AT = 100_000;

  /// Nothing of its own.
  public static final Conduct PLAIN =
      new Conduct(
          List.of(),
          null,
          null,
          true,
          true,
          ChatStyle.MD_DIALOG,
          List.of(),
          CONCURRENT_TOOLS,
          COMPACT_AT,
          null,
          null);

  /// The name under which an agent has the tool that delivers.
  public static final String SEND = "_send_message";

  /// The name under which its code delivers a last message.
  public static final String ANSWER = "answer";

  /// The name of the tool by which its model writes to its memory.
  public static final String REMEMBER = "Remember";

  public Conduct {
    warmup = List.copyOf(warmup);
    offers = List.copyOf(offers);
    if (concurrentTools < 1) {
      throw new IllegalArgumentException(
          "concurrentTools must be at least 1, not " + concurrentTools);
    }
    if (compactAt < 1) {
      throw new IllegalArgumentException("compactAt must be positive, not " + compactAt);
    }
  }

  /// The same for a subtask that talks with nobody, and is offered these tools.
  public Conduct ofSubTask(List<ToolSpec> others) {
    return new Conduct(
        warmup,
        null,
        null,
        languageRule,
        languageHint,
        style,
        others,
        concurrentTools,
        compactAt,
        subTaskModel,
        memory);
  }

  /// The same for one that reads its memory and does not write it: the tool that does is not
  /// offered.
  public Conduct onlyReading() {
    if (memory == null) {
      return this;
    }
    var fewer = offers.stream().filter(tool -> !tool.name().equals(REMEMBER)).toList();
    return new Conduct(
        warmup,
        send,
        reminder,
        languageRule,
        languageHint,
        style,
        fewer,
        concurrentTools,
        compactAt,
        subTaskModel,
        memory);
  }

  /// Nothing of its own but what it remembers by.
  public Conduct memoryOnly() {
    return new Conduct(
        List.of(),
        PLAIN.send,
        PLAIN.reminder,
        PLAIN.languageRule,
        PLAIN.languageHint,
        PLAIN.style,
        PLAIN.offers,
        PLAIN.concurrentTools,
        PLAIN.compactAt,
        PLAIN.subTaskModel,
        memory);
  }
}
