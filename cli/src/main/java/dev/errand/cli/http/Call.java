package dev.errand.cli.http;

import dev.errand.job.Json;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// What somebody asks for.
///
/// @param parts what stood in the path in place of names in braces
/// @param body what came with it; the object without members for a GET
public record Call(Map<String, String> parts, Json.Object body) {
  public Call {
    parts = Map.copyOf(parts);
  }

  /// What stood in the path in place of that name.
  public String part(String name) {
    var part = parts.get(name);
    if (part == null) {
      throw new IllegalArgumentException("The route has no part " + name);
    }
    return part;
  }

  /// Refuses a body with other members than these, which would be overlooked.
  public void allow(Set<String> members) {
    var others = new TreeSet<>(body.members().keySet());
    others.removeAll(members);
    if (!others.isEmpty()) {
      throw HttpRefusal.badRequest(
          "the body has '%s'; known are %s"
              .formatted(others.first(), String.join(", ", new TreeSet<>(members))));
    }
  }
}
