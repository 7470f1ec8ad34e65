package dev.holdfast.gateway.console;

import dev.holdfast.engine.UpstreamView;
import dev.holdfast.store.Reads.CallRecord;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What the console is told at one moment.
 *
 * @param at wall time
 * @param steady steady time of the same moment, which {@code calls} are in
 * @param calls each upstream's calls that hold or lately held a slot, by its name
 * @param starts when the time of each upstream's next scheduled request comes, wall time, by its
 *     name
 * @param pendingDeliveries webhooks that are not delivered yet
 * @param storeWorks whether the store writes and reads
 */
record Frame(
        Instant at,
        Instant steady,
        List<UpstreamView> upstreams,
        Map<String, List<CallRecord>> calls,
        Map<String, Instant> starts,
        long pendingDeliveries,
        boolean storeWorks) {}
