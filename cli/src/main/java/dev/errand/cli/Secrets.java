package dev.errand.cli;

import java.util.regex.Pattern;

/// Takes passwords out of what is shown.
final class Secrets {
  /// A quotation mark ends a password only where it ends a quotation.
  private static final String PASSWORD =
      "(?i)(?:ssl)?password=(?:[^&\\s'\"]|['\"](?![\\s.,:;)]|$))*";

  private static final Pattern LATER = Pattern.compile("&" + PASSWORD);
  private static final Pattern FIRST = Pattern.compile("\\?" + PASSWORD + "&");
  private static final Pattern ONLY = Pattern.compile("\\?" + PASSWORD);
  private static final Pattern OF_USER = Pattern.compile("(//[^/:@\\s]*):[^/@\\s]*@");

  private Secrets() {}

  /// The text without the passwords of URLs in it.
  static String hidden(String text) {
    var later = LATER.matcher(text).replaceAll("");
    var first = FIRST.matcher(later).replaceAll("?");
    return OF_USER.matcher(ONLY.matcher(first).replaceAll("")).replaceAll("$1@");
  }
}
