package dev.holdfast.engine.credential;

import dev.holdfast.quota.Pool;
import java.util.Map;

/**
 * What an upstream's credentials allow together: those that take calls, or, where all of them are
 * out, those that are tried again.
 *
 * @param calls in calls
 * @param units in other units, by their names; only of those that all of them count
 */
public record Pools(Pool calls, Map<String, Pool> units) {
    /** Of an upstream whose calls all leave with the same credential. */
    public static final Pools NONE = new Pools(Pool.NONE, Map.of());

    public Pools {
        units = Map.copyOf(units);
    }
}
