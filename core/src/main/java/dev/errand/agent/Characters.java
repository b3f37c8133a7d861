package dev.errand.agent;

import dev.errand.job.Json;
import java.util.List;
import java.util.Map;

/// How long a value's JSON text is, found without writing it; an escaped character counts once.
///
/// A conversation is measured before each turn, with every call that was ever made in it.
final class Characters {
  private Characters() {}

  static long of(Json value) {
    return switch (value) {
      case Json.Null ignored -> 4;
      case Json.Bool(var isTrue) -> isTrue ? 4 : 5;
      case Json.Number(var literal) -> literal.length();
      case Json.Text(var text) -> quoted(text);
      case Json.Array(var items) -> of(items);
      case Json.Object(var members) -> of(members);
    };
  }

  private static long of(List<Json> items) {
    long sum = around(items.size());
    for (var item : items) {
      sum += of(item);
    }
    return sum;
  }

  private static long of(Map<String, Json> members) {
    long sum = around(members.size());
    for (var member : members.entrySet()) {
      sum += quoted(member.getKey()) + 1 + of(member.getValue());
    }
    return sum;
  }

  private static long quoted(String text) {
    return text.length() + 2L;
  }

  /// The brackets, and the commas between so many parts.
  private static long around(int parts) {
    return 2L + Math.max(0, parts - 1);
  }
}
