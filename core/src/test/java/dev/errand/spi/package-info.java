/// Tests of what stores are told.
@NullMarked
package dev.errand.spi;

import org.jspecify.annotations.NullMarked;
