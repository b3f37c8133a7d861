package dev.errand.job;

import org.jspecify.annotations.Nullable;

/// A value that crosses between jobs, or between a job and the application.
///
/// What JSON can hold exactly travels as JSON and is readable everywhere; any other Python value
/// travels pickled and is opaque to Java but for its text.
public sealed interface Value {
  /// Python's None, Java's null.
  static Value none() {
    return new Plain(Json.Null.VALUE);
  }

  /// The value of a plain Java value, as [Json#of] takes it.
  static Value of(@Nullable Object value) {
    return value instanceof Value already ? already : new Plain(Json.of(value));
  }

  /// The value as people read it: a string as it is, anything else in its compact form.
  String text();

  /// A value that JSON holds exactly.
  record Plain(Json json) implements Value {
    @Override
    public String text() {
      return json instanceof Json.Text(var text) ? text : json.print();
    }
  }

  /// A Python value by its pickle; only the workspace that reads it knows what it is.
  ///
  /// @param bytes the pickle, as the driver wrote it
  /// @param text the value as Python prints it, shortened
  record Pickled(Blob bytes, String text) implements Value {}
}
