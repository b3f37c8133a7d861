/// The rules of the house, as tests over every class of every module.
@NullMarked
package dev.errand.verification;

import org.jspecify.annotations.NullMarked;
