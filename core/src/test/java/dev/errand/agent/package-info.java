/// Tests of the nouns around an agent.
@NullMarked
package dev.errand.agent;

import org.jspecify.annotations.NullMarked;
