package dev.errand.job;

import java.security.SecureRandom;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An object whose attributes are in the store, shared by every job that holds it and by the
/// application.
///
/// @param id what refers to it; drawn at random, for whoever has it may change the object
/// @param key the name that the application gave it; null for one that a job made
/// @param type its class, as people read it
/// @param version how often it was changed; the first form of it is 1
/// @param attributes its attributes, in the order in which they were set
/// @param by the job that changed it last; null for the application
public record DurableObject(
    String id,
    @Nullable String key,
    String type,
    long version,
    Map<String, Value> attributes,
    @Nullable JobId by) {
  /// How the ids begin of those that stand for an object of the application; jobs cannot change
  /// them.
  public static final String REFERENCE = "reference-";

  private static final int ID_BYTES = 16;
  private static final SecureRandom RANDOM = new SecureRandom();

  public DurableObject {
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
  }

  /// A new id.
  public static String randomId() {
    var bytes = new byte[ID_BYTES];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /// The same, changed by that job.
  public DurableObject by(JobId job) {
    return new DurableObject(id, key, type, version, attributes, job);
  }

  /// The same under that key.
  public DurableObject named(@Nullable String key) {
    return new DurableObject(id, key, type, version, attributes, by);
  }

  /// The next form of it.
  public DurableObject changed(Map<String, Value> attributes, @Nullable JobId by) {
    return new DurableObject(id, key, type, version + 1, attributes, by);
  }
}
