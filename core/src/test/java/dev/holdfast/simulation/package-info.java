/**
 * The engine and the real store under virtual time, chance by seed and faults of every kind. Start
 * at {@link dev.holdfast.simulation.Simulation}.
 */
@NullMarked
package dev.holdfast.simulation;

import org.jspecify.annotations.NullMarked;
