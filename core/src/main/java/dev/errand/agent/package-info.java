/// Who does the work: agents, their models, their tools, and Java programs.
///
/// Leans on the nouns of `dev.errand.job` only.
@NullMarked
package dev.errand.agent;

import org.jspecify.annotations.NullMarked;
