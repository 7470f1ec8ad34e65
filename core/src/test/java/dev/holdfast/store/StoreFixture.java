package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted.How;
import dev.holdfast.store.sql.UuidBytes;
import dev.holdfast.store.sqlite.TestClocks;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What every {@link Store} does: the hands and eyes of the contract's tests. */
public abstract class StoreFixture {
    public static final String API = "api";
    public static final String ROUTE = "/crypto/sign";
    public static final int SHOP = 1;
    static final int OTHER = 2;
    static final Viewer SHOP_VIEW = new Viewer(SHOP, false);
    public static final Viewer ADMIN = new Viewer(9, true);
    protected static final Quota TEN_A_MINUTE =
            new Quota(List.of(new Window(10, Duration.ofMinutes(1))));
    public static final Duration DAY = Duration.ofDays(1);
    public static final NewRequest.WebhookTarget HOOK =
            new NewRequest.WebhookTarget("https://shop.example/hook", "{\"X-A\":\"1\"}");

    /** Shorter than an Idempotency-Key counts. */
    static final Duration RETENTION = Duration.ofHours(12);

    public static final StoreOptions OPTIONS =
            StoreOptions.DEFAULT.with(RETENTION, DAY, Map.of("/few", 2L)).withoutDisk();

    /** What the store is opened with. */
    public StoreOptions options = OPTIONS;

    private static final long WAIT_SECONDS = 60;

    public final TestClocks time = new TestClocks();
    public final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(42);
    public Store store;
    private int reopens;

    /** Opens the store on what was there, or on nothing the first time. */
    public abstract Store open();

    /** Lets the store work until the stage is done. */
    public abstract <T> void drive(CompletableFuture<T> stage);

    @BeforeEach
    void openFirst() {
        store = open();
    }

    @AfterEach
    void closeLast() {
        store.close();
    }

    /** Forgets what is old, until nothing is left to forget. */
    public abstract void prune();

    void reopen() {
        store.close();
        store = open();
    }

    /**
     * One time in ten: a store makes a dozen connections when it opens, and long tests ask often.
     */
    void reopenNowAndThen() {
        if (reopens++ % 10 == 0) {
            reopen();
        }
    }

    protected <T> T await(CompletionStage<T> stage) {
        CompletableFuture<T> future = stage.toCompletableFuture();
        drive(future);
        try {
            return future.get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    UUID newId() {
        return UuidBytes.make(time.wall().toEpochMilli(), random);
    }

    public static JobKey key(String message) {
        TreeMap<String, String> params = new TreeMap<>();
        params.put("message", message);
        return JobKey.of(ROUTE, params);
    }

    protected NewRequest ask(int client, String message) {
        return new NewRequest(
                newId(),
                client,
                1_000,
                API,
                10_000,
                ROUTE,
                key(message),
                "{\"message\":\"" + message + "\"}",
                true,
                DAY,
                null,
                null,
                null,
                null);
    }

    public static NewRequest with(
            NewRequest ask,
            NewRequest.@Nullable WebhookTarget webhook,
            @Nullable Duration expiresIn,
            NewRequest.@Nullable Idempotency idempotency) {
        return new NewRequest(
                ask.id(),
                ask.client(),
                ask.maxPending(),
                ask.upstream(),
                ask.maxQueue(),
                ask.route(),
                ask.key(),
                ask.params(),
                ask.repeatable(),
                ask.cacheTtl(),
                webhook,
                ask.clientRequestId(),
                expiresIn,
                idempotency);
    }

    static NewRequest cachedFor(NewRequest ask, Duration ttl) {
        return new NewRequest(
                ask.id(),
                ask.client(),
                ask.maxPending(),
                ask.upstream(),
                ask.maxQueue(),
                ask.route(),
                ask.key(),
                ask.params(),
                ask.repeatable(),
                ttl,
                ask.webhook(),
                ask.clientRequestId(),
                ask.expiresIn(),
                ask.idempotency());
    }

    static NewRequest bounded(NewRequest ask, int maxPending, int maxQueue) {
        return new NewRequest(
                ask.id(),
                ask.client(),
                maxPending,
                ask.upstream(),
                maxQueue,
                ask.route(),
                ask.key(),
                ask.params(),
                ask.repeatable(),
                ask.cacheTtl(),
                ask.webhook(),
                ask.clientRequestId(),
                ask.expiresIn(),
                ask.idempotency());
    }

    protected Accepted.Held held(NewRequest ask) {
        Accepted accepted = await(store.accept(ask));
        assertThat(accepted).isInstanceOf(Accepted.Held.class);
        return (Accepted.Held) accepted;
    }

    protected Accepted.Held held(int client, String message) {
        return held(ask(client, message));
    }

    /** As many as there are, asked one right after the other. */
    List<Accepted.Held> heldTogether(List<NewRequest> asks) {
        List<CompletionStage<Accepted>> asked = asks.stream().map(store::accept).toList();
        return asked.stream().map(stage -> (Accepted.Held) await(stage)).toList();
    }

    protected Accepted.Held held(int client, String message, How how) {
        Accepted.Held held = held(client, message);
        assertThat(held.how()).isEqualTo(how);
        return held;
    }

    protected Claim claim(int max) {
        return claim(max, TEN_A_MINUTE);
    }

    protected Claim claim(int max, Quota quota) {
        return await(store.claim(new ClaimAsk(API, quota, max, Duration.ofMinutes(1))));
    }

    protected ClaimedJob claimOne() {
        List<ClaimedJob> jobs = claim(1).jobs();
        assertThat(jobs).hasSize(1);
        return jobs.getFirst();
    }

    protected Settled settle(ClaimedJob job, Decision decision) {
        return await(store.settle(settlement(job, decision)));
    }

    static Settlement settlement(ClaimedJob job, Decision decision) {
        return new Settlement(
                job,
                decision instanceof Decision.Succeed ? "done" : "status",
                statusOf(decision),
                Duration.ofMillis(80),
                decision);
    }

    private static Integer statusOf(Decision decision) {
        return switch (decision) {
            case Decision.Succeed(Result result) -> result.status();
            case Decision.Fail(Failure failure, _) -> failure.upstreamStatus();
            case Decision.Retry retry ->
                    retry.closing() instanceof Decision.Closing.Unauthorized ? 401 : 502;
        };
    }

    protected Settled succeed(ClaimedJob job) {
        return settle(job, new Decision.Succeed(new Result(200, "signature")));
    }

    protected Settled retryAfter(ClaimedJob job, Duration after) {
        return settle(job, new Decision.Retry(after, true, null));
    }

    protected Settled fail(ClaimedJob job) {
        return settle(
                job, new Decision.Fail(new Failure(Failure.Reason.REJECTED, 400, "bad message")));
    }

    /** Calls that settled and still count in the longest window. */
    long counting(Occupancy slots, Quota quota) {
        return slots.settled().after(store.clock().instant().minus(quota.memory()));
    }

    RequestRecord read(Accepted.Held held) {
        return store.reads().request(ADMIN, held.request().id()).orElseThrow();
    }

    Status status(Accepted.Held held) {
        return read(held).status();
    }

    /** The messages of the claimed jobs; {@link #ask} makes their parameters. */
    static List<String> messages(Claim claim) {
        return messages(claim.jobs());
    }

    static List<String> messages(List<ClaimedJob> jobs) {
        return jobs.stream()
                .map(ClaimedJob::params)
                .map(params -> params.substring(params.indexOf(':') + 2, params.length() - 2))
                .toList();
    }
}
