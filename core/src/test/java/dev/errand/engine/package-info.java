@NullMarked
package dev.errand.engine;

import org.jspecify.annotations.NullMarked;
