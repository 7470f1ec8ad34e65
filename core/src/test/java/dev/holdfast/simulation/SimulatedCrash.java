package dev.holdfast.simulation;

import dev.holdfast.store.ProcessEnd;

/** The process ends at this very step of a write. */
public final class SimulatedCrash extends ProcessEnd {
    private static final long serialVersionUID = 1L;
}
