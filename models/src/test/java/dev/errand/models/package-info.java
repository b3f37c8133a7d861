@NullMarked
package dev.errand.models;

import org.jspecify.annotations.NullMarked;
