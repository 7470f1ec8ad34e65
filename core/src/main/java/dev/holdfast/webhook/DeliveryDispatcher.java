package dev.holdfast.webhook;

import dev.holdfast.engine.loop.Alarm;
import dev.holdfast.pace.Breaker;
import dev.holdfast.store.Deliveries.DeliveryTry;
import dev.holdfast.store.Deliveries.Due;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Survival;
import dev.holdfast.webhook.HostLane.HandedDelivery;
import dev.holdfast.webhook.Webhooks.Told;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place that sends webhooks. It takes the deliveries that the engine is handed and claims
 * those that are due, posts them, at most {@link Breaker#MAX_AT_ONCE} of a client to a host at
 * once, and writes down what became of each.
 *
 * <p>A delivery is never lost: until its outcome is durable it stays pending in the store, and when
 * its lease ends it is claimed again, with the same {@code webhook-id}. It may be repeated: after a
 * crash between the receiver's answer and the outcome's write.
 *
 * <p>Runs on a loop given from outside, blocks on nothing and has no threads. Its public methods
 * may be called from any thread.
 */
public final class DeliveryDispatcher {
    /** How long a delivery is put off whose client has as many in memory as it may. */
    static final Duration OVER_AGAIN = Duration.ofSeconds(1);

    /** Most deliveries claimed in one go. */
    public static final int MAX_CLAIM = 256;

    /** With at most as many in hand more are claimed at once, otherwise at the next look. */
    public static final int FEW_IN_HAND = 256;

    /** How often those that wait are looked at. */
    static final Duration LOOK = Duration.ofMillis(100);

    /** How long a delivery is put off whose keys cannot be read. */
    static final Duration KEYS_AGAIN = Duration.ofSeconds(5);

    /** How long a delivery is put off that failed here, not at its receiver. */
    static final Duration FAILED_AGAIN = Duration.ofSeconds(5);

    private static final int UUID_TIME_SHIFT = 16;
    private static final Logger LOG = LoggerFactory.getLogger(DeliveryDispatcher.class);

    private final DeliveryParts parts;
    private volatile Schedule schedule;
    private final DeliveryMetrics metrics;
    private final Alarm alarm;
    private final DeliveryBook book;
    private final SignedPosts posts;
    private final HostLanes lanes = new HostLanes();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final CompletableFuture<Void> stopped = new CompletableFuture<>();
    private boolean due;
    private boolean claiming;
    private boolean looking;
    private boolean stopping;
    private int underWay;

    public DeliveryDispatcher(DeliveryParts parts) {
        this.parts = parts;
        schedule = parts.schedule();
        metrics = new DeliveryMetrics(parts.deliveries()::pending);
        alarm = new Alarm(parts.clock(), parts.timer(), this::claimDue);
        posts = new SignedPosts(parts);
        book = new DeliveryBook(parts, metrics, alarm, this::freed);
    }

    /** Tries by another schedule from now on. */
    public void change(Schedule schedule) {
        this.schedule = schedule;
    }

    /** Claims what is due, and from now on whatever falls due. */
    public void start() {
        parts.deliveries().whenDue(this::wake);
        wake();
    }

    /** Takes deliveries that are leased to this process: the engine's consumer of them. */
    public void offered(List<Delivery> deliveries) {
        if (!deliveries.isEmpty()) {
            parts.loop().execute(() -> take(deliveries));
        }
    }

    /** Something may have fallen due. */
    public void wake() {
        if (woken.compareAndSet(false, true)) {
            parts.loop()
                    .execute(
                            () -> {
                                woken.set(false);
                                claimDue();
                            });
        }
    }

    /**
     * Sends one signed event of the type {@code test} now, whatever is known of the host, and
     * leaves no trace of it. The stage fails if the client's keys cannot be read.
     *
     * @param client whose keys sign it
     * @param url as checked at the ask
     */
    public CompletionStage<Told> test(int client, URI url) {
        CompletableFuture<Told> told = new CompletableFuture<>();
        parts.loop().execute(() -> posts.test(client, url, told));
        return told;
    }

    /** What was done and is in hand. */
    public DeliveryMetrics metrics() {
        return metrics;
    }

    /**
     * Sends nothing more and gives back what waits; the stage completes when nothing is in hand.
     */
    public CompletionStage<Void> stop() {
        parts.loop()
                .execute(
                        () -> {
                            stopping = true;
                            alarm.cancel();
                            lanes.all().forEach(lane -> giveBack(lane.surrender(), Duration.ZERO));
                            freed();
                        });
        return stopped;
    }

    // What comes in hand

    private void claimDue() {
        due = true;
        claimIf(book.size() <= FEW_IN_HAND);
    }

    /** Claims if something is due and there is room; later unless {@code now}. */
    private void claimIf(boolean now) {
        if (!due || claiming || stopping) {
            return;
        }
        int room = Math.min(MAX_CLAIM, DeliveryBook.MAX_IN_HAND - book.size());
        if (!now || book.isFull()) {
            lookSoon();
            return;
        }
        due = false;
        claiming = true;
        parts.deliveries()
                .claim(room, parts.lease())
                .whenComplete(
                        (claimed, failure) ->
                                parts.loop().execute(() -> claimed(claimed, failure)));
    }

    private void claimed(@Nullable Due claimed, @Nullable Throwable failure) {
        claiming = false;
        if (claimed == null) {
            book.storeFailed(failure);
            due = true;
            if (!stopping) {
                alarm.within(DeliveryBook.STORE_AGAIN);
            }
            return;
        }
        book.storeWorked();
        boolean backlog = !take(claimed.deliveries());
        Instant next = claimed.next();
        if (next != null && !stopping) {
            if (claimed.deliveries().isEmpty() || next.isAfter(parts.clock().instant())) {
                alarm.at(next);
            } else {
                due = true;
            }
        }
        // Behind one host's backlog there may be others' deliveries.
        claimIf(backlog || book.size() <= FEW_IN_HAND);
    }

    /** Sends deliveries or lets them wait; false if some went back because of a backlog. */
    private boolean take(List<Delivery> deliveries) {
        Map<HostLane, List<HandedDelivery>> tooMany = new LinkedHashMap<>();
        List<UUID> over = new ArrayList<>();
        Instant now = parts.clock().instant();
        for (Delivery delivery : deliveries) {
            // What is thrown for one takes none of the others along.
            if (!Survival.run(() -> take(delivery, now, tooMany, over))) {
                book.giveBack(List.of(delivery.id()), FAILED_AGAIN);
            }
        }
        tooMany.forEach((lane, those) -> giveBack(those, lane.away(those.size(), now)));
        book.giveBack(over, OVER_AGAIN);
        measure();
        return tooMany.isEmpty() && over.isEmpty();
    }

    private void take(
            Delivery delivery,
            Instant now,
            Map<HostLane, List<HandedDelivery>> tooMany,
            List<UUID> over) {
        if (stopping || book.size() >= DeliveryBook.MAX_IN_HAND) {
            metrics.leftOne();
            alarm.within(parts.lease());
        } else if (book.isFull() || book.isFullFor(delivery.client())) {
            over.add(delivery.id());
        } else if (book.add(delivery)) {
            // One that is in hand already was claimed again because its lease ended.
            HandedDelivery handed = handed(delivery, now);
            if (handed != null && !place(handed, now)) {
                tooMany.computeIfAbsent(handed.lane(), lane -> new ArrayList<>()).add(handed);
            }
        }
    }

    /** The delivery with its host, or null if it does not go out now. */
    private @Nullable HandedDelivery handed(Delivery delivery, Instant now) {
        RequestRecord request = delivery.request();
        if (request != null && !request.status().isFinal()) {
            book.settle(DeliveryVerdict.ended(delivery, "the request was queued anew"));
            return null;
        }
        Duration early = early(delivery);
        if (early.isPositive()) {
            book.giveBack(List.of(delivery.id()), early);
            return null;
        }
        try {
            URI url = URI.create(delivery.url());
            return new HandedDelivery(
                    delivery, url, lanes.of(delivery.client(), HostLane.hostOf(url)), now);
        } catch (IllegalArgumentException e) {
            book.settle(DeliveryVerdict.ended(delivery, "the URL cannot be read"));
            return null;
        }
    }

    /** How much of the schedule's first delay is left. */
    private Duration early(Delivery delivery) {
        Duration first = schedule.delays().getFirst();
        if (delivery.attempts() > 0 || first.isZero()) {
            return Duration.ZERO;
        }
        Duration left = first.minus(age(delivery));
        return left.compareTo(first) > 0 ? first : left;
    }

    /** How long ago the delivery was written down; its id tells (RFC 9562, version 7). */
    private Duration age(Delivery delivery) {
        long millis = delivery.id().getMostSignificantBits() >>> UUID_TIME_SHIFT;
        return Duration.between(Instant.ofEpochMilli(millis), parts.wall().instant());
    }

    // What waits

    /** Sends a delivery or lets it wait; false if there is no room to wait. */
    private boolean place(HandedDelivery handed, Instant now) {
        if (handed.lane().enter(now)) {
            send(handed, now);
            return true;
        }
        lookSoon();
        return handed.lane().await(handed, now);
    }

    private void lookSoon() {
        if (!looking) {
            looking = true;
            parts.timer().after(LOOK, this::look);
        }
    }

    private void look() {
        looking = false;
        if (stopping) {
            return;
        }
        Instant now = parts.clock().instant();
        boolean full = book.isFull();
        boolean waiting = false;
        for (HostLane lane : lanes.all()) {
            List<HandedDelivery> back =
                    full && lane.isSlow(now)
                            ? lane.surrender()
                            : lane.stale(now.minus(DeliveryParts.MAX_WAIT));
            if (!back.isEmpty()) {
                giveBack(back, lane.away(back.size(), now));
            }
            waiting |= lane.waiting() > 0;
        }
        claimIf(true);
        if (waiting || due) {
            lookSoon();
        }
    }

    private void giveBack(List<HandedDelivery> untried, Duration wait) {
        book.giveBack(untried.stream().map(each -> each.delivery().id()).toList(), wait);
    }

    /** Lets those leave that waited for a call of this host to settle, the clients in turn. */
    private void pump(HostLane lane) {
        lane.places().after(lane).forEach(this::pumpOne);
        measure();
    }

    private void pumpOne(HostLane lane) {
        Instant now = parts.clock().instant();
        List<HandedDelivery> stranded = lane.stranded();
        if (!stranded.isEmpty()) {
            giveBack(stranded, lane.away(stranded.size(), now));
        }
        HandedDelivery next = stopping ? null : lane.next(now);
        while (next != null) {
            send(next, now);
            next = lane.next(now);
        }
        lanes.forgetIfIdle(lane);
    }

    private void freed() {
        if (stopping && book.size() == 0) {
            stopped.complete(null);
        }
        claimIf(book.size() <= FEW_IN_HAND);
        measure();
    }

    private void measure() {
        metrics.hold(book.size(), underWay);
    }

    // What leaves; its place is taken

    private void send(HandedDelivery handed, Instant entered) {
        underWay++;
        CompletableFuture<List<SigningKey>> keys;
        try {
            keys = parts.keys().apply(handed.delivery().client()).toCompletableFuture();
        } catch (Throwable e) {
            keyless(handed, entered, e);
            return;
        }
        if (keys.isDone() && !keys.isCompletedExceptionally()) {
            post(handed, entered, keys.join());
            return;
        }
        var _ =
                keys.whenComplete(
                        (found, failure) ->
                                parts.loop()
                                        .execute(
                                                () -> {
                                                    if (found == null) {
                                                        keyless(handed, entered, failure);
                                                    } else {
                                                        post(handed, entered, found);
                                                    }
                                                }));
    }

    private void keyless(HandedDelivery handed, Instant entered, @Nullable Throwable failure) {
        LOG.warn("the keys of client {} cannot be read", handed.delivery().client(), failure);
        book.giveBack(List.of(handed.delivery().id()), KEYS_AGAIN);
        unsent(handed, entered);
    }

    private void unsent(HandedDelivery handed, Instant entered) {
        underWay--;
        handed.lane().untried(entered);
        // Not at once: if none can be sent, each would call the next.
        parts.loop().execute(() -> pump(handed.lane()));
    }

    private void post(HandedDelivery handed, Instant entered, List<SigningKey> keys) {
        Delivery delivery = handed.delivery();
        CompletionStage<Told> told;
        try {
            told = posts.post(handed, keys);
        } catch (Throwable e) {
            Survival.log("delivery " + delivery.id() + " cannot be made", e);
            book.settle(verdict(delivery, SignedPosts.notSent("the webhook cannot be made")));
            unsent(handed, entered);
            return;
        }
        if (delivery.attempts() == 0) {
            metrics.left(age(delivery));
        }
        told.whenComplete(
                (how, failure) ->
                        parts.loop()
                                .execute(
                                        () ->
                                                told(
                                                        handed,
                                                        entered,
                                                        how != null
                                                                ? how
                                                                : SignedPosts.notSent(
                                                                        "not sent"))));
    }

    private void told(HandedDelivery handed, Instant entered, Told told) {
        underWay--;
        boolean hostDown = told instanceof Told.NotDelivered no && no.hostDown();
        handed.lane().settled(hostDown, entered, parts.clock().instant());
        if (!Survival.run(() -> book.settle(verdict(handed.delivery(), told)))) {
            book.giveBack(List.of(handed.delivery().id()), FAILED_AGAIN);
        }
        pump(handed.lane());
    }

    private DeliveryTry verdict(Delivery delivery, Told told) {
        return DeliveryVerdict.of(delivery, told, schedule, parts.random());
    }
}
