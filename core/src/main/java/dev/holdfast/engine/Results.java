package dev.holdfast.engine;

import dev.holdfast.engine.loop.StoreLog;
import dev.holdfast.pace.Failing;
import dev.holdfast.pace.LearnedDelay;
import dev.holdfast.pace.Past;
import dev.holdfast.pace.Prospects;
import dev.holdfast.pace.Recovery;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Lifecycle;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.StatusRules;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Settled;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.StatementRefused;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.Survival;
import dev.holdfast.store.UpstreamState;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down what came of one upstream's calls, however long the store takes, and whatever is
 * thrown on the way: a call that was made ends in the log. On the loop.
 */
final class Results {
    private static final Logger LOG = LoggerFactory.getLogger(Results.class);

    /** Pause before the store is asked again after it failed. */
    static final Duration STORE_PAUSE = Duration.ofMillis(200);

    /** After as many the store is believed that a bug of its own will not pass. */
    static final int MOST_TRIES = 25;

    /** Pause before what the store refuses to keep in any form is tried again. */
    static final Duration REFUSED_PAUSE = Duration.ofMinutes(1);

    private final EngineParts parts;
    private UpstreamPolicy policy;
    private Duration quotaWindow;
    private final UpstreamLog incidents;
    private final StoreLog trouble;
    private final Supplier<UpstreamState> state;
    private final Function<Settlement, CompletionStage<Settled>> settling;
    private final BiConsumer<Settlement, Settled> written;
    private final Telemetry seen = new Telemetry();

    /** What its routes' pasts tell, by their paths. */
    private final Map<String, LearnedDelay> learned;

    private final Failing failing = new Failing();

    /** How long jobs go on failing, of all routes and each; read by many threads. */
    private volatile Recovery all;

    private volatile Map<String, Recovery> recoveries;

    private int writing;

    /** Calls in a row that found nobody at home; no more than the breaker asks for are counted. */
    private int nobodyInARow;

    /**
     * Writes one upstream's.
     *
     * @param quotaWindow how long the upstream is left alone after a 429 that says no time
     * @param state the upstream as it was last heard of
     * @param settling has the store write a settlement
     * @param written told of each settlement that is on disk
     */
    Results(
            EngineParts parts,
            UpstreamPolicy policy,
            Duration quotaWindow,
            UpstreamLog incidents,
            StoreLog trouble,
            Supplier<UpstreamState> state,
            Function<Settlement, CompletionStage<Settled>> settling,
            BiConsumer<Settlement, Settled> written) {
        this.parts = parts;
        this.policy = policy;
        this.quotaWindow = quotaWindow;
        this.incidents = incidents;
        this.trouble = trouble;
        this.state = state;
        this.settling = settling;
        this.written = written;
        learned = new HashMap<>(parts.store().reads().learned(policy.name()));
        all = new Recovery(policy.retry(), learned.values());
        recoveries = recoveries(policy.retry(), learned);
    }

    private static Map<String, Recovery> recoveries(
            RetryPolicy retry, Map<String, LearnedDelay> learned) {
        Map<String, Recovery> recoveries = new HashMap<>();
        learned.forEach((route, past) -> recoveries.put(route, new Recovery(retry, List.of(past))));
        return Map.copyOf(recoveries);
    }

    /** What calls so far tell of those to come; for any thread. */
    Prospects prospects() {
        return new Prospects(seen.firstTries(), all, recoveries, failing);
    }

    /** Has another policy decide from now on. */
    void change(UpstreamPolicy policy, Duration quotaWindow) {
        this.policy = policy;
        this.quotaWindow = quotaWindow;
        all = new Recovery(policy.retry(), learned.values());
        recoveries = recoveries(policy.retry(), learned);
    }

    /** What is known of the upstream from its calls. */
    Telemetry seen() {
        return seen;
    }

    /** Settlements that are not on disk yet. */
    int writing() {
        return writing;
    }

    /**
     * A call is over.
     *
     * @param onItsWay how long after it was claimed it may still be on its way
     */
    void settle(ClaimedJob job, Outcome outcome, Duration latency, Duration onItsWay) {
        writing++;
        nobodyInARow =
                switch (Outcomes.home(outcome)) {
                    case SOMEBODY -> 0;
                    case NOBODY -> Math.min(nobodyInARow + 1, policy.breaker().failures());
                    case UNKNOWN -> nobodyInARow;
                };
        decide(job, outcome, latency, onItsWay);
    }

    private void decide(ClaimedJob job, Outcome outcome, Duration latency, Duration onItsWay) {
        Settlement settlement;
        try {
            settlement = settlement(job, outcome, latency, onItsWay);
        } catch (Throwable e) {
            Survival.log(policy.name() + ": what came of a call cannot be told", e);
            // As of a call whose answer says nothing.
            Outcome.Failed broken = new Outcome.Failed(Outcome.Why.GARBAGE, null, null, true);
            parts.timer().after(STORE_PAUSE, () -> decide(job, broken, latency, onItsWay));
            return;
        }
        Survival.run(() -> see(outcome, settlement));
        write(settlement, 1);
    }

