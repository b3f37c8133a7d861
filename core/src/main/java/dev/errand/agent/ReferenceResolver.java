package dev.errand.agent;

import org.jspecify.annotations.Nullable;

/// Finds an object of the application by its id, each time that a job calls one of its methods.
///
/// Called by any thread, several at a time.
@FunctionalInterface
public interface ReferenceResolver<T> {
  /// The object of that id; null if there is none.
  ///
  /// @throws Exception if it cannot be found out; the calling code sees the message
  @Nullable T resolve(String id) throws Exception;
}
