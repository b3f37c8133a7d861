/// What STATEK's users rely on, carried out by real jobs: the code of its pages on subtasks, and
/// the cases listed in `docs/deviations.md`, by their numbers.
@NullMarked
package dev.errand.verification.statek;

import org.jspecify.annotations.NullMarked;
