@NullMarked
package dev.errand;

import org.jspecify.annotations.NullMarked;
