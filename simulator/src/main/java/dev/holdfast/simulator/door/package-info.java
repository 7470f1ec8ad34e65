/**
 * How every stand-in listens, breaks on command and counts: {@code GET /_stats} and {@code GET|POST
 * /_control} on its own port, its state on one event loop. Start at {@link
 * dev.holdfast.simulator.door.Door}.
 */
@NullMarked
package dev.holdfast.simulator.door;

import org.jspecify.annotations.NullMarked;
