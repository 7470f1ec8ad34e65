package dev.holdfast.engine;

import dev.holdfast.quota.Verdict;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Lifecycle;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.request.StatusRules;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Settled;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.StatementRefused;
import dev.holdfast.store.UpstreamState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
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

    /** Pause before the store is asked again after it failed. */
    private static final Duration STORE_PAUSE = Duration.ofMillis(200);

    /** What a claim's lease exceeds the call's timeout by. */
    private static final Duration LEASE_MARGIN = Duration.ofSeconds(30);

    private final EngineParts parts;
    private final UpstreamPolicy policy;
    private final Upstream upstream;
    private final Told told;
    private final Telemetry seen = new Telemetry();
    private final ClosingLog incidents;
    private final Duration quotaWindow;

    private UpstreamState state;
    private int underWay;
    private int writing;
    private boolean claiming;
    private boolean again;
    private boolean begun;
    private boolean stopped;
    private Timer.@Nullable Cancel alarm;
    private @Nullable Instant alarmAt;

    /**
     * Who is told what happened, after it is on disk.
     *
     * @param changed a job has moved on
     * @param expired requests that ended because their time was up
     * @param claimed a claim was answered
     * @param freed a call of this upstream has settled
     */
    record Told(
            BiConsumer<Long, JobChange> changed,
            Consumer<List<RequestRecord>> expired,
            Runnable claimed,
            Consumer<UpstreamPolicy> freed) {}

    Dispatcher(
            EngineParts parts,
            UpstreamPolicy policy,
            Upstream upstream,
            UpstreamState state,
            Told told) {
        this.parts = parts;
        this.policy = policy;
        this.upstream = upstream;
        this.state = state;
        this.told = told;
        incidents = new ClosingLog(policy.name());
        quotaWindow =
                policy.quota().windows().stream()
                        .map(Window::length)
                        .min(Duration::compareTo)
                        .orElse(DEFAULT_CLOSED);
    }

    /** From now on calls are made; a credential that was refused may have been replaced since. */
    void begin() {
        begun = true;
        if (state.unauthorizedSince() == null) {
            kick();
        } else {
            parts.store().probe(policy.name()).whenCompleteAsync((_, _) -> kick(), parts.loop());
        }
    }

    /** There may be work, or a slot. */
    void kick() {
        int room = policy.concurrency() - underWay;
        if (!begun || stopped || room <= 0) {
            return;
        }
        if (claiming) {
            again = true;
            return;
        }
        claiming = true;
        again = false;
        Duration lease = policy.timeout().plus(LEASE_MARGIN);
        parts.store()
                .claim(new ClaimAsk(policy.name(), policy.quota(), room, lease))
                .whenCompleteAsync(this::claimed, parts.loop());
    }

    /** A new job was queued: asks for a slot unless it is known that there is none. */
    void jobQueued() {
        if (underWay < policy.concurrency() && estimate().open(now())) {
            kick();
        } else {
            state = state.withOneMore();
            wakeAt(estimate().firstCall(1, now()));
        }
    }

    Estimate estimate() {
        return new Estimate(
                policy.quota(),
                policy.concurrency(),
                policy.retry(),
                state,
                seen.successRate(),
                seen.latency());
    }

    /** Makes no more calls; those under way go on. */
    void stop() {
        stopped = true;
        if (alarm != null) {
            alarm.cancel();
        }
    }

    /** Whether a claim, a call or a settlement is under way. */
    boolean busy() {
        return claiming || underWay > 0 || writing > 0;
    }

    /** Writes down that a call of a dead process was lost. */
    void settleLost(ClaimedJob job) {
        var lost = new Outcome.Failed(Outcome.Why.CRASH, null, null, true);
        settle(job, lost, Duration.ZERO, policy.timeout());
    }

    private void claimed(@Nullable Claim claim, @Nullable Throwable error) {
        claiming = false;
        if (claim == null) {
            LOG.warn("{}: the store gives no work now: {}", policy.name(), message(error));
            wakeAt(now().plus(STORE_PAUSE));
            return;
        }
        state = claim.state();
        incidents.seen(state.unauthorizedSince() != null);
        told.expired().accept(claim.expired());
        take(claim.jobs());
        told.claimed().run();
        Instant next = claim.nextAt();
        if (stopped) {
            return;
        }
        if (!claim.jobs().isEmpty() || again) {
            kick();
        } else if (next != null) {
            wakeAt(next);
        }
    }

    private void take(List<ClaimedJob> jobs) {
        List<ClaimedJob> unmade = new ArrayList<>();
        for (ClaimedJob job : jobs) {
            if (!stopped && parts.store().mayCall()) {
                start(job);
            } else {
                unmade.add(job);
            }
        }
        if (!unmade.isEmpty()) {
            if (!stopped) {
                LOG.warn("{}: calls came too late from the store to be made", policy.name());
            }
            writing++;
            giveBack(unmade);
        }
    }

    /** These were not made: this process is stopping, or its lease ran out before they left. */
    private void giveBack(List<ClaimedJob> unmade) {
        parts.store()
                .giveBack(unmade)
                .whenCompleteAsync(
                        (_, error) -> {
                            if (error == null) {
                                writing--;
                                kick();
                            } else {
                                parts.timer().after(STORE_PAUSE, () -> giveBack(unmade));
                            }
                        },
                        parts.loop());
    }

    private void start(ClaimedJob job) {
        underWay++;
        told.changed().accept(job.job(), JobChange.running(job.number()));
        parts.watch().called(policy.name(), job.number(), job.age());
        if (job.probe()) {
            parts.watch().probed(policy.name());
        }
        Instant left = now();
        Upstream.Call call =
                new Upstream.Call(job.route(), params(job), job.number(), job.request().toString());
        upstream.call(call)
                .whenCompleteAsync(
                        (outcome, error) -> {
                            underWay--;
                            Outcome what = outcome == null ? broken(error) : outcome;
                            settle(job, what, Duration.between(left, now()));
                        },
                        parts.loop());
    }

    private Outcome broken(@Nullable Throwable error) {
        LOG.error("{}: a call broke its contract", policy.name(), error);
        return new Outcome.Failed(Outcome.Why.GARBAGE, null, null, true);
    }

    private void settle(ClaimedJob job, Outcome outcome, Duration latency) {
        settle(job, outcome, latency, Duration.ZERO);
    }

    private void settle(ClaimedJob job, Outcome outcome, Duration latency, Duration onItsWay) {
        String word = Outcomes.word(outcome);
        boolean success =
                switch (outcome) {
                    case Outcome.Done _,
                            Outcome.Rejected _,
                            Outcome.Unusable _,
                            Outcome.Unsendable _ ->
                            true;
                    case Outcome.Unauthorized _, Outcome.Throttled _, Outcome.Failed _ -> false;
                };
        seen.settled(word, success, latency);
        parts.watch().settled(policy.name(), word, latency);
        if (outcome instanceof Outcome.Throttled(int status, _)
                && status == StatusRules.TOO_MANY_REQUESTS) {
            seen.incident();
        }
        Decision decision =
                Lifecycle.decide(
                        new Lifecycle.Standing(
                                job.charged(), job.age().plus(latency), job.repeatable()),
                        outcome,
                        policy.retry(),
                        quotaWindow,
                        parts.random());
        if (decision instanceof Decision.Retry retry) {
            incidents.closed(outcome, retry.closing());
        }
        writing++;
        write(
                new Settlement(
                        job,
                        word,
                        Outcomes.status(outcome),
                        Outcomes.arrival(outcome),
                        onItsWay,
                        latency,
                        decision));
    }

    /** Keeps what came of a call until the store has it. */
    private void write(Settlement settlement) {
        parts.store()
                .settle(settlement)
                .whenCompleteAsync(
                        (settled, error) -> {
                            if (settled != null) {
                                written(settlement, settled);
                            } else if (StatementRefused.isBehind(error)) {
                                refused(settlement, error);
                            } else {
                                LOG.warn(
                                        "{}: a result waits for the store: {}",
                                        policy.name(),
                                        message(error));
                                parts.timer().after(STORE_PAUSE, () -> write(settlement));
                            }
                        },
                        parts.loop());
    }

    /**
     * The store can write, but not this: writing it again would not help, so that it ends as a
     * failure without any text of the upstream's.
     */
    private void refused(Settlement settlement, @Nullable Throwable error) {
        Settlement bare = settlement.bare();
        if (bare.equals(settlement)) {
            LOG.error("{}: a call cannot be settled; its slot stays taken", policy.name(), error);
        } else {
            LOG.error("{}: a result cannot be kept; its job fails", policy.name(), error);
            write(bare);
        }
    }

    private void written(Settlement settlement, Settled settled) {
        writing--;
        if (settled.applied()) {
            if (settlement.decision() instanceof Decision.Retry retry
                    && retry.closing() instanceof Decision.Closing.Unauthorized) {
                state = state.refused(now()); // so that nobody is told to wait for a result
            }
            told.changed().accept(settlement.job().job(), change(settlement, settled));
            if (!settled.deliveries().isEmpty()) {
                parts.deliveries().accept(settled.deliveries());
            }
        }
        told.freed().accept(policy);
        kick();
    }

    private JobChange change(Settlement settlement, Settled settled) {
        int attempts = settlement.job().number();
        Integer status = settlement.status();
        Instant ended = settled.completedAt();
        return switch (settlement.decision()) {
            case Decision.Succeed(Result result) ->
                    new JobChange(
                            Status.SUCCEEDED,
                            attempts,
                            status,
                            ended,
                            result,
                            null,
                            null,
                            settled.cachedUntil());
            case Decision.Fail fail ->
                    new JobChange(
                            Status.FAILED,
                            attempts,
                            status,
                            ended,
                            null,
                            fail.failure(),
                            null,
                            null);
            case Decision.Retry retry ->
                    new JobChange(
                            Status.RETRYING,
                            attempts,
                            status,
                            null,
                            null,
                            null,
                            now().plus(retry.after()),
                            null);
        };
    }

    private void wakeAt(Instant at) {
        Instant set = alarmAt;
        if (alarm != null && set != null && !at.isBefore(set)) {
            return;
        }
        if (alarm != null) {
            alarm.cancel();
        }
        alarmAt = at;
        alarm =
                parts.timer()
                        .after(
                                Duration.between(now(), at),
                                () -> {
                                    alarm = null;
                                    alarmAt = null;
                                    kick();
                                });
    }

    private Map<String, String> params(ClaimedJob job) {
        try {
            return Texts.read(job.params());
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("job " + job.job() + " has unreadable parameters", e);
        }
    }

    private Instant now() {
        return parts.store().clock().instant();
    }

    private static String message(@Nullable Throwable error) {
        return error == null ? "no answer" : String.valueOf(error.getMessage());
    }

    UpstreamView view() {
        Instant now = now();
        Verdict verdict = policy.quota().verdict(state.slots(), now);
        Instant closed = state.closedUntil();
        Instant since = state.unauthorizedSince();
        if (closed != null && closed.isAfter(now)) {
            verdict = closed(verdict, closed);
        }
        List<Duration> ago = new ArrayList<>();
        for (Instant settled : state.slots().settled()) {
            ago.add(Duration.between(settled, now));
        }
        return new UpstreamView(
                policy.name(),
                policy.quota(),
                policy.concurrency(),
                underWay,
                ago,
                verdict instanceof Verdict.Granted(int slots) ? slots : 0,
                switch (verdict) {
                    case Verdict.Granted _ -> Duration.ZERO;
                    case Verdict.NotBefore(Instant at) -> Duration.between(now, at);
                    case Verdict.Probe(Instant at) -> Duration.between(now, at);
                    case Verdict.AfterSettling() -> null;
                },
                state.slots().missing().calls(),
                state.slots().missing().probes(),
                state.queued(),
                state.retrying(),
                state.paused(),
                closed != null && closed.isAfter(now) ? Duration.between(now, closed) : null,
                since == null ? null : Duration.between(since, now),
                seen.successRate(),
                seen.latency(),
                estimate().drain(now),
                seen.incidents(),
                seen.outcomes());
    }

    /** While the upstream is left alone it has no slot, whatever the ledger says. */
    private static Verdict closed(Verdict ledger, Instant until) {
        return switch (ledger) {
            case Verdict.NotBefore(Instant at) when at.isAfter(until) -> ledger;
            case Verdict.Probe(Instant at) when at.isAfter(until) -> ledger;
            case Verdict.Granted _, Verdict.NotBefore _, Verdict.Probe _ ->
                    new Verdict.NotBefore(until);
            case Verdict.AfterSettling _ -> ledger;
        };
    }

    /** Takes the upstream's state as the store tells it, for instance after a pause. */
    void refresh(UpstreamState fresh) {
        state = fresh;
        kick();
    }
}
