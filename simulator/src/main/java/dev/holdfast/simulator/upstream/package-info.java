/**
 * The signing API, as slow and as often broken as the real one, or as a test wants it. Start at
 * {@link dev.holdfast.simulator.upstream.SimulatedUpstream}.
 */
@NullMarked
package dev.holdfast.simulator.upstream;

import org.jspecify.annotations.NullMarked;
