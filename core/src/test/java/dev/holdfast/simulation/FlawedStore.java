package dev.holdfast.simulation;

import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Result;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.Batches;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Clients;
import dev.holdfast.store.Deliveries;
import dev.holdfast.store.Ending;
import dev.holdfast.store.Expired;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Operations;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Settled;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.Store;
import dev.holdfast.store.Store.Unfinished;
import dev.holdfast.store.UpstreamState;
import dev.holdfast.store.Viewer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** The real store with one {@link Flaw}. */
final class FlawedStore implements Store {
    private static final Duration NEVER = Duration.ofDays(30);
    private static final Duration LATE = Duration.ofHours(1);
    private static final Duration SLEEP = Duration.ofMillis(500);

    /** The client that everybody is when all stand in one line. */
    private static final int ANYBODY = 1;

    /** How the parameters begin of what is asked in the lowest class. */
    private static final String LOW = "{\"message\":\"low ";

    private final Store real;
    private final World world;
    private final Flaw flaw;
    private final Set<JobKey> seen = new HashSet<>();

    FlawedStore(Store real, World world, Flaw flaw) {
        this.real = real;
        this.world = world;
        this.flaw = flaw;
    }

    @Override
    public CompletionStage<Accepted> accept(NewRequest ask, BooleanSupplier wanted) {
        int client = flaw == Flaw.ONE_LINE_FOR_ALL ? ANYBODY : ask.client();
        JobKey key =
                flaw == Flaw.NEVER_COLLAPSED
                        ? new JobKey(world.random.nextLong(), world.random.nextLong())
                        : ask.key();
        return real.accept(
                new NewRequest(
                        ask.id(),
                        client,
                        flaw == Flaw.MAX_PENDING_FORGOTTEN ? Integer.MAX_VALUE : ask.maxPending(),
                        ask.upstream(),
                        ask.maxQueue(),
                        ask.route(),
                        key,
                        ask.params(),
                        ask.repeatable(),
                        ask.cacheTtl(),
                        flaw == Flaw.JOINERS_NOT_TOLD && !seen.add(key) ? null : ask.webhook(),
                        ask.clientRequestId(),
                        ask.expiresIn(),
                        flaw == Flaw.KEY_FORGOTTEN ? null : ask.idempotency(),
                        ask.body(),
                        flawed(ask.place()),
                        ask.batch(),
                        ask.costs()),
                flaw == Flaw.REFUSED_BUT_KEPT ? () -> true : wanted);
    }

    private NewRequest.Place flawed(NewRequest.Place place) {
        Instant notBefore = place.notBefore();
        if (flaw != Flaw.SCHEDULED_EARLY || notBefore == null) {
            return place;
        }
        Duration half = Duration.between(real.wall().instant(), notBefore).dividedBy(2);
        return new NewRequest.Place(place.priority(), place.weight(), notBefore.minus(half));
    }

    /** Without those of the lowest class, if there are others. */
    private Claim starved(Claim claim) {
        List<ClaimedJob> low = new ArrayList<>();
        List<ClaimedJob> others = new ArrayList<>();
        for (ClaimedJob job : claim.jobs()) {
            (job.params().startsWith(LOW) && !job.probe() ? low : others).add(job);
        }
        if (low.isEmpty() || others.isEmpty()) {
            return claim;
        }
        real.giveBack(low);
        return new Claim(
                others,
                claim.nextAt(),
                claim.state(),
                claim.expired(),
                claim.lease(),
                claim.started());
    }

    @Override
    public CompletionStage<Claim> claim(ClaimAsk ask) {
        Quota quota = new Quota(ask.quota().windows().stream().map(this::flawed).toList());
        CompletionStage<Claim> claim =
                real.claim(
                        new ClaimAsk(
                                ask.upstream(),
                                quota,
                                ask.units(),
                                ask.credentials(),
                                ask.breaker(),
                                flawed(ask.max()),
                                ask.lease()));
        if (flaw == Flaw.LOW_CLASS_STARVES) {
            return claim.thenApply(this::starved);
        }
        if (flaw != Flaw.SLEEPS_ON_A_SLOT) {
            return claim;
        }
        CompletableFuture<Claim> later = new CompletableFuture<>();
        claim.whenComplete(
                (what, error) ->
                        world.after(
                                SLEEP,
                                () -> {
                                    if (error == null) {
                                        later.complete(what);
                                    } else {
                                        later.completeExceptionally(error);
                                    }
                                }));
        return later;
    }

    private int flawed(int max) {
        return flaw == Flaw.TWICE_THE_CONCURRENCY ? 2 * max : max;
    }

    private Window flawed(Window window) {
        return switch (flaw) {
            case ONE_CALL_TOO_MANY -> new Window(window.limit() + 1, window.length());
            case SLOT_FREED_EARLY ->
                    new Window(window.limit(), window.length().multipliedBy(9).dividedBy(10));
            default -> window;
        };
    }

