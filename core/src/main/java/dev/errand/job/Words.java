package dev.errand.job;

/// A piece of what a job's model says, while it says it: provisional until the reply is in the
/// history, for a call that fails is made again from its beginning.
///
/// @param job whose model speaks
/// @param turn the turn of the reply; it begins anew where an earlier piece of the same turn is
///   said again
/// @param text what it says
public record Words(JobId job, int turn, String text) {}
