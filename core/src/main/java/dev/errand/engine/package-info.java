/// The engine room: advances jobs by computing steps and having the store commit them.
///
/// One public type, [dev.errand.engine.Engine]; the porch stands on it. Leans on the sockets and
/// the nouns.
@NullMarked
package dev.errand.engine;

import org.jspecify.annotations.NullMarked;
