@NullMarked
package dev.errand.mcp;

import org.jspecify.annotations.NullMarked;
