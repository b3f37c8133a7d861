package dev.errand.cli.http;

import java.util.List;

/// A call is not answered; the message is for the caller.
public final class HttpRefusal extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final int status;

  private HttpRefusal(int status, String message) {
    super(message);
    this.status = status;
  }

  /// The call cannot be understood.
  public static HttpRefusal badRequest(String why) {
    return new HttpRefusal(400, why);
  }

  static HttpRefusal unauthorized() {
    return new HttpRefusal(
        401, "say who you are: Authorization: Bearer TOKEN, which errand serve printed");
  }

  static HttpRefusal forbidden(String why) {
    return new HttpRefusal(403, why);
  }

  static HttpRefusal unknownPath() {
    return new HttpRefusal(404, "there is nothing at this path");
  }

  static HttpRefusal method(List<String> allowed) {
    return new HttpRefusal(405, "this path takes " + String.join(", ", allowed));
  }

  static HttpRefusal tooLarge(int bytes) {
    return new HttpRefusal(413, "a body has at most " + bytes + " bytes");
  }

  static HttpRefusal notJson() {
    return new HttpRefusal(415, "send JSON: Content-Type: application/json");
  }

  int status() {
    return status;
  }
}
