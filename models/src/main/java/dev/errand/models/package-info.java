/// Models behind the socket. Leans on the sockets and the nouns.
@NullMarked
package dev.errand.models;

import org.jspecify.annotations.NullMarked;
