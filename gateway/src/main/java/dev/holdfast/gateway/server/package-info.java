/**
 * HTTP, not what is asked: connections and their bounds, requests as they are read, who asks, the
 * guard of an answer's time (P2), problems as they are written. Knows no door. Start at {@link
 * dev.holdfast.gateway.server.Listener} and {@link dev.holdfast.gateway.server.Exchange}.
 */
@NullMarked
package dev.holdfast.gateway.server;

import org.jspecify.annotations.NullMarked;
