package dev.holdfast.simulator.feed;

import java.util.ArrayDeque;

/** Faults after which a client has to be back in time, and whether it was. */
final class FeedRenewal {
    private record Awaited(FeedFault fault, long since) {}

    private final FeedTally tally;
    private final ArrayDeque<Awaited> awaited = new ArrayDeque<>();

    FeedRenewal(FeedTally tally) {
        this.tally = tally;
    }

    /** A client has to connect anew, counted from {@code since}. */
    void await(FeedFault fault, long since) {
        if (fault.callsForRenewal()) {
            awaited.add(new Awaited(fault, since));
        }
    }

    /** A client is back. */
    void connected(long now) {
        while (!awaited.isEmpty() && awaited.element().since <= now) {
            var renewal = awaited.remove();
            long took = now - renewal.since;
            tally.renewals++;
            tally.slowestRenewal = Math.max(tally.slowestRenewal, took);
            if (took > renewal.fault.kind().backWithin().toNanos()) {
                tally.problem(
                        "connected anew only %d ms after %s"
                                .formatted(took / 1_000_000, renewal.fault.kind()));
            }
        }
    }

    /** No more is to come. */
    void finish(long now) {
        for (var renewal : awaited) {
            if (now - renewal.since > renewal.fault.kind().backWithin().toNanos()) {
                tally.problem("never connected anew after " + renewal.fault.kind());
            }
        }
        awaited.clear();
    }
}
