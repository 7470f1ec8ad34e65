package dev.holdfast.engine.credential;

import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.Pool;
import dev.holdfast.store.ClaimAsk;
import java.util.List;
import java.util.Map;

/**
 * What an upstream's credentials allow together: those that take calls, or, where all of them are
 * out, those that are tried again.
 *
 * @param calls in calls
 * @param units in other units, by their names; only of those that all of them count
 * @param all the credentials
 */
public record Pools(Pool calls, Map<String, Pool> units, List<ClaimAsk.Credential> all) {
    /** Of an upstream whose calls all leave with the same credential. */
    public static final Pools NONE = new Pools(Pool.NONE, Map.of(), List.of());

    public Pools {
        units = Map.copyOf(units);
        all = List.copyOf(all);
    }

    /** What they allow a call with which these are sent. */
    public Pools with(OwnHeaders own) {
        return ClaimAsk.leavesAlone(own, all) ? NONE : this;
    }
}
