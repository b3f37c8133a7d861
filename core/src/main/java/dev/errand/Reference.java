package dev.errand;

/// Stands for an object of the application that jobs call and that stays where it is; see
/// [Errand#reference].
public final class Reference {
  /// What stands for one among the variables of a job.
  static final String FORM = "errand:reference";

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
}
