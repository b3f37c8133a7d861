/// Agents from Markdown files, and the tools that such files name. Leans on the nouns only.
@NullMarked
package dev.errand.agents;

import org.jspecify.annotations.NullMarked;
