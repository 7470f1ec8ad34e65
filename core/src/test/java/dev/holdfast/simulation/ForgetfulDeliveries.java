package dev.holdfast.simulation;

import dev.holdfast.store.Deliveries;
import dev.holdfast.store.Viewer;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The real deliveries, of which one that failed is not made again, or too soon.
 *
 * @param forgets whether it is not made again
 */
record ForgetfulDeliveries(Deliveries real, boolean forgets) implements Deliveries {
    @Override
    public CompletionStage<Void> settle(DeliveryTry tried) {
        boolean again = tried.state() == State.PENDING;
        State state = again && forgets ? State.FAILED : tried.state();
        Duration wait = tried.retryAfter();
        return real.settle(
                new DeliveryTry(
                        tried.delivery(),
                        state,
                        forgets || wait == null ? null : wait.dividedBy(4),
                        tried.status(),
                        tried.error(),
                        tried.latency()));
    }

    @Override
    public CompletionStage<Due> claim(int max, Duration lease) {
        return real.claim(max, lease);
    }

    @Override
    public CompletionStage<Void> postpone(List<UUID> deliveries, Duration wait) {
        return real.postpone(deliveries, wait);
    }

    @Override
    public CompletionStage<Boolean> redeliver(Viewer viewer, UUID delivery) {
        return real.redeliver(viewer, delivery);
    }

    @Override
    public Page list(
            Viewer viewer,
            @Nullable UUID request,
            @Nullable State state,
            int limit,
            @Nullable UUID before) {
        return real.list(viewer, request, state, limit, before);
    }

    @Override
    public List<TryRecord> tries(Viewer viewer, UUID delivery) {
        return real.tries(viewer, delivery);
    }

    @Override
    public void whenDue(Runnable wake) {
        real.whenDue(wake);
    }

    @Override
    public long pending() {
        return real.pending();
    }
}
