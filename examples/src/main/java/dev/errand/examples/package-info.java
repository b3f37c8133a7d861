/// Small programs that use Errand as an application would.
@NullMarked
package dev.errand.examples;

import org.jspecify.annotations.NullMarked;
