package dev.errand.python;

import dev.errand.job.Blob;
import dev.errand.job.Json;
import java.util.List;

/// One message between Java and the driver.
///
/// @param header what it says
/// @param parts the bytes it brings
public record Frame(Json.Object header, List<Blob> parts) {
  public Frame {
    parts = List.copyOf(parts);
  }

  Frame(Json.Object header) {
    this(header, List.of());
  }

  /// A message that came, whose header is a text that may be anything.
  public static Frame read(String header, List<Blob> parts) {
    return new Frame(Form.of(Form.fitting(() -> Json.parse(header))).json(), parts);
  }

  /// The same, saying that besides.
  Frame with(String name, Object value) {
    return new Frame(header.with(name, value), parts);
  }

  /// The text of the header, which says how long the parts are.
  public String text() {
    if (parts.isEmpty()) {
      return header.print();
    }
    return header.with("parts", parts.stream().map(Blob::size).toList()).print();
  }
}
