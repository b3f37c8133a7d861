package dev.errand.job;

import java.time.Instant;

/// An effect as the books of a store have it.
///
/// @param key which one
/// @param effect the call and what is known of it
/// @param since when it was intended
public record JobEffect(EffectKey key, Effect effect, Instant since) {}
