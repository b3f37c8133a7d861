/// The sockets: what the engine asks of a store, a workspace runtime, a model and tools.
///
/// Plugs implement these interfaces and know the nouns, never the engine, never each other. Each
/// interface has a contract suite in the testkit.
@NullMarked
package dev.errand.spi;

import org.jspecify.annotations.NullMarked;
