/**
 * Several engines and stores on one real PostgreSQL, under virtual time and chance by seed. Start
 * at {@link dev.holdfast.simulation.replicas.ReplicasSimulation}.
 */
@NullMarked
package dev.holdfast.simulation.replicas;

import org.jspecify.annotations.NullMarked;
