package dev.errand.agents;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jsoup.Jsoup;

/// Pages of the web as text, from hosts that may be called; safe for use by several threads.
final class WebPages {
  private static final int MOST_BYTES = 5_000_000;
  private static final int MOST_REDIRECTS = 5;
  private static final Duration TIME = Duration.ofSeconds(30);
  private static final Pattern CHARSET = Pattern.compile("charset=\"?([\\w.:-]+)");
  private static final Pattern TEXT =
      Pattern.compile("text/.*|application/(.*\\+)?(json|xml|yaml|javascript|x-yaml|toml)");

  private final AllowedHosts hosts;
  private final HttpClient client =
      HttpClient.newBuilder()
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(TIME)
          .build();

  WebPages(AllowedHosts hosts) {
    this.hosts = hosts;
  }

  /// What there is to read at an address.
  ///
  /// @throws IOException if it or one that it leads to may not be called, or there is no text
  String text(URI address) throws IOException, InterruptedException {
    var at = address;
    for (int i = 0; i <= MOST_REDIRECTS; i++) {
      hosts.require(at);
      var response = client.send(request(at), HttpResponse.BodyHandlers.ofInputStream());
      try (var body = response.body()) {
        var next = response.headers().firstValue("Location");
        if (response.statusCode() / 100 != 3 || next.isEmpty()) {
          return text(response, body);
        }
        var further = target(at, next.get());
        hosts.require(further);
        if (!host(further).equals(host(at))) {
          return elsewhere(address, further);
        }
        at = further;
      }
    }
    throw new IOException(
        address + " leads on and on, over more than " + MOST_REDIRECTS + " redirects");
  }

  private static String host(URI address) {
    return String.valueOf(address.getHost()).toLowerCase(Locale.ROOT);
  }

  /// Whether another host may be called is judged as a call of its own.
  private static String elsewhere(URI from, URI to) {
    return "%s leads to another host, and was not followed: %s\nCall WebFetch with that address to read it."
        .formatted(from, to);
  }

  private static HttpRequest request(URI address) {
    return HttpRequest.newBuilder(address)
        .timeout(TIME)
        .header("User-Agent", "Errand")
        .header("Accept", "text/html, text/*;q=0.9, application/json;q=0.9, */*;q=0.1")
        .build();
  }

  private static URI target(URI from, String location) throws IOException {
    try {
      return from.resolve(location);
    } catch (IllegalArgumentException unreadable) {
      throw new IOException(from + " leads to '" + location + "', which is no address", unreadable);
    }
  }

  private static String text(HttpResponse<InputStream> response, InputStream body)
      throws IOException {
    var address = response.uri();
    if (response.statusCode() / 100 != 2) {
      throw new IOException(address + " answered with status " + response.statusCode());
    }
    var type = response.headers().firstValue("Content-Type").orElse("text/plain");
    var kind = type.replaceFirst(";.*", "").strip().toLowerCase(Locale.ROOT);
    boolean isHtml = kind.matches("text/html|application/xhtml\\+xml");
    if (!isHtml && !TEXT.matcher(kind).matches()) {
      throw new IOException(address + " is " + kind + ", which is no text");
    }
    var bytes = body.readNBytes(MOST_BYTES + 1);
    if (bytes.length > MOST_BYTES) {
      throw new IOException(
          "%s has more than %,d bytes, which is too much".formatted(address, MOST_BYTES));
    }
    return isHtml ? html(bytes, type, address) : new String(bytes, charset(type));
  }

  private static String html(byte[] bytes, String type, URI address) throws IOException {
    // A page without a charset of its own is looked into for one.
    var charset = CHARSET.matcher(type).find() ? charset(type).name() : null;
    var page = Jsoup.parse(new ByteArrayInputStream(bytes), charset, address.toString());
    return ReadableText.of(page);
  }

  private static Charset charset(String type) {
    var named = CHARSET.matcher(type);
    try {
      return named.find() ? Charset.forName(named.group(1)) : StandardCharsets.UTF_8;
    } catch (IllegalArgumentException unknown) {
      return StandardCharsets.UTF_8;
    }
  }
}
