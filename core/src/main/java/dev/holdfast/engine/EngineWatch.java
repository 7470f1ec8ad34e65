package dev.holdfast.engine;

import java.time.Duration;
import java.util.UUID;

/**
 * Sees what an engine does, for figures and traces: the one port to whatever makes them. Called on
 * the loop, but for {@link #asked}; it neither blocks nor throws.
 */
public interface EngineWatch {
    /** Looks away. */
    EngineWatch NONE = new EngineWatch() {};

    /**
     * A request that is about to be kept was asked as part of a trace.
     *
     * @param traceparent W3C Trace Context, version 00
     */
    default void asked(UUID request, String traceparent) {}

    /**
     * A call leaves.
     *
     * @param attempt its number, from 1
     * @param age of its job: from the first ask for it until now
     */
    default void called(String upstream, int attempt, Duration age) {}

    /**
     * The call that leaves is a probe: every slot is held by calls that may still arrive, so it
     * comes on top of the quota if the upstream hung all the time.
     */
    default void probed(String upstream) {}

    /**
     * A call took more of a unit than was reserved.
     *
     * @param more by how much, at least 1
     */
    default void underestimated(String upstream, String unit, long more) {}

    /**
     * A call is over.
     *
     * @param outcome in one word, as attempts show it
     */
    default void settled(String upstream, String outcome, Duration latency) {}
}
