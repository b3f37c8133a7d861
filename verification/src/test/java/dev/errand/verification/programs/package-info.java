/// Random programs, disturbed in every way, against the same programs left in peace.
@NullMarked
package dev.errand.verification.programs;

import org.jspecify.annotations.NullMarked;
