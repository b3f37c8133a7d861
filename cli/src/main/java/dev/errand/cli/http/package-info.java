/// A small HTTP server for JSON: routes, and who may call them. It knows nothing of what they do.
///
/// It leans on the JDK's server and on the nouns of Errand.
@NullMarked
package dev.errand.cli.http;

import org.jspecify.annotations.NullMarked;
