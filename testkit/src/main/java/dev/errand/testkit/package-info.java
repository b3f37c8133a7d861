/// Contracts for every socket, and what a test of Errand needs. May lean on everything in core.
@NullMarked
package dev.errand.testkit;

import org.jspecify.annotations.NullMarked;
