package dev.errand.spi;

/// What a workspace may do for its host beyond carrying out code: some runtimes do, some cannot.
///
/// A runtime names what it lacks ([WorkspaceRuntime#lacks]). The contract of workspaces asks for
/// these, and for nothing else.
public enum Capability {
  /// Memory beyond the job's limit is refused, and harms nobody else.
  BOUNDED_MEMORY,
  /// Code is stopped for good when its time is over, whatever it does: nothing of it goes on.
  STOPPED_ANYWHERE,
  /// The operating system keeps code from files, network and other processes.
  ISOLATION,
  /// Each workspace is a process: a signal or a crash ends it and nothing else.
  OWN_PROCESS,
  /// An object goes with the last reference to it, and its `__del__` runs then.
  PROMPT_FINALIZERS,
  /// Modules written in C can be imported, numpy and pandas among them.
  NATIVE_MODULES
}
