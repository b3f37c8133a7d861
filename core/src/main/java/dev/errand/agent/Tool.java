package dev.errand.agent;

import dev.errand.job.EffectPolicy;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// A method that code and models may call by name; see [Agent.Builder#tools(Object...)].
///
/// The tool has the method's name, and its parameters in the spelling of Python: `bookRoom(String
/// dayOfWeek)` is `book_room(day_of_week)`. Their schema follows from their types: whatever
/// [dev.errand.job.Json#to] takes, such as records, enums, lists, maps, numbers and dates. One that
/// may be left out is an `Optional`, or annotated `@Nullable` and null then; a [Description] says
/// what it is. A parameter of type [ToolFunction.Call] is given the call itself and is none of the
/// tool's.
///
/// It returns anything [dev.errand.job.Json#of] takes. What it throws is told to the caller as the
/// tool's error, by its message. Any thread calls it, several at a time; it should heed
/// interruption, by which calls that take too long are ended.
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Tool {
  /// What it does, for the model.
  String value();

  /// What it is called by; default the method's name.
  String name() default "";

  /// What may be done when the outcome of a call is unknown.
  EffectPolicy policy() default EffectPolicy.IDEMPOTENT;

  /// How long a call may take, in seconds; default ten minutes.
  long timeoutSeconds() default 600;

  /// Who is offered it.
  ToolFunction.Visibility visibility() default ToolFunction.Visibility.EVERYWHERE;
}
