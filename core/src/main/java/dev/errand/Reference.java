package dev.errand;

import dev.errand.job.Json;
import dev.errand.job.Shared;
import java.util.List;

/// Stands for an object of the application that jobs call and that stays where it is; see
/// [Errand#reference].
public final class Reference implements Shared {
  private final String type;
  private final String id;

  Reference(String type, String id) {
    this.type = type;
    this.id = id;
  }

  /// The name under which its kind was registered.
  public String type() {
    return type;
  }

  /// What jobs know it by; not the application's id.
  public String id() {
    return id;
  }

  @Override
  public Json.Object form() {
    return Json.object(REFERENCE, List.of(type, id));
  }
}
