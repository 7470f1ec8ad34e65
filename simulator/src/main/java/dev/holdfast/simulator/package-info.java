/**
 * The unreliable world that Holdfast lives in: the signing API, a rates API, the trade feed and a
 * webhook receiver, each a small server that follows the recorded facts of the real service and
 * breaks on command. Start at {@link dev.holdfast.simulator.SimulatedUpstream}.
 *
 * <p>All of them answer {@code GET /_stats} and {@code GET|POST /_control} on their own port. Each
 * keeps its state on one event loop.
 */
@NullMarked
package dev.holdfast.simulator;

import org.jspecify.annotations.NullMarked;
