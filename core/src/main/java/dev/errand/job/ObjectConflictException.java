package dev.errand.job;

/// A durable object was changed by another between the look at it and the change; nothing of the
/// change was made.
public final class ObjectConflictException extends JobException {
  private static final long serialVersionUID = 1L;
  private final String id;

  /// The object that the change is based on an old form of.
  public ObjectConflictException(DurableObject change) {
    super(
        "Durable object %s (%s) is no longer at version %d. Look at it again and repeat the change."
            .formatted(change.id(), change.type(), change.version() - 1));
    this.id = change.id();
  }

  /// Which object.
  public String id() {
    return id;
  }
}
