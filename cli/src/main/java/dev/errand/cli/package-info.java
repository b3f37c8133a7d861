/// The `errand` program. A room: it chooses the plugs, and it alone prints.
@NullMarked
package dev.errand.cli;

import org.jspecify.annotations.NullMarked;
