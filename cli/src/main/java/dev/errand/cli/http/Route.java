package dev.errand.cli.http;

import dev.errand.job.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One thing that can be asked for.
///
/// @param method GET, or POST, which has a JSON object as its body
/// @param path its segments; one in braces stands for any text, which the call has under that name
/// @param handler what is done for it
public record Route(String method, List<String> path, Handler handler) {
  public Route {
    path = List.copyOf(path);
  }

  /// Something to look at.
  public static Route get(String path, Handler handler) {
    return new Route("GET", segments(path), handler);
  }

  /// Something to change.
  public static Route post(String path, Handler handler) {
    return new Route("POST", segments(path), handler);
  }

  private static List<String> segments(String path) {
    return List.of(path.substring(1).split("/"));
  }

  /// What the path of a call has in place of the names in braces; empty if it is another path.
  Optional<Map<String, String>> match(List<String> called) {
    if (called.size() != path.size()) {
      return Optional.empty();
    }
    var parts = new HashMap<String, String>();
    for (int i = 0; i < path.size(); i++) {
      var wanted = path.get(i);
      if (wanted.startsWith("{")) {
        parts.put(wanted.substring(1, wanted.length() - 1), called.get(i));
      } else if (!wanted.equals(called.get(i))) {
        return Optional.empty();
      }
    }
    return Optional.of(parts);
  }

  /// The methods of those routes that have that path.
  static List<String> methods(List<Route> routes, List<String> called) {
    var methods = new ArrayList<String>();
    for (var route : routes) {
      if (route.match(called).isPresent()) {
        methods.add(route.method());
      }
    }
    return methods;
  }

  /// Answers calls, on any thread.
  @FunctionalInterface
  public interface Handler {
    /// The answer.
    ///
    /// @throws HttpRefusal if it cannot be given; so do the library's own exceptions
    Json answer(Call call);
  }
}
