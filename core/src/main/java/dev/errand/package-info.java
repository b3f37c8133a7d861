/// The porch: what an application uses.
///
/// [dev.errand.Errand] opens a store, takes jobs and advances them:
///
/// ```java
/// try (var errand = Errand.open(Path.of("jobs.db"))) {
///   errand.worker().concurrency(8).start();
///   var job = errand.submit(Agent.named("counter").build(), spec -> spec.code("exit(1 + 1)"));
///   int two = job.await(Duration.ofMinutes(1)).value(Integer.class);
/// }
/// ```
@NullMarked
package dev.errand;

import org.jspecify.annotations.NullMarked;
