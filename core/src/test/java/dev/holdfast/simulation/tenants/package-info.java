/**
 * The engine and the real store where an upstream has partitions, units and several credentials,
 * under virtual time and chance by seed. Start at {@link
 * dev.holdfast.simulation.tenants.TenantsSimulation}.
 */
@NullMarked
package dev.holdfast.simulation.tenants;

import org.jspecify.annotations.NullMarked;