    @Override
    public CompletionStage<Settled> settle(Settlement settlement) {
        return real.settle(
                new Settlement(
                        settlement.job(),
                        settlement.outcome(),
                        settlement.status(),
                        flaw == Flaw.TIMEOUT_SETTLES
                                        && settlement.arrival() == Settlement.Arrival.OPEN
                                ? Settlement.Arrival.OVER
                                : settlement.arrival(),
                        settlement.onItsWay(),
                        settlement.latency(),
                        flawed(settlement.decision()),
                        settlement.used()));
    }

    private Decision flawed(Decision decision) {
        return switch (decision) {
            case Decision.Succeed(Result result) when flaw == Flaw.RESULTS_MIXED_UP ->
                    new Decision.Succeed(new Result(result.status(), "another job's"));
            case Decision.Retry(var after, var charged, Decision.Closing.Absent _)
                    when flaw == Flaw.ABSENCE_FORGOTTEN ->
                    new Decision.Retry(after, charged, null);
            case Decision.Retry(var after, var charged, Decision.Closing.For _)
                    when flaw == Flaw.CLOSING_FORGOTTEN ->
                    new Decision.Retry(after, charged, null);
            case Decision.Retry retry when flaw == Flaw.RETRY_FORGOTTEN ->
                    new Decision.Retry(NEVER, retry.charged(), retry.closing());
            case Decision.Retry retry when flaw == Flaw.RETRIES_TOO_SOON ->
                    new Decision.Retry(
                            retry.after().dividedBy(4), retry.charged(), retry.closing());
            case Decision.Retry retry when flaw == Flaw.RETRIES_STARVED ->
                    new Decision.Retry(LATE, retry.charged(), retry.closing());
            default -> decision;
        };
    }

    @Override
    public CompletionStage<Void> giveBack(List<ClaimedJob> jobs) {
        return real.giveBack(jobs);
    }

    @Override
    public CompletionStage<Void> handOver(ClaimedJob job, String upstream, Duration after) {
        return real.handOver(job, upstream, after);
    }

    @Override
    public CompletionStage<Void> identify(
            Map<String, String> identities, Map<String, List<ClaimAsk.Credential>> pools) {
        return real.identify(identities, pools);
    }

    @Override
    public CompletionStage<List<ClaimedJob>> orphans() {
        return flaw == Flaw.ORPHANS_FORGOTTEN
                ? CompletableFuture.completedFuture(List.of())
                : real.orphans();
    }

    @Override
    public CompletionStage<Ending> cancel(Viewer viewer, UUID id) {
        boolean anybody = flaw == Flaw.ONE_LINE_FOR_ALL;
        return real.cancel(anybody ? new Viewer(ANYBODY, false) : viewer, id);
    }

    @Override
    public CompletionStage<Ending> retry(Viewer viewer, UUID id, Predicate<RequestRecord> called) {
        return real.retry(viewer, id, called);
    }

    @Override
    public CompletionStage<Ending> change(Viewer viewer, UUID id, Wish wish) {
        return real.change(viewer, id, wish);
    }

    @Override
    public CompletionStage<Expired> expire() {
        return real.expire();
    }

    @Override
    public CompletionStage<Void> probe(String upstream) {
        return real.probe(upstream);
    }

    @Override
    public CompletionStage<Void> pause(String upstream, boolean paused) {
        return real.pause(upstream, paused && flaw != Flaw.PAUSE_FORGOTTEN);
    }

    @Override
    public long position(String upstream, Priority priority, long turn) {
        return real.position(upstream, priority, turn);
    }

    @Override
    public UpstreamState upstream(
            String name,
            Quota quota,
            Map<String, Quota> units,
            List<ClaimAsk.Credential> credentials) {
        return real.upstream(name, quota, units, credentials);
    }

    @Override
    public List<Unfinished> unfinished(int atMost) {
        return real.unfinished(atMost);
    }

    @Override
    public InstantSource clock() {
        return real.clock();
    }

    @Override
    public InstantSource wall() {
        return real.wall();
    }

    @Override
    public Deliveries deliveries() {
        return switch (flaw) {
            case WEBHOOK_FORGOTTEN -> new ForgetfulDeliveries(real.deliveries(), true);
            case WEBHOOKS_TOO_SOON -> new ForgetfulDeliveries(real.deliveries(), false);
            default -> real.deliveries();
        };
    }

    @Override
    public Clients clients() {
        return real.clients();
    }

    @Override
    public Partitions partitions() {
        return real.partitions();
    }

    @Override
    public Operations operations() {
        return real.operations();
    }

    @Override
    public Batches batches() {
        return flaw == Flaw.BATCH_LINE_TWICE ? new KeylessBatches(real.batches()) : real.batches();
    }

    @Override
    public Reads reads() {
        return real.reads();
    }

    @Override
    public boolean healthy() {
        return real.healthy();
    }

    @Override
    public void bound(Duration ledger, Map<String, Long> cacheEntries) {
        real.bound(ledger, cacheEntries);
    }

    @Override
    public void close() {
        real.close();
    }
}
