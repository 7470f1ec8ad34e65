/**
 * Connections from the moment they are accepted, whatever they will speak: how many there may be,
 * since when nothing is asked on them, and what they make the gateway hold in memory. Start reading
 * at {@link dev.holdfast.gateway.wire.Lines}.
 */
@NullMarked
package dev.holdfast.gateway.wire;

import org.jspecify.annotations.NullMarked;
