/**
 * How a server is reached and what is said to it: its address with several hosts, connections and
 * pools, many statements in one way there and back, and the statements themselves. Knows of no
 * transition.
 */
@NullMarked
package dev.holdfast.store.postgresql.connection;

import org.jspecify.annotations.NullMarked;
