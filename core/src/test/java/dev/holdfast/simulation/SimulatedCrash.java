package dev.holdfast.simulation;

/** The process ends at this very step of a write. */
final class SimulatedCrash extends Error {
    private static final long serialVersionUID = 1L;

    SimulatedCrash() {
        super("the process was killed", null, false, false);
    }
}
