package dev.holdfast.webhook;

import dev.holdfast.engine.loop.Alarm;
import dev.holdfast.engine.loop.SummedLog;
import dev.holdfast.store.Deliveries;
import dev.holdfast.store.Deliveries.DeliveryTry;
import dev.holdfast.store.Delivery;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The deliveries in memory, from when they come until the store knows what became of them. An
 * outcome that the store does not take is kept and written again; it counts as in hand until then,
 * which bounds them. On the loop.
 */
final class DeliveryBook {
    /** Most deliveries in memory. */
    static final int MAX_IN_HAND = 4_096;

    /** Most deliveries in memory for one client, so that there is room for others. */
    static final int MAX_IN_HAND_OF_CLIENT = MAX_IN_HAND / 4;

    /** Characters of results and parameters in memory, after which no more is taken. */
    static final long MAX_CHARS_IN_HAND = 16 << 20;

    /** The same for one client. */
    static final long MAX_CHARS_OF_CLIENT = MAX_CHARS_IN_HAND / 4;

    /** How long after a failed write of the store it is tried again. */
    static final Duration STORE_AGAIN = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(DeliveryBook.class);

    private final DeliveryParts parts;
    private final Deliveries deliveries;
    private final DeliveryMetrics metrics;
    private final Alarm alarm;
    private final Runnable freed;

    private final Map<UUID, Held> inHand = new HashMap<>();
    private final Map<Integer, Held> ofClients = new HashMap<>();
    private long chars;
    private final Deque<DeliveryTry> unwritten = new ArrayDeque<>();
    private final SummedLog givenUp;
    private boolean failing;
    private boolean waitsToWrite;

    /**
     * @param alarm told when what is written falls due
     * @param freed called when something is no longer in hand
     */
    DeliveryBook(DeliveryParts parts, DeliveryMetrics metrics, Alarm alarm, Runnable freed) {
        this.parts = parts;
        this.deliveries = parts.deliveries();
        this.metrics = metrics;
        this.alarm = alarm;
        this.freed = freed;
        givenUp =
                new SummedLog(
                        parts.timer(), more -> LOG.warn("{} more webhooks are given up", more));
    }

    private static void tellGivenUp(DeliveryTry tried) {
        LOG.atWarn()
                .addKeyValue("delivery", tried.delivery())
                .addKeyValue("status", tried.status())
                .log(whyGivenUp(tried));
    }

    private static String whyGivenUp(DeliveryTry tried) {
        if (tried.state() != Deliveries.State.ENDED) {
            return "a webhook is given up after its last try";
        }
        return tried.status() == null
                ? "a webhook is given up: it may not, or cannot, be sent to its address"
                : "a webhook is given up: its receiver wants no more";
    }

    /** So many of a client, with so many characters of texts. */
    private record Held(int client, int count, long chars) {}

    int size() {
        return inHand.size();
    }

    /** Whether no more fits into memory. */
    boolean isFull() {
        return inHand.size() >= MAX_IN_HAND || chars >= MAX_CHARS_IN_HAND;
    }

    /** Whether a client has as many in hand as it may. */
    boolean isFullFor(int client) {
        Held held = ofClients.get(client);
        return held != null
                && (held.count() >= MAX_IN_HAND_OF_CLIENT || held.chars() >= MAX_CHARS_OF_CLIENT);
    }

    /** Whether it was not in hand before. */
    boolean add(Delivery delivery) {
        Held one = new Held(delivery.client(), 1, delivery.chars());
        boolean fresh = inHand.putIfAbsent(delivery.id(), one) == null;
        if (fresh) {
            chars += one.chars();
            ofClients.merge(
                    one.client(),
                    one,
                    (a, b) -> new Held(a.client(), a.count() + 1, a.chars() + b.chars()));
        }
        return fresh;
    }

    private void remove(UUID delivery) {
        Held one = inHand.remove(delivery);
        if (one != null) {
            chars -= one.chars();
            ofClients.computeIfPresent(
                    one.client(),
                    (client, held) ->
                            held.count() == 1
                                    ? null
                                    : new Held(
                                            client, held.count() - 1, held.chars() - one.chars()));
        }
    }

    /** Writes down what became of a delivery, until it is durable. */
    void settle(DeliveryTry tried) {
        deliveries
                .settle(tried)
                .whenComplete(
                        (done, failure) -> parts.loop().execute(() -> settled(tried, failure)));
    }

    /** Gives deliveries back untried, due after {@code wait}. */
    void giveBack(List<UUID> untried, Duration wait) {
        if (untried.isEmpty()) {
            return;
        }
        metrics.postponed(untried.size());
        deliveries
                .postpone(untried, wait)
                .whenComplete(
                        (done, failure) ->
                                parts.loop().execute(() -> gaveBack(untried, wait, failure)));
    }

    /** Tells of a failed write, once until one works. */
    void storeFailed(@Nullable Throwable failure) {
        metrics.storeFailed();
        if (!failing) {
            failing = true;
            LOG.warn("webhook deliveries cannot be written down; they wait", failure);
        }
    }

    void storeWorked() {
        failing = false;
    }

    private void settled(DeliveryTry tried, @Nullable Throwable failure) {
        if (failure != null) {
            storeFailed(failure);
            unwritten.add(tried);
            writeLater();
            return;
        }
        storeWorked();
        metrics.settled(tried.state());
        if (tried.state() == Deliveries.State.FAILED || tried.state() == Deliveries.State.ENDED) {
            givenUp.tell(() -> tellGivenUp(tried));
        }
        remove(tried.delivery());
        if (tried.retryAfter() != null) {
            alarm.within(tried.retryAfter());
        }
        freed.run();
    }

    private void writeLater() {
        if (!waitsToWrite) {
            waitsToWrite = true;
            parts.timer().after(STORE_AGAIN, this::writeAgain);
        }
    }

    private void writeAgain() {
        waitsToWrite = false;
        List<DeliveryTry> again = List.copyOf(unwritten);
        unwritten.clear();
        again.forEach(this::settle);
    }

    private void gaveBack(List<UUID> untried, Duration wait, @Nullable Throwable failure) {
        untried.forEach(this::remove);
        if (failure == null) {
            storeWorked();
            alarm.within(wait);
        } else {
            // Their leases end by themselves.
            storeFailed(failure);
            alarm.within(parts.lease());
        }
        freed.run();
    }
}
