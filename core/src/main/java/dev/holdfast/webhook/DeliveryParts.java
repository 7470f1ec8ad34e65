package dev.holdfast.webhook;

import dev.holdfast.engine.loop.Timer;
import dev.holdfast.store.Deliveries;
import dev.holdfast.store.Delivery;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;

/**
 * All that the sending of webhooks is made of. Time, chance, storage and network come in from here,
 * so that a simulation can give its own.
 *
 * @param deliveries where deliveries are kept
 * @param webhooks the way they leave
 * @param body what is posted, the same bytes for each try: {@link WebhookBody}
 * @param keys what a client's deliveries are signed with: {@link SigningKeys#of}
 * @param schedule when a delivery is tried again
 * @param loop runs one task at a time, in order
 * @param timer runs tasks later, on the loop
 * @param random for the schedule's jitter
 * @param clock steady time, the store's
 * @param wall wall time, for what receivers and people see
 * @param lease how long a claimed delivery is out of others' reach: longer than a post may take and
 *     {@link #MAX_WAIT} together, and not longer than what the store hands over with
 * @param traces sees each try, for traces
 */
public record DeliveryParts(
        Deliveries deliveries,
        Webhooks webhooks,
        Function<Delivery, byte[]> body,
        IntFunction<CompletionStage<List<SigningKey>>> keys,
        Schedule schedule,
        Executor loop,
        Timer timer,
        RandomGenerator random,
        InstantSource clock,
        InstantSource wall,
        Duration lease,
        DeliveryTraces traces) {
    /** Longest wait in memory for a host; then a delivery goes back to the store. */
    public static final Duration MAX_WAIT = Duration.ofSeconds(5);

    /** All but somebody who traces. */
    public DeliveryParts(
            Deliveries deliveries,
            Webhooks webhooks,
            Function<Delivery, byte[]> body,
            IntFunction<CompletionStage<List<SigningKey>>> keys,
            Schedule schedule,
            Executor loop,
            Timer timer,
            RandomGenerator random,
            InstantSource clock,
            InstantSource wall,
            Duration lease) {
        this(
                deliveries,
                webhooks,
                body,
                keys,
                schedule,
                loop,
                timer,
                random,
                clock,
                wall,
                lease,
                DeliveryTraces.NONE);
    }

    public DeliveryParts {
        if (lease.compareTo(MAX_WAIT) <= 0) {
            throw new IllegalArgumentException("a lease is longer than " + MAX_WAIT);
        }
    }
}
