package dev.errand.verification;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Code on a page, with what goes before it and what is expected of it.
///
/// @param page where it stands
/// @param line its first line there
/// @param blocks the blocks it continues, and itself
/// @param run whether it says that it is to be run
/// @param shown whether it is only to be looked at
/// @param expected what its output must contain; empty for anything
/// @param error what its error must contain; empty if it must succeed
record Example(
    String page,
    int line,
    List<String> blocks,
    boolean run,
    boolean shown,
    String expected,
    String error) {
  private static final Pattern STEERING =
      Pattern.compile("(run|continues|only shown)?(?:: (expect|fails) \"(.*)\")?");

  /// All code in that language on the pages for users.
  static List<Example> in(String language) {
    var examples = new ArrayList<Example>();
    for (var page : Page.forUsers()) {
      for (var fence : page.fences()) {
        if (fence.language().equals(language)) {
          examples.add(of(page, fence, examples));
        }
      }
    }
    return examples;
  }

  private static Example of(Page page, Page.Fence fence, List<Example> before) {
    var steering = STEERING.matcher(fence.steering());
    if (!steering.matches()) {
      throw new AssertionError(
          page.name() + ":" + fence.line() + " has no steering I know: " + fence.steering());
    }
    var blocks = new ArrayList<String>();
    if (fence.steering().startsWith("continues")) {
      blocks.addAll(before.getLast().blocks());
    }
    blocks.add(fence.code());
    boolean fails = "fails".equals(steering.group(2));
    var text = steering.group(3) == null ? "" : steering.group(3);
    return new Example(
        page.name(),
        fence.line(),
        blocks,
        "run".equals(steering.group(1)),
        "only shown".equals(steering.group(1)),
        fails ? "" : text,
        fails ? text : "");
  }

  /// Where it stands, for people.
  String name() {
    return page + ":" + line;
  }

  /// A place to click.
  java.net.URI place() {
    return Path.of("..").resolve(page).toAbsolutePath().normalize().toUri();
  }
}
