package dev.holdfast.gateway;

import dev.holdfast.engine.Answer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts how a route's asks were answered: what was known, fetched, joined, promised, refused. */
final class AskMeters {
    private final Counter hits;
    private final Counter fetched;
    private final Counter collapsed;
    private final Counter receipts;
    private final Counter collapsedReceipts;
    private final Counter refused;

    AskMeters(String route, MeterRegistry registry) {
        hits = counter(route, "hit", registry);
        fetched = counter(route, "fetched", registry);
        collapsed = counter(route, "joined", registry);
        receipts = counter(route, "receipt", registry);
        collapsedReceipts = counter(route, "joined_receipt", registry);
        refused = counter(route, "refused", registry);
    }

    private static Counter counter(String route, String answer, MeterRegistry registry) {
        return Counter.builder("holdfast.asks")
                .description(
                        "Asks: hit from the cache, fetched by a call of their own, joined to"
                                + " another's call, answered with a receipt, or refused")
                .tag("route", route)
                .tag("answer", answer)
                .register(registry);
    }

    void hit() {
        hits.increment();
    }

    void answered(Answer answer) {
        switch (answer) {
            case Answer.Ready ready -> ready(ready.origin()).increment();
            case Answer.Receipt receipt ->
                    (receipt.collapsed() ? collapsedReceipts : receipts).increment();
            case Answer.Refused _, Answer.Uncertain _ -> refused.increment();
        }
    }

    private Counter ready(Answer.Origin origin) {
        return switch (origin) {
            case Answer.Origin.Hit _ -> hits;
            case Answer.Origin.Miss(boolean joined) -> joined ? collapsed : fetched;
        };
    }
}
