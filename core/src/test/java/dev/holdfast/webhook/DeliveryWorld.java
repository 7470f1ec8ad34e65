package dev.holdfast.webhook;

import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Result;
import dev.holdfast.request.ResultShape;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.Deliveries.DeliveryRecord;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.sqlite.SqliteStore;
import dev.holdfast.wire.RequestJson;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** A process with the real store and the dispatcher, and receivers, on virtual time. */
final class DeliveryWorld implements AutoCloseable {
    static final int SHOP = 1;
    static final Viewer ADMIN = new Viewer(9, true);
    static final Duration LEASE = Duration.ofMinutes(1);

    private static final Duration COMMIT = Duration.ofMillis(1);
    private static final Quota PLENTY =
            new Quota(List.of(new Window(1_000_000, Duration.ofMinutes(1))));
    private static final RequestJson JSON =
            new RequestJson(
                    Map.of(
                            "/crypto/sign",
                            new ResultShape("signature", ResultShape.From.TEXT, Map.of())));

    final VirtualTime time = new VirtualTime();
    final VirtualReceivers receivers = new VirtualReceivers(time);
    final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(42);
    private final Path file;
    private final Schedule schedule;
    private boolean diskFails;
    int diskFailures;

    /** What upstreams answer. */
    String result = "signature";

    /** Whether whoever is asked for keys throws instead. */
    boolean keysThrow;

    /** Whether keys cannot be read. */
    boolean keysFail;

    int keysThrown;
    SqliteStore store;
    SigningKeys keys;
    DeliveryDispatcher dispatcher;

    DeliveryWorld(Path file, Schedule schedule) {
        this.file = file;
        this.schedule = schedule;
        begin();
    }

    private void begin() {
        WriteProbe probe =
                step -> {
                    if (diskFails) {
                        diskFailures++;
                        throw new SQLException("[SQLITE_IOERR] the disk fails, as told", "", 10);
                    }
                };
        SqliteStore[] opened = new SqliteStore[1];
        var timer = time.timer();
        opened[0] =
                SqliteStore.simulated(
                        file,
                        StoreOptions.DEFAULT.withoutDisk(),
                        time.clocks.clocks(),
                        random,
                        probe,
                        () -> timer.after(COMMIT, () -> opened[0].runBatch()));
        store = opened[0];
        keys = SigningKeys.open(store.clients(), time.loop(), store.clock(), new SecureRandom());
        dispatcher =
                new DeliveryDispatcher(
                        new DeliveryParts(
                                store.deliveries(),
                                receivers,
                                new WebhookBody(JSON),
                                this::keysOf,
                                schedule,
                                time.loop(),
                                time.timer(),
                                random,
                                store.clock(),
                                store.wall(),
                                LEASE));
        dispatcher.start();
    }

    private CompletionStage<List<SigningKey>> keysOf(int client) {
        if (keysFail) {
            return CompletableFuture.failedStage(new SQLException("the disk fails, as told"));
        }
        if (keysThrow) {
            keysThrown++;
            throw new LinkageError("a class is missing, as told");
        }
        return keys.of(client);
    }

    /** The process is killed; another one starts on the same file. */
    void crash() {
        time.kill();
        store.abandon();
        begin();
    }

    void diskFails(boolean fails) {
        diskFails = fails;
    }

    <T> T await(CompletionStage<T> stage) {
        CompletableFuture<T> future = stage.toCompletableFuture();
        for (int i = 0; i < 100 && !future.isDone(); i++) {
            time.run(COMMIT);
        }
        return future.join();
    }

    /** A request whose result comes now; its webhook is handed to the dispatcher. */
    void succeed(String message, String url) {
        succeedFor(SHOP, message, url);
    }

    /** A request that fails now; its webhook is handed to the dispatcher. */
    void fail(String message, String url) {
        await(store.accept(request(SHOP, message, url)));
        settle(new Decision.Fail(new Failure(Failure.Reason.REJECTED, 404, "no")));
    }

    /** The same for another client. */
    void succeedFor(int client, String message, String url) {
        await(store.accept(request(client, message, url)));
        callSucceeds();
    }

    /** The call that is next is made, and its result comes now. */
    void callSucceeds() {
        settle(new Decision.Succeed(new Result(200, result)));
    }

    private void settle(Decision decision) {
        var job =
                await(store.claim(new ClaimAsk("api", PLENTY, 1, Duration.ofMinutes(1))))
                        .jobs()
                        .getFirst();
        var settled =
                await(
                        store.settle(
                                new Settlement(job, "done", 200, Duration.ofMillis(80), decision)));
        dispatcher.offered(settled.deliveries());
    }

    /** Requests for a result that is known: their webhooks are due at once. */
    void askAgain(String message, String url, int count) {
        CompletableFuture<?>[] asks = new CompletableFuture<?>[count];
        for (int i = 0; i < count; i++) {
            asks[i] = store.accept(request(SHOP, message, url)).toCompletableFuture();
        }
        await(CompletableFuture.allOf(asks));
    }

    private NewRequest request(int client, String message, String url) {
        long high = time.clocks.wall().toEpochMilli() << 16 | 0x7000L | random.nextInt(0x1000);
        TreeMap<String, String> params = new TreeMap<>(Map.of("message", message));
        return new NewRequest(
                new UUID(high, random.nextLong() >>> 2 | 0x8000_0000_0000_0000L),
                client,
                1_000_000,
                "api",
                1_000_000,
                "/crypto/sign",
                JobKey.of("/crypto/sign", params),
                "{\"message\":\"" + message + "\"}",
                true,
                Duration.ofDays(30),
                new NewRequest.WebhookTarget(url, "{\"X-Shop\":\"1\",\"webhook-id\":\"evil\"}"),
                null,
                null,
                null);
    }

    List<DeliveryRecord> deliveries() {
        return store.deliveries().list(ADMIN, null, null, 10_000, null).deliveries();
    }

    @Override
    public void close() {
        store.close();
    }
}
