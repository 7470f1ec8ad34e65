package dev.holdfast.store.transition;

import dev.holdfast.store.StoreOptions;
import java.util.random.RandomGenerator;

/** What becomes of jobs and requests, put together once for both dialects. */
public record Transitions(
        AskWrites asks,
        Settling settling,
        Expiring expiring,
        CancelAndRetry cancelAndRetry,
        Telling telling,
        GivingBack givingBack,
        BatchWrites batches) {
    /**
     * @param random for ids
     */
    public static Transitions of(StoreOptions options, RandomGenerator random) {
        DeliveryWrites deliveries = new DeliveryWrites(options, random);
        Telling telling = new Telling(options, deliveries);
        Ends ends = new Ends(options, deliveries, telling);
        return new Transitions(
                new AskWrites(deliveries, ends),
                new Settling(ends),
                new Expiring(ends),
                new CancelAndRetry(ends, deliveries, telling),
                telling,
                new GivingBack(ends),
                new BatchWrites(ends, deliveries, random));
    }
}
