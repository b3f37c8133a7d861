package dev.errand.job;

import java.time.Instant;

/// A memory as it is listed.
///
/// @param name what it is called
/// @param cards how many it has
/// @param updated when one of them was last written
public record MemorySummary(String name, long cards, Instant updated) {}
