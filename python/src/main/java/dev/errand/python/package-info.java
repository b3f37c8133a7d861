/// The workspace as CPython processes: a warm process that has loaded the driver forks one for each
/// workspace.
///
/// Leans on the sockets and the nouns. The driver itself is Python, in the resources beside this
/// package.
@NullMarked
package dev.errand.python;

import org.jspecify.annotations.NullMarked;
