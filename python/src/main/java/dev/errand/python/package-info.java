/// The workspace as CPython processes. Leans on the sockets and the nouns.
@NullMarked
package dev.errand.python;

import org.jspecify.annotations.NullMarked;
