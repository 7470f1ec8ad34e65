package dev.holdfast.engine;

import dev.holdfast.engine.credential.Pools;
import dev.holdfast.engine.loop.Alarm;
import dev.holdfast.engine.loop.StoreLog;
import dev.holdfast.engine.loop.WallWatch;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.SharedUse;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Params;
import dev.holdfast.request.Priority;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.JobChange;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Settled;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.Store;
import dev.holdfast.store.Survival;
import dev.holdfast.store.UpstreamState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one upstream's calls: takes slots and jobs from the store, calls, and writes down what came
 * of it. There is nothing else that calls an upstream. On the loop.
 */
final class Dispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    /** How long an upstream without quota stays closed after a 429 without Retry-After. */
    private static final Duration DEFAULT_CLOSED = Duration.ofSeconds(60);

    /**
     * A call that cannot leave so soon after its slot was asked for goes back: whoever settles a
     * dead process's calls knows by this until when they may be on their way.
     */
    static final Duration LEAVES_WITHIN = Duration.ofSeconds(3);

    /**
     * After calls that could not leave for want of a lease, so long nothing is asked for: the same
     * would be given again and again, and wake up the others each time.
     */
    static final Duration UNMADE_PAUSE = Duration.ofMillis(100);

    /** How long a job waits whose route is not known here. */
    private static final Duration UNKNOWN_AGAIN = Duration.ofSeconds(30);

    /** Why a job fails whose parameters are not what was kept. */
    private static final String UNREADABLE = "what was kept of the request cannot be read";

    private static final Outcome NOT_MADE =
            new Outcome.Failed(Outcome.Why.REFUSED, null, null, false);

    /** What a claim's lease exceeds the call's timeout by. */
    private static final Duration LEASE_MARGIN = Duration.ofSeconds(30);

    private final EngineParts parts;
    private final Told told;
    private final UpstreamLog incidents;
    private final StoreLog trouble;
    private final Results results;
    private final Alarm alarm;
    private final WallWatch wallWatch;
    private UpstreamPolicy policy;
    private Upstream upstream;
    private Knocking knocking;
    private Sharing sharing;

    /** The other units than calls that are counted. */
    private Set<String> counted;

    /** The upstreams that the routes are called at, by the routes' paths. */
    private Map<String, String> homes;

    /** Nothing is asked for before. */
    private Instant rests = Instant.MIN;

    private UpstreamState state;
    private int underWay;

    /** Of calls whose outcome is not on disk yet, by their attempts. */
    private final Map<Long, CompletableFuture<Void>> unwritten = new HashMap<>();

    /** Calls whose outcomes are being written with a claim right behind. */
    private final Set<Long> claimedBehind = new HashSet<>();

    private int givingBack;
    private boolean claiming;
    private boolean again;
    private boolean begun;
    private boolean stopped;
    private boolean held;

    /** Until then no call can leave, as far as is known; looked at from any thread. */
    private volatile Instant fullUntil = Instant.MIN;

    /**
     * Who is told what happened, after it is on disk.
     *
     * @param changed a job has moved on
     * @param expired requests that ended because their time was up
     * @param claimed a claim was answered
     * @param freed a call of this upstream has settled
     * @param moved a job has gone to that upstream's queue
     * @param started a job's time came: it is queued
     */
    record Told(
            BiConsumer<Long, JobChange> changed,
            Consumer<List<RequestRecord>> expired,
            Runnable claimed,
            Consumer<UpstreamPolicy> freed,
            Consumer<String> moved,
            Consumer<Long> started) {}

    Dispatcher(
            EngineParts parts,
            UpstreamPolicy policy,
            Upstream upstream,
            Map<String, String> homes,
            UpstreamState state,
            StoreLog trouble,
            Told told) {
        this.parts = parts;
        this.policy = policy;
        this.upstream = upstream;
        this.state = state;
        this.told = told;
        this.trouble = trouble;
        this.homes = homes;
        incidents = new UpstreamLog(policy.name(), parts.timer());
        results =
                new Results(
                        parts,
                        policy,
                        quotaWindow(policy),
                        incidents,
                        trouble,
                        () -> this.state,
                        this::settle,
                        this::written);
        alarm = new Alarm(parts.store().clock(), parts.timer(), this::kick);
        wallWatch =
                new WallWatch(
                        parts.store().wall(), parts.store().clock(), parts.timer(), this::kick);
        sharing = new Sharing(policy);
        counted = policy.counted();
        knocking = new Knocking(parts, upstream, this::look);
        listen();
    }

    private void listen() {
        if (policy.shared() != null) {
            upstream.listen(
                    policy.units().keySet(), said -> parts.loop().execute(() -> said(said)));
        }
    }

    private static Duration quotaWindow(UpstreamPolicy policy) {
        return policy.quota().windows().stream()
                .map(Window::length)
                .min(Duration::compareTo)
                .orElse(DEFAULT_CLOSED);
    }

    /** Makes no call until it is told how to; those under way go on. */
    void hold() {
        held = true;
    }

    /** Nothing has changed after all. */
    void goOn() {
        if (held) {
            held = false;
            kick();
        }
    }

    /**
     * Calls as is said now; a credential that was refused may be another one.
     *
     * @param fresh the upstream as the store tells it, by the new quota
     */
    void change(
            UpstreamPolicy next,
            Upstream by,
            Map<String, String> homes,
            @Nullable UpstreamState fresh) {
        if (!next.quota().equals(policy.quota())
                || !next.units().equals(policy.units())
                || !Objects.equals(next.shared(), policy.shared())) {
            sharing = new Sharing(next);
        }
        policy = next;
        counted = next.counted();
        this.homes = homes;
        results.change(next, quotaWindow(next));
        if (!by.equals(upstream)) {
            knocking.stop();
            upstream = by;
            knocking = new Knocking(parts, by, this::look);
        }
        listen();
        held = false;
        if (fresh != null) {
            state = fresh;
        }
        if (!stopped) {
            begin();
        }
    }

    /** From now on calls are made; a credential that was refused may have been replaced since. */
    void begin() {
        begun = true;
        allow();
        if (state.unauthorizedSince() == null
                && state.absence() == null
                && !state.partlyRefused()
                && state.credentials().stream().allMatch(one -> one.unauthorizedSince() == null)) {
            kick();
        } else {
            look();
        }
    }

    /** What its partitions wait for by other limits than these may be there by these. */
    private void allow() {
        Results.ask(() -> parts.store().partitions().allow(policy.name(), policy.partitions()))
                .whenCompleteAsync((_, error) -> allowed(error), parts.loop());
    }

    private void allowed(@Nullable Throwable error) {
        if (stopped) {
            return;
        }
        if (error == null) {
            kick();
        } else {
            trouble.failed(policy.name() + ": partitions wait by other limits", error);
            parts.timer().after(Results.STORE_PAUSE, this::allow);
        }
    }

    /** What kept the upstream from being called may be over: a single call finds out. */
    private void look() {
        Results.ask(() -> parts.store().probe(policy.name()))
                .whenCompleteAsync((_, _) -> kick(), parts.loop());
    }

    /** There may be work, or a slot. */
    void kick() {
        Instant asked = now();
        ClaimAsk ask = next();
        if (ask != null) {
            claims(asked, ask, Results.ask(() -> parts.store().claim(ask)));
        }
    }

    /**
     * Has a request kept, and its call claimed with it if there is a slot.
     *
     * @param claims told before this returns if a claim is right behind it
     */
    CompletionStage<Accepted> accept(NewRequest request, BooleanSupplier wanted, Runnable claims) {
        Instant asked = now();
        ClaimAsk ask = !claiming && estimate().open(asked) ? next() : null;
        if (ask == null) {
            return Results.ask(() -> parts.store().accept(request, wanted));
        }
        claims.run();
        return both(asked, ask, () -> parts.store().acceptAndClaim(request, wanted, ask));
    }

    /** Has a call's outcome written, and with it claimed what may leave now that it is over. */
    private CompletionStage<Settled> settle(Settlement settlement) {
        Instant asked = now();
        // If it is written anew, what was behind it the first time is not behind it now.
        claimedBehind.remove(settlement.job().attempt());
        ClaimAsk ask = claiming ? null : next();
        if (ask == null) {
            return Results.ask(() -> parts.store().settle(settlement));
        }
        claimedBehind.add(settlement.job().attempt());
        return both(asked, ask, () -> parts.store().settleAndClaim(settlement, ask));
    }

    private <T> CompletionStage<T> both(
            Instant asked, ClaimAsk ask, Supplier<Store.Both<T>> question) {
        Store.Both<T> both;
        try {
            both = question.get();
        } catch (Throwable e) {
            both =
                    new Store.Both<>(
                            CompletableFuture.failedStage(e), CompletableFuture.failedStage(e));
        }
        claims(asked, ask, both.claim());
        return both.written();
    }

    /** What to ask the store for now; null if nothing can be called, or it was asked already. */
    private @Nullable ClaimAsk next() {
        int room = policy.concurrency() - underWay;
        if (!begun || stopped || held || room <= 0) {
            return null;
        }
        if (claiming) {
            again = true;
            return null;
        }
        if (now().isBefore(rests)) {
            alarm.at(rests);
            return null;
        }
        SharedUse.Room left = sharing.room(now());
        if (left.notBefore() != null) {
            alarm.at(left.notBefore());
            return null;
        }
        if (left.single()) {
            if (underWay > 0) {
                return null;
            }
            room = 1;
        }
        room = upstream.room(room);
        if (room == 0) {
            return null; // a call under way holds the memory; its end asks again
        }
        Duration lease = policy.timeout().plus(LEASE_MARGIN);
        Duration latency = results.seen().latency();
        return new ClaimAsk(
                policy.name(),
                sharing.asked(left, latency),
                policy.units(),
                policy.credentials().all(),
                policy.breaker(),
                room,
                lease,
                policy.partitions(),
                sharing.shares(latency, now()));
    }

    /**
     * A claim is under way.
     *
     * @param asked when it was not yet
     */
    private void claims(Instant asked, ClaimAsk ask, CompletionStage<Claim> claim) {
        claiming = true;
        again = false;
        fullUntil = Instant.MIN;
        Upstream of = upstream;
        claim.whenCompleteAsync(
                (what, error) -> claimed(of, asked, ask.max(), what, error), parts.loop());
    }

    /**
     * Whether it is known that no call can leave now; from any thread. It may be out of date: then
     * a call is claimed after its ask is kept, not with it.
     */
    boolean isFull(Instant now) {
        return now.isBefore(fullUntil);
    }

    /** A new job was queued. */
    void jobQueued(Priority priority) {
        if (!seekSlot()) {
            state = state.withOneMore(priority);
        }
    }

    /** Whoever joined a job may have queued it, if it waited for its time. */
    void jobJoined() {
        seekSlot();
    }

    /** Asks for a slot unless it is known that there is none: then when there may be one. */
    private boolean seekSlot() {
        Instant probe = policy.credentials().nextProbe(state);
        boolean due = probe != null && !probe.isAfter(now());
        if (underWay < policy.concurrency() && (due || estimateOfAny().open(now()))) {
            kick();
            return true;
        }
        if (probe != null) {
            alarm.at(probe);
        }
        Instant slot = estimateOfAny().firstSlot(now());
        fullUntil = slot;
        alarm.at(slot);
        return false;
    }

    /**
     * A job's time is to come, or to come sooner.
     *
     * @param fresh whether it is one more
     */
    void jobScheduled(Instant at, boolean fresh) {
        if (fresh) {
            state = state.withOneMoreScheduled();
        }
        alarm.at(at);
        wallWatch.wanted(!stopped);
    }

    /** Whether it is not known yet what a claim gave. */
    boolean isClaiming() {
        return claiming;
    }

    Estimate estimate() {
        return estimate(policy.credentials().pools(state));
    }

    /** Of whoever's job it is: one in a partition may call as itself, with no other credential. */
    Estimate estimateOfAny() {
        return policy.isParted() ? estimate(Pools.NONE) : estimate();
    }

    private Estimate estimate(Pools pools) {
        return new Estimate(
                sharing.room(now()).quota(),
                units(),
                pools,
                policy.concurrency(),
                state,
                results.prospects(),
                results.seen().latency());
    }

    private Map<String, Estimate.Unit> units() {
        Map<String, Estimate.Unit> units = new HashMap<>();
        for (String unit : counted) {
            Quota quota = policy.units().getOrDefault(unit, Quota.NONE);
            units.put(unit, new Estimate.Unit(quota, results.seen().cost(unit)));
        }
        return units;
    }

    /** Makes no more calls; those under way go on. */
    void stop() {
        stopped = true;
        alarm.cancel();
        wallWatch.wanted(false);
        knocking.stop();
    }

    /** Whether a claim, a call or a settlement is under way. */
    boolean busy() {
        return claiming || underWay > 0 || givingBack > 0 || results.writing() > 0;
    }

    /** Writes down that a call of a dead process was lost. */
    void settleLost(ClaimedJob job) {
        var lost = new Outcome.Failed(Outcome.Why.CRASH, null, null, true);
        results.settle(job, lost, Duration.ZERO, policy.timeout().plus(LEAVES_WITHIN));
    }

    private void claimed(
            Upstream of,
            Instant asked,
            int most,
            @Nullable Claim claim,
            @Nullable Throwable error) {
        claiming = false;
        if (claim == null) {
            of.claimed();
            trouble.failed(policy.name() + ": no work is given", error);
            alarm.within(Results.STORE_PAUSE);
            return;
        }
        state = claim.state();
        wallWatch.wanted(state.scheduled() > 0 && !stopped);
        take(asked, claim);
        of.claimed();
        incidents.seen(state, now());
        if (state.absence() == null) {
            knocking.stop();
        }
        Survival.run(() -> told.expired().accept(claim.expired()));
        Survival.run(() -> claim.started().forEach(told.started()));
        Survival.run(told.claimed()::run);
        Instant next = claim.nextAt();
        if (stopped) {
            return;
        }
        if (again || isMoreDue(claim, most)) {
            kick();
        } else if (next != null) {
            alarm.at(next);
        }
        sharing.wake(now(), alarm);
    }

    /**
     * Whether there is more than a claim gave: it was asked for no more, or says so itself. What it
     * left for want of a slot or of its time, it says when to ask for.
     */
    private boolean isMoreDue(Claim claim, int most) {
        int given = claim.jobs().size();
        Instant next = claim.nextAt();
        return given >= most || (given > 0 && next != null && !next.isAfter(now()));
    }

    /** Each job for itself: what is thrown for one takes none of the others along. */
    private void take(Instant asked, Claim claim) {
        List<ClaimedJob> unmade = new ArrayList<>();
        Instant last = asked.plus(LEAVES_WITHIN);
        for (ClaimedJob job : claim.jobs()) {
            if (!stopped && !held && now().isBefore(last) && parts.store().mayCall(claim.lease())) {
                if (policy.name().equals(homes.get(job.route()))) {
                    start(job);
                } else {
                    givingBack++;
                    handOver(job);
                }
            } else {
                unmade.add(job);
            }
        }
        if (!unmade.isEmpty()) {
            if (!stopped && !held) {
                LOG.warn("{}: calls came too late from the store to be made", policy.name());
                if (!parts.store().mayCall(claim.lease())) {
                    rests = now().plus(UNMADE_PAUSE);
                }
            }
            givingBack++;
            giveBack(unmade);
        }
    }

    /** These were not made: this process is stopping, or its lease ran out before they left. */
    private void giveBack(List<ClaimedJob> unmade) {
        Results.ask(() -> parts.store().giveBack(unmade))
                .whenCompleteAsync(
                        (_, error) -> {
                            if (error == null) {
                                givingBack--;
                                kick();
                            } else {
                                trouble.failed(policy.name() + ": unmade calls wait", error);
                                parts.timer().after(Results.STORE_PAUSE, () -> giveBack(unmade));
                            }
                        },
                        parts.loop());
    }

    /**
     * The job's route was moved to another upstream while it waited: it follows. One whose route is
     * not configured here waits for a process that knows it.
     */
    private void handOver(ClaimedJob job) {
        String home = homes.get(job.route());
        if (home == null) {
            LOG.warn(
                    "{}: job {} waits: its route {} is not configured here",
                    policy.name(),
                    job.job(),
                    job.route());
        }
        String to = home == null ? policy.name() : home;
        Duration after = home == null ? UNKNOWN_AGAIN : Duration.ZERO;
        Results.ask(() -> parts.store().handOver(job, to, after))
                .whenCompleteAsync(
                        (_, error) -> {
                            if (error == null) {
                                givingBack--;
                                told.moved().accept(to);
                                kick();
                            } else {
                                trouble.failed(policy.name() + ": a moved call waits", error);
                                parts.timer().after(Results.STORE_PAUSE, () -> handOver(job));
                            }
                        },
                        parts.loop());
    }

    private void start(ClaimedJob job) {
        underWay++;
        counted.forEach(unit -> results.seen().costs(unit, job.costs().of(unit)));
        Instant left = now();
        leave(job)
                .whenCompleteAsync(
                        (outcome, error) -> {
                            underWay--;
                            Outcome what = outcome == null ? broken(error) : outcome;
                            sharing.settled(job, what, state, results.seen().latency(), now());
                            results.settle(job, what, Duration.between(left, now()), Duration.ZERO);
                        },
                        parts.loop());
    }

    /** Has the call made; whatever is thrown is its outcome. */
    private CompletionStage<Outcome> leave(ClaimedJob job) {
        Upstream.Call call;
        try {
            Params params = Params.read(job.params());
            String id = job.request().toString();
            call =
                    new Upstream.Call(
                            job.route(),
                            params,
                            job.number(),
                            id,
                            null,
                            job.body(),
                            job.credential(),
                            job.headers(),
                            unwritten.computeIfAbsent(
                                    job.attempt(), _ -> new CompletableFuture<>()));
        } catch (IllegalArgumentException e) {
            LOG.error("{}: job {} cannot be read; it fails", policy.name(), job.job(), e);
            return CompletableFuture.completedStage(new Outcome.Unsendable(UNREADABLE));
        } catch (Throwable e) {
            Survival.log(policy.name() + ": a call was not made", e);
            return CompletableFuture.completedStage(NOT_MADE);
        }
        Survival.run(() -> told.changed().accept(job.job(), new JobChange.Running(job.number())));
        Survival.run(() -> watch(job));
        return Results.ask(() -> upstream.call(call));
    }

    private void said(Upstream.Said said) {
        int others = Math.max(0, underWay - 1);
        sharing.answered(said, state.slots(), others, results.seen().latency(), now());
    }

    private void watch(ClaimedJob job) {
        parts.watch().called(policy.name(), job.number(), job.age());
        if (job.probe()) {
            parts.watch().probed(policy.name());
        }
    }

    private Outcome broken(@Nullable Throwable error) {
        LOG.error("{}: a call broke its contract", policy.name(), error);
        return new Outcome.Failed(Outcome.Why.GARBAGE, null, null, true);
    }

    private void written(Settlement settlement, Settled settled) {
        CompletableFuture<Void> waits = unwritten.remove(settlement.job().attempt());
        if (waits != null) {
            waits.complete(null);
        }
        if (settled.applied()) {
            String one = settlement.job().spokenOf();
            boolean own =
                    one != null
                            || settlement.job().partition() == null
                            || !settlement.isOfTheCaller();
            if (own && settlement.decision().closing() instanceof Decision.Closing.Unauthorized) {
                // so that nobody is told to wait for a result
                state = one == null ? state.refused(now()) : state.refused(one, now());
            }
            if (settlement.decision().closing() instanceof Decision.Closing.Absent(var pause)) {
                state = state.absent(now(), pause);
                knocking.nobody(settlement.outcome());
            }
            incidents.ended(settlement);
            long job = settlement.job().job();
            Survival.run(() -> told.changed().accept(job, settled.change(settlement, now())));
            if (!settled.deliveries().isEmpty()) {
                Survival.run(() -> parts.deliveries().accept(settled.deliveries()));
            }
        }
        Survival.run(() -> told.freed().accept(policy));
        if (!claimedBehind.remove(settlement.job().attempt())) {
            kick();
        }
    }

    private Instant now() {
        return parts.store().clock().instant();
    }

    /**
     * The upstream as operators see it.
     *
     * @param look what was looked up of it
     */
    UpstreamView view(UpstreamView.Look look) {
        return UpstreamView.of(
                policy, state, underWay, look, results.seen(), sharing, estimate(), now());
    }

    /** Takes the upstream's state as the store tells it, for instance after a pause. */
    void refresh(UpstreamState fresh) {
        state = fresh;
        incidents.seen(state, now());
        kick();
    }
}
