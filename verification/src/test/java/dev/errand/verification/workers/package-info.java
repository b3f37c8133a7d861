/// Several processes on one store, disturbed in every way, and judged by what they were told.
@NullMarked
package dev.errand.verification.workers;

import org.jspecify.annotations.NullMarked;
