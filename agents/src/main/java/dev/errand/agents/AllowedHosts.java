package dev.errand.agents;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;

/*
 * Which addresses of the web may be called.
 *
 * The host must be listed, by its name or as *.example.com, which is all below example.com and not that itself. What the
 * name stands for must be public besides: whoever owns a listed name could make it stand for a machine in this network. An
 * address that is not public must be listed itself, as 10.1.2.3 or localhost.
 *
 * The name is looked up here and once more when it is called; the JDK remembers the first answer for 30 seconds, so that
 * both are the same.
 */
/// The hosts that `WebFetch` may call.
///
/// @param patterns in small letters
record AllowedHosts(List<String> patterns) {
  AllowedHosts {
    patterns = patterns.stream().map(AllowedHosts::plain).toList();
  }

  private static String plain(String pattern) {
    var plain = pattern.strip().toLowerCase(Locale.ROOT);
    if (!plain.matches("(\\*\\.)?[a-z0-9.:\\[\\]_-]+")) {
      throw new IllegalArgumentException(
          "'"
              + pattern
              + "' is no host; write docs.example.com, or *.example.com for all below it");
    }
    return plain.replaceAll("[\\[\\]]", "");
  }

  /// Makes sure that an address may be called.
  ///
  /// @throws IOException if it may not
  void require(URI address) throws IOException {
    var scheme = address.getScheme();
    if (scheme == null || !scheme.toLowerCase(Locale.ROOT).matches("https?")) {
      throw new IOException(address + " is no address that begins with https:// or http://");
    }
    if (address.getHost() == null || address.getUserInfo() != null) {
      throw new IOException(address + " must name a host, and neither user nor password");
    }
    var host = address.getHost().toLowerCase(Locale.ROOT).replaceAll("[\\[\\]]", "");
    if (!isListed(host)) {
      throw new IOException(
          "%s may not be called; allowed are %s".formatted(host, String.join(", ", patterns)));
    }
    for (var found : lookedUp(host)) {
      if (!isPublic(found) && !isListedItself(host, found)) {
        throw new IOException(
            "%s stands for %s, which is no public address and not listed itself"
                .formatted(host, found.getHostAddress()));
      }
    }
  }

  private boolean isListed(String host) {
    return patterns.stream()
        .anyMatch(
            pattern ->
                pattern.startsWith("*.")
                    ? host.endsWith(pattern.substring(1))
                    : host.equals(pattern));
  }

  private static InetAddress[] lookedUp(String host) throws IOException {
    try {
      return InetAddress.getAllByName(host);
    } catch (UnknownHostException unknown) {
      throw new IOException("There is no host " + host, unknown);
    }
  }

  private boolean isListedItself(String host, InetAddress address) {
    boolean isLocalhost = host.equals("localhost") && address.isLoopbackAddress();
    return patterns.contains(address.getHostAddress())
        || (isLocalhost && patterns.contains("localhost"));
  }

  static boolean isPublic(InetAddress address) {
    var bytes = address.getAddress();
    boolean isUniqueLocal = bytes.length == 16 && (bytes[0] & 0xfe) == 0xfc;
    boolean isShared = bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xc0) == 64;
    boolean isThisNetwork = bytes.length == 4 && (bytes[0] == 0 || (bytes[0] & 0xff) >= 240);
    return !(address.isLoopbackAddress()
        || address.isAnyLocalAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()
        || isUniqueLocal
        || isShared
        || isThisNetwork);
  }
}
