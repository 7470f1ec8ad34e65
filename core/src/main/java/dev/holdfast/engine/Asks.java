package dev.holdfast.engine;

import dev.holdfast.engine.partition.Glances;
import dev.holdfast.engine.partition.OwnBook;
import dev.holdfast.engine.partition.PartitionView;
import dev.holdfast.partition.Partitions;
import dev.holdfast.request.Body;
import dev.holdfast.request.Failure;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.Batches;
import dev.holdfast.store.JobChange;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.Viewer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The asks from the moment they come until they are answered: kept by the store, then with a result
 * if it comes in time, else with a receipt. On the loop, but for {@link #take}, {@link #known} and
 * what is done with a large result that was read apart.
 */
final class Asks {
    private static final Logger LOG = LoggerFactory.getLogger(Asks.class);

    /** When asking again may help while the store cannot write. */
    private static final Duration STORE_RETRY = Duration.ofSeconds(1);

    /** When asking again may help while too much is kept. */
    private static final Duration KEEPING_RETRY = Duration.ofMinutes(1);

    /** When asking again may help while a queue is full. */
    private static final Duration QUEUE_RETRY = Duration.ofSeconds(30);

    private final EngineParts parts;
    private final Map<String, Dispatcher> dispatchers;
    private final Watches watches;
    private final Expiry expiry;
    private final Views views;
    private final Asking asking;
    private final Glances glances;
    private final Crowd crowd = new Crowd();
    private final ResultCache results = new ResultCache();

    /** Asks that hope for a slot in time; looked through after each claim. */
    private final Set<HeldAsk> hoping = new HashSet<>();

    /** Asks that wait for their jobs. */
    private final Set<HeldAsk> waiting = new HashSet<>();

    private boolean closed;

    Asks(
            EngineParts parts,
            Map<String, Dispatcher> dispatchers,
            Watches watches,
            Expiry expiry,
            Views views,
            OwnBook book,
            Glances glances) {
        this.parts = parts;
        this.dispatchers = dispatchers;
        this.watches = watches;
        this.expiry = expiry;
        this.views = views;
        asking = new Asking(parts, book);
        this.glances = glances;
    }

    /** A result that this client got before, without the disk, or null; from any thread. */
    Answer.@Nullable Ready known(Ask ask) {
        return known(ask, JobKey.of(ask.route(), ask.params(), ask.values()));
    }

    /** Takes an ask; from any thread. The stage completes on the loop or on a reader's thread. */
    CompletionStage<Answer> take(
            Ask ask,
            RoutePolicy route,
            UpstreamPolicy policy,
            Consumer<UUID> named,
            CompletionStage<Void> enough) {
        JobKey key = asking.key(ask, route);
        Answer ready = known(ask, key);
        if (ready != null) {
            dropBody(ask.passed() == null ? Body.none() : ask.passed().body());
            return CompletableFuture.completedFuture(ready);
        }
        NewRequest fresh = asking.request(ask, key, route, policy);
        if (asking.isTooDear(fresh, policy)) {
            dropBody(fresh.body());
            return CompletableFuture.completedFuture(
                    new Answer.Refused(Answer.Refusal.COST_OVER_LIMIT, null));
        }
        boolean ofCrowd = ask.patience().compareTo(parts.answerWithin()) <= 0;
        Duration within = parts.answerWithin().minus(ask.gone());
        Duration patience = ofCrowd ? crowd.join(ask.patience(), within) : ask.patience();
        named.accept(fresh.id());
        HeldAsk held = new HeldAsk(ask, key, policy, patience, now().plus(patience), fresh);
        CompletionStage<?> answer = held.answer;
        if (ofCrowd) {
            answer.whenComplete((_, _) -> crowd.leave());
        } else {
            var _ = enough.thenRunAsync(() -> hurry(held), parts.loop());
        }
        held.timer(parts.timer().after(within, () -> storeTooSlow(held)));
        Answer.Refusal full = asking.refusal(ask, route);
        if (full != null) {
            held.full(full);
            accept(held, fresh.withoutJob());
        } else if (ask.extras().expiresIn() != null) {
            parts.loop().execute(() -> acceptIfReachable(held));
        } else if (patience.isPositive() && !dispatcher(policy).isFull(now())) {
            parts.loop().execute(() -> acceptAndCall(held));
        } else {
            accept(held, fresh);
        }
        return held.answer;
    }

    @Nullable NewRequest line(Ask ask, RoutePolicy route, UpstreamPolicy policy) {
        NewRequest line = asking.request(ask, asking.key(ask, route), route, policy);
        return asking.isTooDear(line, policy) ? null : line;
    }

    /** A line of a batch was decided, for which nobody waits. */
    void keptLine(Accepted decided) {
        if (decided instanceof Accepted.Held(RequestRecord request, var how, _)) {
            Dispatcher dispatcher = dispatchers.get(request.upstream());
            if (dispatcher != null) {
                waits(dispatcher, request, how, false);
            }
        }
    }

    /** A line of a batch may have to be ended at its time. */
    void mayExpire(Batches.Line line) {
        if (line instanceof Batches.Line.Good(NewRequest ask) && ask.expiresIn() != null) {
            expiry.in(ask.expiresIn());
        }
    }

    /** Its caller waits no longer than until it is kept. */
    private void hurry(HeldAsk held) {
        held.hurry();
        if (held.isKept() && !held.isAnswered() && !held.kept().status().isFinal()) {
            outOfPatience(held);
        }
    }

    /** Gives everyone who waits, and whoever asks from now on, a receipt at once. */
    void release() {
        closed = true;
        List.copyOf(waiting).forEach(this::outOfPatience);
    }

    /** Gives a receipt to those who hoped for a slot that cannot come in time any more. */
    void dropHopeless() {
        for (HeldAsk held : List.copyOf(hoping)) {
            dropIfHopeless(held);
            if (hoping.contains(held) && held.kept().partition() != null) {
                lookAtPartition(held);
            }
        }
    }

    private void dropIfHopeless(HeldAsk held) {
        RequestRecord request = held.kept();
        long position =
                parts.store().position(request.queue(), request.jobPriority(), request.turn());
        if (held.isAnswered()) {
            hoping.remove(held);
        } else if (!mayComeInTime(held, request, position)) {
            hoping.remove(held);
            held.answer(receipt(held));
        }
    }

    /**
     * Finds out whether its partition lets it hope. What is read while a claim is under way may be
     * of after it, when the ask's own call has the slot: then the claim's answer comes first.
     */
    private void lookAtPartition(HeldAsk held) {
        look(
                held,
                glances::lookAnew,
                () -> {
                    if (hoping.contains(held) && !dispatcher(held.policy).isClaiming()) {
                        dropIfHopeless(held);
                    }
                });
    }

    /** Tells how a partition stands. */
    @FunctionalInterface
    private interface Look {
        CompletionStage<Optional<Partitions.Seen>> at(String upstream, String key);
    }

    /** Goes on, on the loop, when it is known how its partition stands, or that nobody can tell. */
    private void look(HeldAsk held, Look how, Runnable then) {
        String partition = held.ask.partition();
        if (partition == null) {
            then.run();
            return;
        }
        how.at(held.policy.name(), partition)
                .whenCompleteAsync(
                        (seen, _) -> {
                            held.partition(seen == null ? null : seen.orElse(null));
                            then.run();
                        },
                        parts.loop());
    }

    /**
     * Says at once how its partition stands, too; if the store is slow, its timer says the rest.
     */
    private void giveReceipt(HeldAsk held) {
        look(held, glances::look, () -> held.answer(receipt(held)));
    }

    private Answer.@Nullable Ready known(Ask ask, JobKey key) {
        return ask.extras().wantNothing() ? results.get(key, ask.client(), now()) : null;
    }

    /**
     * What is known is given, and a call under way joined, though a call of its own came too late.
     */
    private void acceptIfReachable(HeldAsk held) {
        look(held, glances::look, () -> acceptUnlessLate(held));
    }

    private void acceptUnlessLate(HeldAsk held) {
        Duration late = late(held);
        if (late != null) {
            held.tooLate(late);
        }
        if (late == null) {
            acceptAndCall(held);
        } else {
            accept(held, held.fresh.withoutJob());
        }
    }

    /** Somebody waits for its result: if its call may leave at once, no disk comes in between. */
    private void acceptAndCall(HeldAsk held) {
        traced(held.fresh, held);
        told(held, dispatcher(held.policy).accept(held.fresh, held::begin, held::claimed));
    }

    /** When a call of its own would leave, if its result is of no use then; else null. */
    private @Nullable Duration late(HeldAsk held) {
        Estimate estimate = estimate(held);
        Instant first = estimate.firstCall(estimate.last(held.fresh.place().priority()), now());
        Instant notBefore = held.fresh.place().notBefore();
        if (notBefore != null) {
            Instant wall = parts.store().wall().instant();
            Instant start = now().plus(Duration.between(wall, notBefore));
            first = start.isAfter(first) ? start : first;
        }
        Duration expiresIn = held.ask.extras().expiresIn();
        return expiresIn != null && first.isAfter(now().plus(expiresIn))
                ? Duration.between(now(), first)
                : null;
    }

    private void accept(HeldAsk held, NewRequest request) {
        traced(request, held);
        told(held, Results.ask(() -> parts.store().accept(request, held::begin)));
    }

    private void traced(NewRequest request, HeldAsk held) {
        String traceparent = held.ask.traceparent();
        if (traceparent != null) {
            parts.watch().asked(request.id(), traceparent);
        }
    }

    private void told(HeldAsk held, CompletionStage<Accepted> kept) {
        kept.whenCompleteAsync((what, error) -> accepted(held, what, error), parts.loop());
    }

    private void accepted(HeldAsk held, @Nullable Accepted what, @Nullable Throwable error) {
        switch (what) {
            case null -> {
                LOG.debug("not accepted", error);
                if (!StoreUnavailable.isUncertain(error)) {
                    dropBody(held.fresh.body());
                }
                held.answer(
                        StoreUnavailable.isUncertain(error)
                                ? uncertain(held.fresh.id())
                                : storeUnavailable());
            }
            case Accepted.Refused(Accepted.Why why) -> {
                dropBody(held.fresh.body());
                held.answer(refused(held, why));
            }
            case Accepted.Held(RequestRecord request, Accepted.How how, long position) ->
                    kept(held, request, how, position);
        }
    }

    /** It came for a job that another one's bytes are called with, or for none. */
    private void dropBody(Body came) {
        if (came instanceof Body.Kept body) {
            var _ = parts.store().contents().drop(body.id());
        }
    }

    private void kept(HeldAsk held, RequestRecord request, Accepted.How how, long position) {
        Duration expiresIn = held.ask.extras().expiresIn();
        if (expiresIn != null) {
            expiry.in(expiresIn);
        }
        if (how != Accepted.How.NEW) {
            dropBody(held.fresh.body());
        }
        held.kept(request, how == Accepted.How.COLLAPSED);
        Dispatcher dispatcher = dispatcher(held.policy);
        if (request.status().isFinal()) {
            ended(held, request, how == Accepted.How.CACHED);
            return;
        }
        waits(dispatcher, request, how, held.isClaimed());
        if (closed
                || held.isHurried()
                || held.isAnswered()
                || !mayComeInTime(held, request, position, hope(held))) {
            giveReceipt(held);
            return;
        }
        Waiting watcher = new Waiting(held);
        watches.add(request.job(), watcher);
        waiting.add(held);
        CompletionStage<?> answer = held.answer;
        // Nothing is kept of a receipt: its job may wait for a day.
        answer.whenCompleteAsync(
                (_, _) -> {
                    waiting.remove(held);
                    hoping.remove(held);
                    watches.remove(request.job(), watcher);
                },
                parts.loop());
        if (request.status() != Status.RUNNING) {
            hoping.add(held);
            if (request.partition() != null) {
                lookAtPartition(held);
            }
        }
        if (!held.patience.equals(parts.answerWithin().minus(held.ask.gone()))) {
            held.timer(parts.timer().after(held.left(now()), () -> outOfPatience(held)));
        }
    }

    /**
     * Its job is to be called, now or later; one that others wait for may be called sooner now.
     *
     * @param claimed whether a claim is right behind it
     */
    private void waits(
            Dispatcher dispatcher, RequestRecord request, Accepted.How how, boolean claimed) {
        if (request.status() == Status.SCHEDULED) {
            Instant start = Views.start(parts.store(), request, now());
            dispatcher.jobScheduled(start, how == Accepted.How.NEW);
        } else if (claimed) {
            return;
        } else if (how == Accepted.How.NEW) {
            dispatcher.jobQueued(request.jobPriority());
        } else if (request.status() == Status.QUEUED) {
            dispatcher.jobJoined();
        }
    }

    /** An ask that waits for its job. */
    private final class Waiting implements Watches.Watcher {
        private final HeldAsk held;

        /** Whether this very request may have ended before its job, which only the store knows. */
        private boolean doubtful;

        Waiting(HeldAsk held) {
            this.held = held;
        }

        @Override
        public boolean told(JobChange change) {
            if (held.isAnswered()) {
                return false;
            }
            if (doubtful && change.status().isFinal()) {
                return touched();
            }
            RequestRecord request = held.changed(change);
            hoping.remove(held);
            if (change.status().isFinal()) {
                ready(held, request, false);
                return false;
            }
            if (change.status() == Status.RETRYING && !mayComeInTime(held, request, 0)) {
                giveReceipt(held);
            }
            return true;
        }

        /** It may be this very request that was cancelled or expired. */
        @Override
        public boolean touched() {
            if (held.isAnswered()) {
                return false;
            }
            doubtful = true;
            parts.readers().execute(this::look);
            return true;
        }

        @Override
        public boolean movedElsewhere() {
            return touched();
        }

        private void look() {
            RequestRecord kept = held.kept();
            try {
                Viewer viewer = new Viewer(kept.client(), false);
                parts.store()
                        .reads()
                        .request(viewer, kept.id())
                        .ifPresent(found -> parts.loop().execute(() -> seen(found)));
            } catch (StoreUnavailable e) {
                LOG.debug("cannot look what became of {}", kept.id(), e);
            }
        }

        private void seen(RequestRecord request) {
            if (held.isAnswered()) {
                return;
            }
            held.kept(request, held.collapsed());
            if (request.status() != Status.QUEUED) {
                hoping.remove(held);
            }
            if (request.status().isFinal()) {
                watches.remove(request.job(), this);
                ready(held, request, false);
            } else if (request.status() == Status.RETRYING && !mayComeInTime(held, request, 0)) {
                giveReceipt(held);
            }
        }
    }

    /** A large result is read apart, by few at a time, and not by way of the loop. */
    private void ended(HeldAsk held, RequestRecord request, boolean hit) {
        if (isToldInPart(request, held.ask.passed() != null)) {
            parts.readers().execute(() -> fetch(held, request, hit));
        } else {
            ready(held, request, hit);
        }
    }

    private static boolean isToldInPart(RequestRecord request, boolean passed) {
        Failure failure = request.failure();
        return request.status() == Status.SUCCEEDED
                ? request.result() == null
                : passed
                        && failure != null
                        && failure.reason() == Failure.Reason.REJECTED
                        && failure.original() == null;
    }

    /** Goes on when the answer was taken; on a reader's thread. */
    private void fetch(HeldAsk held, RequestRecord request, boolean hit) {
        if (held.isAnswered()) {
            return;
        }
        try {
            parts.store()
                    .reads()
                    .request(new Viewer(request.client(), false), request.id())
                    .ifPresent(whole -> ready(held, whole, hit));
        } catch (StoreUnavailable e) {
            LOG.debug("cannot read the result of {}", request.id(), e);
        }
    }

    private void ready(HeldAsk held, RequestRecord request, boolean hit) {
        results.put(held.key, request);
        Instant until = request.cachedUntil();
        Answer.Origin origin =
                hit && until != null
                        ? new Answer.Origin.Hit(until)
                        : new Answer.Origin.Miss(held.collapsed());
        held.answer(new Answer.Ready(RequestView.ended(request), origin));
    }

    private boolean mayComeInTime(HeldAsk held, RequestRecord request, long position) {
        return mayComeInTime(held, request, position, estimate(held));
    }

    private boolean mayComeInTime(
            HeldAsk held, RequestRecord request, long position, Estimate estimate) {
        Instant now = now();
        if (!now.isBefore(held.until)) {
            return false;
        }
        if (estimate.paused() && request.status() != Status.RUNNING) {
            return request.status().isFinal();
        }
        return switch (request.status()) {
            case RUNNING -> true;
            case QUEUED -> !estimate.firstCall(position, now).isAfter(held.until);
            case SCHEDULED ->
                    !Views.start(parts.store(), request, now).isAfter(held.until)
                            && !estimate.firstCall(1, now).isAfter(held.until);
            case RETRYING -> {
                Instant due = request.dueAt();
                Instant at = estimate.firstCall(1, now);
                yield !at.isAfter(held.until) && (due == null || !due.isAfter(held.until));
            }
            case SUCCEEDED, FAILED, EXPIRED, CANCELLED -> true;
        };
    }

    private void storeTooSlow(HeldAsk held) {
        if (held.isKept()) {
            outOfPatience(held);
        } else {
            held.answer(held.withdraw() ? storeUnavailable() : uncertain(held.fresh.id()));
        }
    }

    private void outOfPatience(HeldAsk held) {
        hoping.remove(held);
        if (!held.isAnswered()) {
            RequestRecord kept = held.kept();
            // One that has ended waits for its result to be read.
            held.answer(kept.status().isFinal() ? uncertain(kept.id()) : receipt(held));
        }
    }

    private Answer receipt(HeldAsk held) {
        Partitions.Seen partition = held.partition();
        return new Answer.Receipt(
                views.of(held.kept(), partition),
                held.collapsed(),
                partition == null ? null : PartitionView.of(partition, now()));
    }

    /** Of its upstream, and of its partition as far as is known. */
    private Estimate estimate(HeldAsk held) {
        Estimate all = dispatcher(held.policy).estimate();
        Partitions.Seen partition = held.partition();
        return partition == null ? all : all.in(partition);
    }

    /** Of a partition that was not looked at yet: it may have a credential of its own. */
    private Estimate hope(HeldAsk held) {
        return held.ask.partition() == null || held.partition() != null
                ? estimate(held)
                : dispatcher(held.policy).estimateOfAny();
    }

    private static Answer.Refused refused(HeldAsk held, Accepted.Why why) {
        return switch (why) {
            case KEY_REUSED -> new Answer.Refused(Answer.Refusal.IDEMPOTENCY_KEY_REUSED, null);
            case TOO_MANY_PENDING ->
                    new Answer.Refused(Answer.Refusal.TOO_MANY_PENDING, QUEUE_RETRY);
            case QUEUE_FULL -> {
                Duration late = held.tooLate();
                Answer.Refusal full = held.full();
                if (full != null) {
                    yield new Answer.Refused(full, KEEPING_RETRY);
                }
                yield late == null
                        ? new Answer.Refused(Answer.Refusal.QUEUE_FULL, QUEUE_RETRY)
                        : new Answer.Refused(Answer.Refusal.DEADLINE_UNREACHABLE, late);
            }
            case UNWANTED -> storeUnavailable();
        };
    }

    private static Answer uncertain(UUID request) {
        return new Answer.Uncertain(request, STORE_RETRY);
    }

    private static Answer.Refused storeUnavailable() {
        return new Answer.Refused(Answer.Refusal.STORE_UNAVAILABLE, STORE_RETRY);
    }

    private Dispatcher dispatcher(UpstreamPolicy policy) {
        Dispatcher dispatcher = dispatchers.get(policy.name());
        if (dispatcher == null) {
            throw new IllegalStateException("no upstream " + policy.name());
        }
        return dispatcher;
    }

    private Instant now() {
        return parts.store().clock().instant();
    }
}
