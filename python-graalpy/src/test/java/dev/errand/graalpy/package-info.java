/// Tests of the workspace on GraalPy.
@NullMarked
package dev.errand.graalpy;

import org.jspecify.annotations.NullMarked;
