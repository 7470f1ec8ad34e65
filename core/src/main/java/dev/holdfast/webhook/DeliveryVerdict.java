package dev.holdfast.webhook;

import dev.holdfast.store.Deliveries.DeliveryTry;
import dev.holdfast.store.Deliveries.State;
import dev.holdfast.store.Delivery;
import dev.holdfast.webhook.Webhooks.Told;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What follows from a try: a pure function. */
final class DeliveryVerdict {
    private static final int GONE = 410;

    private DeliveryVerdict() {}

    static DeliveryTry of(Delivery delivery, Told told, Schedule schedule, RandomGenerator random) {
        return switch (told) {
            case Told.Delivered(int status, Duration latency) ->
                    new DeliveryTry(delivery.id(), State.DELIVERED, null, status, null, latency);
            case Told.Gone(Duration latency) ->
                    ended(delivery, GONE, "answered 410: the receiver wants no more", latency);
            case Told.Forbidden(String reason) -> ended(delivery, reason);
            case Told.NotDelivered no -> notDelivered(delivery, no, schedule, random);
        };
    }

    /** The delivery cannot be made, now or later. */
    static DeliveryTry ended(Delivery delivery, String words) {
        return ended(delivery, null, words, Duration.ZERO);
    }

    private static DeliveryTry ended(
            Delivery delivery, @Nullable Integer status, String words, Duration latency) {
        return new DeliveryTry(delivery.id(), State.ENDED, null, status, words, latency);
    }

    private static DeliveryTry notDelivered(
            Delivery delivery, Told.NotDelivered no, Schedule schedule, RandomGenerator random) {
        Optional<Duration> wait = schedule.next(delivery.attempts() + 1, no.retryAfter(), random);
        return new DeliveryTry(
                delivery.id(),
                wait.isPresent() ? State.PENDING : State.FAILED,
                wait.orElse(null),
                no.status(),
                no.error(),
                no.latency());
    }
}