    private Settlement settlement(
            ClaimedJob job, Outcome outcome, Duration latency, Duration onItsWay) {
        Decision decision =
                Lifecycle.decide(
                        new Lifecycle.Standing(
                                job.charged(),
                                job.age().plus(latency),
                                job.repeatable(),
                                past(job, latency),
                                absent(outcome)),
                        outcome,
                        policy.retry(),
                        policy.credentials().shortestWindow(job.credential()).orElse(quotaWindow),
                        parts.random());
        return new Settlement(
                job,
                Outcomes.word(outcome),
                Outcomes.status(outcome),
                Outcomes.arrival(outcome),
                onItsWay,
                latency,
                decision,
                Outcomes.used(outcome, job.costs()));
    }

    /** How long to leave the upstream alone if this call found nobody at home; or null. */
    private @Nullable Duration absent(Outcome outcome) {
        boolean absent =
                nobodyInARow >= policy.breaker().failures() || state.get().absence() != null;
        return absent && Outcomes.home(outcome) == Outcomes.Home.NOBODY
                ? policy.breaker().pause()
                : null;
    }

    private Past past(ClaimedJob job, Duration latency) {
        LearnedDelay known = learned.getOrDefault(job.route(), LearnedDelay.NOTHING);
        double scarcity =
                policy.quota().taken(state.get().slots(), parts.store().clock().instant());
        return new Past(known, job.sinceFirst(), latency, scarcity);
    }

    private void see(Outcome outcome, Settlement settlement) {
        boolean success =
                switch (outcome) {
                    case Outcome.Done _,
                            Outcome.Rejected _,
                            Outcome.Unusable _,
                            Outcome.Unsendable _ ->
                            true;
                    case Outcome.Unauthorized _,
                            Outcome.Throttled _,
                            Outcome.Stale _,
                            Outcome.Uncalled _,
                            Outcome.Failed _ ->
                            false;
                };
        seen.settled(settlement.outcome(), success, settlement.latency());
        ClaimedJob job = settlement.job();
        if (settlement.decision() instanceof Decision.Retry retry) {
            if (retry.charged()) {
                Instant left = parts.store().clock().instant().minus(settlement.latency());
                Instant first = left.minus(job.sinceFirst());
                failing.failed(
                        job.job(), new Failing.Job(first, job.sinceFirst(), job.charged() + 1));
            }
        } else {
            failing.ended(job.job());
        }
        if (job.sinceFirst().isZero() && (success || outcome instanceof Outcome.Failed)) {
            seen.firstTry(success);
        }
        if (outcome instanceof Outcome.Throttled(int status, _)
                && status == StatusRules.TOO_MANY_REQUESTS) {
            seen.incident();
        }
        settlement
                .used()
                .forEach(
                        (unit, used) -> {
                            long more = used - settlement.job().costs().of(unit);
                            if (more > 0) {
                                seen.underestimated(unit, more);
                                parts.watch().underestimated(policy.name(), unit, more);
                            }
                        });
        incidents.closed(outcome, settlement);
        parts.watch().settled(policy.name(), settlement.outcome(), settlement.latency());
    }

    /** Keeps what came of a call until the store has it. */
    private void write(Settlement settlement, int tries) {
        ask(() -> settling.apply(settlement))
                .whenCompleteAsync(
                        (settled, error) -> {
                            if (settled != null) {
                                writing--;
                                learn(settlement.job().route(), settled.learned());
                                written.accept(settlement, settled);
                            } else if (isRefused(error, tries)) {
                                refused(settlement, error);
                            } else {
                                trouble.failed(policy.name() + ": a result waits", error);
                                again(STORE_PAUSE, settlement, tries + 1);
                            }
                        },
                        parts.loop());
    }

    private void learn(String route, @Nullable LearnedDelay more) {
        if (more != null) {
            learned.put(route, more);
            all = new Recovery(policy.retry(), learned.values());
            recoveries = recoveries(policy.retry(), learned);
        }
    }

    private static boolean isRefused(@Nullable Throwable error, int tries) {
        return StatementRefused.isBehind(error)
                || (tries >= MOST_TRIES && !StoreUnavailable.mayPass(error));
    }

    private void again(Duration wait, Settlement settlement, int tries) {
        parts.timer().after(wait, () -> write(settlement, tries));
    }

    /**
     * The store can write, but not this: writing it again would not help, so that it ends as a
     * failure without any text of the upstream's.
     */
    private void refused(Settlement settlement, @Nullable Throwable error) {
        Settlement bare = settlement.bare();
        if (bare.equals(settlement)) {
            LOG.error("{}: a call cannot be settled; its slot stays taken", policy.name(), error);
            again(REFUSED_PAUSE, bare, MOST_TRIES);
        } else {
            LOG.error("{}: a result cannot be kept; its job fails", policy.name(), error);
            write(bare, 1);
        }
    }

    /** What is asked of the store; also what it throws is an answer. */
    static <T> CompletionStage<T> ask(Supplier<CompletionStage<T>> question) {
        try {
            return question.get();
        } catch (Throwable e) {
            return CompletableFuture.failedStage(e);
        }
    }
}
