/// The workspace as contexts of GraalPy in this JVM: for trusted code, on hosts without a Python.
///
/// Leans on the sockets, the nouns, and the package `python`, whose driver and protocol it uses.
@NullMarked
package dev.errand.graalpy;

import org.jspecify.annotations.NullMarked;
