package dev.errand.agent;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// A method that is a subtask factory: code calls it as a function, and gets the handler of a new
/// child of its job (STATEK: `@subtask`).
///
/// It returns a [SubTaskSpec], and only says what is to be done: it must not change anything. What
/// it said, or by what exception it failed, is recorded with the child, and the same in every
/// replay; a crash before that has it called again. Any thread calls it, several at a time.
///
/// The function has the method's name, its parameters, and an `id`: `askSpecialist(String dataSet)`
/// is `ask_specialist(data_set, id=None)`. One that may be left out is annotated `@Nullable`, and
/// is null then. Arguments are what [dev.errand.job.Json#to] takes; text given for a parameter that
/// is none is the name of a variable. A parameter of type [dev.errand.job.Shared] takes a durable
/// object, or one of the application, to pass on.
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface SubTask {
  /// What is delegated, for the model.
  String value();
}
