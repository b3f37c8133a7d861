@NullMarked
package dev.errand.agents;

import org.jspecify.annotations.NullMarked;
