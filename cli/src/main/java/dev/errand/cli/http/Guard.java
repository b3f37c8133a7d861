package dev.errand.cli.http;

import com.sun.net.httpserver.Headers;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/* Who may call.
 *
 * A browser on this machine reaches the door too, and carries what any page tells it to. A page of another site is known
 * by the headers Origin and Sec-Fetch-Site, which no page can forge. A site whose name was made to lead to this machine
 * (DNS rebinding) is its own origin, but says its name as Host: only addresses and the names that the door was opened
 * under are let in. Bodies must be declared as JSON, which a form cannot do. And nobody but the token's owner has it. */
final class Guard {
  private static final String BEARER = "bearer ";

  private final List<String> names;
  private final @Nullable Token token;

  /// @param name under which the door was opened
  /// @param token what callers must know; null if nothing
  Guard(String name, @Nullable Token token) {
    this.names = List.of("localhost", name.toLowerCase(Locale.ROOT));
    this.token = token;
  }

  void check(Headers headers) {
    var host = only(headers, "Host");
    if (host == null || !isOurs(host)) {
      throw HttpRefusal.forbidden("call it by its address, such as http://127.0.0.1");
    }
    var origin = only(headers, "Origin");
    if (origin != null && !origin.equalsIgnoreCase("http://" + host)) {
      throw HttpRefusal.forbidden("no page of another origin may call");
    }
    var site = only(headers, "Sec-Fetch-Site");
    if (site != null && !site.equals("same-origin") && !site.equals("none")) {
      throw HttpRefusal.forbidden("no page of another site may call");
    }
    if (token != null && !isKnown(token, only(headers, "Authorization"))) {
      throw HttpRefusal.unauthorized();
    }
  }

  private static boolean isKnown(Token token, @Nullable String said) {
    return said != null
        && said.toLowerCase(Locale.ROOT).startsWith(BEARER)
        && token.is(said.substring(BEARER.length()).strip());
  }

  private boolean isOurs(String host) {
    var name = host.replaceFirst(":\\d*$", "").toLowerCase(Locale.ROOT);
    return names.contains(name) || name.matches("\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-f:.]+]");
  }

  /// The one value of that header; null if it is not there.
  private static @Nullable String only(Headers headers, String name) {
    var values = headers.get(name);
    if (values == null || values.isEmpty()) {
      return null;
    }
    if (values.size() > 1) {
      throw HttpRefusal.badRequest("the header " + name + " comes twice");
    }
    return values.getFirst();
  }
}
