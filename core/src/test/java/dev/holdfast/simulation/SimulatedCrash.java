package dev.holdfast.simulation;

import dev.holdfast.store.WriteProbe;

/** The process ends at this very step of a write. */
final class SimulatedCrash extends WriteProbe.ProcessEnd {
    private static final long serialVersionUID = 1L;
}
