package dev.holdfast.simulation;

import dev.holdfast.store.ProcessEnd;
import dev.holdfast.store.sql.WriteProbe;

/** The process ends at this very step of a write. */
final class SimulatedCrash extends ProcessEnd {
    private static final long serialVersionUID = 1L;
}
