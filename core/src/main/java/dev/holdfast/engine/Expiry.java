package dev.holdfast.engine;

import dev.holdfast.engine.loop.Alarm;
import dev.holdfast.engine.loop.StoreLog;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.Expired;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Survival;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Ends requests whose time is over, at that time; on the loop. */
final class Expiry {
    private final EngineParts parts;
    private final Consumer<List<RequestRecord>> told;
    private final StoreLog trouble;
    private final Alarm alarm;
    private Instant began = Instant.EPOCH;

    /**
     * @param trouble told when the store fails
     * @param told who waits for the requests that were ended
     */
    Expiry(EngineParts parts, StoreLog trouble, Consumer<List<RequestRecord>> told) {
        this.parts = parts;
        this.trouble = trouble;
        this.told = told;
        alarm = new Alarm(parts.store().clock(), parts.timer(), this::run);
    }

    /** One more request will be over after so long. */
    void in(Duration time) {
        alarm.within(time);
    }

    /** Ends what is over, and comes back when more is. */
    void run() {
        began = parts.store().clock().instant();
        Results.ask(parts.store()::expire).whenCompleteAsync(this::ended, parts.loop());
    }

    private void ended(@Nullable Expired expired, @Nullable Throwable error) {
        if (expired == null) {
            trouble.failed("expired requests cannot be ended", error);
            in(StoreLog.PAUSE);
            return;
        }
        Survival.run(() -> told.accept(expired.requests()));
        List<Delivery> deliveries = expired.deliveries();
        if (!deliveries.isEmpty()) {
            Survival.run(() -> parts.deliveries().accept(deliveries));
        }
        Instant following = expired.next();
        if (following != null) {
            // Where many end at once, others have the writer for as long as these had.
            Instant now = parts.store().clock().instant();
            Instant soonest = now.plus(Duration.between(began, now));
            alarm.at(following.isBefore(soonest) ? soonest : following);
        }
    }
}
