package dev.holdfast.engine;

import dev.holdfast.store.Delivery;
import dev.holdfast.store.Expired;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends requests whose time is over, at that time; on the loop. */
final class Expiry {
    private static final Logger LOG = LoggerFactory.getLogger(Expiry.class);

    private final EngineParts parts;
    private final Consumer<List<RequestRecord>> told;
    private @Nullable Instant next;

    /**
     * @param told who waits for the requests that were ended
     */
    Expiry(EngineParts parts, Consumer<List<RequestRecord>> told) {
        this.parts = parts;
        this.told = told;
    }

    /** One more request will be over after so long. */
    void in(Duration time) {
        at(now().plus(time));
    }

    /** Ends what is over, and comes back when more is. */
    void run() {
        next = null;
        parts.store().expire().whenCompleteAsync(this::ended, parts.loop());
    }

    private void at(Instant time) {
        Instant set = next;
        if (set == null || time.isBefore(set)) {
            next = time;
            parts.timer().after(Duration.between(now(), time), this::run);
        }
    }

    private void ended(@Nullable Expired expired, @Nullable Throwable error) {
        if (expired == null) {
            LOG.warn("expired requests cannot be ended yet", error);
            in(Engine.STORE_PAUSE);
            return;
        }
        told.accept(expired.requests());
        List<Delivery> deliveries = expired.deliveries();
        if (!deliveries.isEmpty()) {
            parts.deliveries().accept(deliveries);
        }
        Instant following = expired.next();
        if (following != null) {
            at(following);
        }
    }

    private Instant now() {
        Store store = parts.store();
        return store.clock().instant();
    }
}
