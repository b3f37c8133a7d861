package dev.errand.models;

import dev.errand.job.ModelException;
import java.net.URI;
import java.util.regex.Pattern;

/// Where a provider is reached, and with which key.
///
/// @param base the address that all paths are appended to
/// @param key what to identify with
/// @param keySource where the key comes from, for messages
/// @param baseSource where the address comes from, for messages
record Endpoint(URI base, Secret key, String keySource, String baseSource) {
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|.*\\.localhost|127(\\.\\d+){3}|0\\.0\\.0\\.0|\\[?::1]?");

  /// @throws ModelException if `base` is no address of a server; the message does not repeat it,
  ///   for it may hold a password
  static URI base(String source, String base) {
    try {
      var address = URI.create(base.strip());
      if (isServer(address)) {
        return address;
      }
    } catch (IllegalArgumentException noAddress) {
      // Said below, in the same words as for an address of another kind.
    }
    throw new ModelException(
        source
            + " is not the address of a server; it is written like https://example.com/v1, without"
            + " user, password, ? and #.");
  }

  private static boolean isServer(URI address) {
    var scheme = address.getScheme();
    return ("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))
        && address.getHost() != null
        && address.getRawUserInfo() == null
        && address.getRawQuery() == null
        && address.getRawFragment() == null;
  }

  /// Whether it is this very machine.
  boolean local() {
    return LOOPBACK.matcher(base.getHost()).matches();
  }

  /// The server, without the path.
  String server() {
    return base.getScheme() + "://" + base.getRawAuthority();
  }
}
