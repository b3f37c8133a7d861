/// What the CPython workspace promises beyond its contract.
@NullMarked
package dev.errand.python;

import org.jspecify.annotations.NullMarked;
