/// What Errand costs, measured.
@NullMarked
package dev.errand.benchmarks;

import org.jspecify.annotations.NullMarked;
