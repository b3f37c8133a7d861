package dev.errand.job;

/// One variable, as people see it.
///
/// @param name its name
/// @param type its Python type
/// @param bytes about how many bytes it takes where it is stored
/// @param preview the beginning of its text
/// @param lost why it could not be kept; empty when it was
public record Variable(String name, String type, long bytes, String preview, String lost) {}
