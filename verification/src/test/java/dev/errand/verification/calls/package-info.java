/// Models that call tools by their replies.
@NullMarked
package dev.errand.verification.calls;

import org.jspecify.annotations.NullMarked;
