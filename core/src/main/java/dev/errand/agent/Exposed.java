package dev.errand.agent;

import dev.errand.job.EffectPolicy;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// A public method that jobs may call on a reference to an object of the application.
///
/// Each call is journalled as a tool's is. Parameters and result are what [dev.errand.job.Json#of]
/// and [dev.errand.job.Json#to] take.
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Exposed {
  /// What may be done when the outcome of a call is unknown.
  EffectPolicy value() default EffectPolicy.IDEMPOTENT;
}
