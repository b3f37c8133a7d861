/// The nouns of Errand: values without behaviour towards the outside.
///
/// Everything here is an immutable record, an enum, a sealed choice or an exception. The package
/// leans on nothing but the JDK; every other package may lean on it.
@NullMarked
package dev.errand.job;

import org.jspecify.annotations.NullMarked;
