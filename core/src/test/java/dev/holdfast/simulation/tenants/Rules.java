package dev.holdfast.simulation.tenants;

import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one ledger of the API's allows: a tenant's, a key's, or that of all together.
 *
 * @param calls windows of calls
 * @param tokens windows of what calls cost
 * @param concurrency calls under way at most
 * @param paused whether none is to leave
 * @param headers what calls say instead of what is configured
 */
record Rules(Quota calls, Quota tokens, int concurrency, boolean paused, OwnHeaders headers) {
    static final String TOKENS = "tokens";

    Rules(Quota calls, Quota tokens, int concurrency) {
        this(calls, tokens, concurrency, false, OwnHeaders.NONE);
    }

    Rules pausedAs(boolean other) {
        return new Rules(calls, tokens, concurrency, other, headers);
    }

    /** What one tenant has of its own. */
    static Rules of(OwnRules own, PartitionRules each) {
        PartitionRules all = own.over(each);
        return new Rules(
                all.quota(),
                all.units().getOrDefault(TOKENS, Quota.NONE),
                all.fifo() ? 1 : all.concurrency(),
                own.paused(),
                own.headers());
    }

    SortedMap<String, Quota> units() {
        return units(tokens);
    }

    static SortedMap<String, Quota> units(Quota tokens) {
        return new TreeMap<>(tokens.windows().isEmpty() ? Map.of() : Map.of(TOKENS, tokens));
    }

    /** The longest of its windows; zero if it has none. */
    Duration longest() {
        Duration longest = Duration.ZERO;
        for (Quota quota : new Quota[] {calls, tokens}) {
            for (Window window : quota.windows()) {
                longest = longest.compareTo(window.length()) < 0 ? window.length() : longest;
            }
        }
        return longest;
    }
}
