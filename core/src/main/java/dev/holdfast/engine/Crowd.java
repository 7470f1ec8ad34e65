package dev.holdfast.engine;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many asks are held, and how much less patience each new one gets for it. The asks of a crowd
 * are read one after the other, and so are their answers written: the last of them is late already
 * when its time begins, and its answer would leave behind all others. So the answers of a crowd are
 * spread over the time before {@code answer-within} (P2). Safe for many threads.
 */
final class Crowd {
    /** Time to read one ask and write its receipt, with some to spare for a slow machine. */
    static final Duration EACH = Duration.ofNanos(250_000);

    private final AtomicInteger held = new AtomicInteger();

    /**
     * One more is held; its patience is the wanted one, or less by those who came before it.
     *
     * @param left of the time that an answer has
     */
    Duration join(Duration wanted, Duration left) {
        long within = Math.max(0, left.toNanos());
        // In numbers: Duration multiplies and divides by way of BigDecimal.
        long spread = EACH.toNanos() * held.getAndIncrement();
        long most = within - Math.min(spread, within / 2);
        return wanted.toNanos() < most ? wanted : Duration.ofNanos(most);
    }

    /** One is answered. */
    void leave() {
        held.decrementAndGet();
    }
}
