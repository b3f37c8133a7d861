package dev.errand.job;

/// What jobs are given by reference, never as a copy: a durable object, or an object of the
/// application.
///
/// Immutable. A [subtask factory][dev.errand.agent.SubTask] may take one, to pass it on.
public interface Shared {
  /// The one member of the form of a durable object; its value is the object's id.
  String OBJECT = "errand:object";

  /// The one member of the form of an object of the application; its value is type and id.
  String REFERENCE = "errand:reference";

  /// What stands for it among the variables that a job is given.
  Json.Object form();
}
