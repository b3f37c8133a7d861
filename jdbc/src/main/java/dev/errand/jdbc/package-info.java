/// The store on SQLite. Leans on the sockets and the nouns, and is the only place that knows SQL.
@NullMarked
package dev.errand.jdbc;

import org.jspecify.annotations.NullMarked;
