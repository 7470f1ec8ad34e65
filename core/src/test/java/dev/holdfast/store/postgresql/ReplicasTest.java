package dev.holdfast.store.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.engine.loop.StoreLog;
import dev.holdfast.engine.partition.OwnBook;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.Accepted.How;
import dev.holdfast.store.Changes;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Contents;
import dev.holdfast.store.Deliveries;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.Ending;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Settled;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresUrl;
import dev.holdfast.store.postgresql.connection.RoundTrip;
import dev.holdfast.store.sql.UuidBytes;
import dev.holdfast.store.sql.WriteProbe;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several processes' stores on one real PostgreSQL, on its own clock. */
final class ReplicasTest {
    private static final String API = StoreFixture.API;
    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final Quota TEN_A_MINUTE = new Quota(List.of(new Window(10, LEASE)));
    private static final Viewer ADMIN = StoreFixture.ADMIN;

    /** Work of a dead replica is taken over within this. */
    private static final Duration TAKEN_OVER_WITHIN = Duration.ofSeconds(5);

    /** How often connections are cut, a second apart, until a takeover was held up for good. */
    private static final int MOST_CUTS = 30;

    private final String url = PostgresServer.newDatabase();
    private final List<PostgresStore> open = new ArrayList<>();
    private final AtomicLong stepped = new AtomicLong();
    private final AtomicReference<WriteProbe> fault = new AtomicReference<>(WriteProbe.NONE);

    @AfterEach
    void closeAll() {
        open.forEach(PostgresStore::close);
    }

    @Test
    void replicasShareTheQuota() {
        PostgresStore[] replicas = {replica(), replica(), replica()};
        for (int i = 0; i < 60; i++) {
            accept(replicas[i % 3], "m" + i);
        }
        ConcurrentLinkedQueue<ClaimedJob> claimed = new ConcurrentLinkedQueue<>();
        List<CompletableFuture<?>> claims = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            claims.add(
                    replicas[i % 3]
                            .claim(new ClaimAsk(API, TEN_A_MINUTE, 3, LEASE))
                            .thenAccept(claim -> claimed.addAll(claim.jobs()))
                            .toCompletableFuture());
        }
        CompletableFuture.allOf(claims.toArray(CompletableFuture[]::new)).join();
        assertThat(claimed).hasSize(10);
        assertThat(claimed).extracting(ClaimedJob::job).doesNotHaveDuplicates();
        assertThat(claimed)
                .extracting(ClaimedJob::params)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 10)
                                .mapToObj(i -> "{\"message\":\"m" + i + "\"}")
                                .toList());
    }

    @Test
    void theSameCallAskedOfSeveralIsMadeOnce() {
        PostgresStore a = replica();
        PostgresStore b = replica();
        List<CompletionStage<Accepted>> asked = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            asked.add((i % 2 == 0 ? a : b).accept(ask("same")));
        }
        List<How> hows = asked.stream().map(s -> ((Accepted.Held) join(s)).how()).toList();
        assertThat(hows).containsOnlyOnce(How.NEW).contains(How.COLLAPSED);
        assertThat(claim(a)).hasSize(1);
        assertThat(claim(b)).isEmpty();
    }

    @Test
    void whatOneWritesTheOthersReadAndEnd() {
        PostgresStore a = replica();
        PostgresStore b = replica();
        UUID first = accept(a, "first");
        UUID second = accept(a, "second");
        assertThat(join(b.cancel(ADMIN, second)).what()).isEqualTo(Ending.What.DONE);
        succeed(b, claim(b).getFirst());
        RequestRecord read = a.reads().request(ADMIN, first).orElseThrow();
        assertThat(read.result()).isEqualTo(new Result(200, "signature"));
        assertThat(b.reads().request(ADMIN, first)).contains(read);
        assertThat(a.reads().request(ADMIN, second).orElseThrow().status())
                .isEqualTo(Status.CANCELLED);
        assertThat(((Accepted.Held) join(a.accept(ask("first")))).how()).isEqualTo(How.CACHED);
    }

    @Test
    void whatOneDoesTheOthersAreTold() throws InterruptedException {
        PostgresStore a = replica();
        PostgresStore b = replica();
        Heard heard = new Heard();
        b.whenChanged(heard);
        accept(a, "m");
        assertThat(heard.upstreams.poll(10, TimeUnit.SECONDS)).isEqualTo(API);
        ClaimedJob job = claim(a).getFirst();
        assertThat(heard.jobs.poll(10, TimeUnit.SECONDS)).isEqualTo(job.job());
        succeed(a, job);
        assertThat(heard.jobs.poll(10, TimeUnit.SECONDS)).isEqualTo(job.job());
    }

    @Test
    void whatOneGivesAPartitionTheOthersKnowWithoutALookAtEachAsk() {
        PostgresStore a = replica();
        PostgresStore b = replica();
        OwnRules own = new OwnRules(TEN_A_MINUTE, new TreeMap<>(), 2, false);
        join(a.partitions().set(API, "large", own));
        try (ScheduledExecutorService loop = Executors.newSingleThreadScheduledExecutor()) {
            OwnBook book = bookOf(b, loop);
            assertThat(book.of(API, "large")).isEqualTo(own);
            for (OwnRules next : List.of(OwnRules.NONE, own, OwnRules.NONE)) {
                join(a.partitions().set(API, "large", next));
                while (!book.of(API, "large").equals(next)) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
                }
            }
        }
    }

    /** What is known on a replica, by what it hears of others. */
    private static OwnBook bookOf(PostgresStore replica, ScheduledExecutorService loop) {
        OwnBook book =
                new OwnBook(
                        replica,
                        loop,
                        loop,
                        (wait, task) -> {
                            var later = loop.schedule(task, wait.toNanos(), TimeUnit.NANOSECONDS);
                            return () -> later.cancel(false);
                        },
                        new StoreLog(replica.clock()));
        book.read(API);
        replica.whenChanged(
                new Changes() {
                    @Override
                    public void upstream(String name) {
                        loop.execute(() -> book.mayHaveChanged(name));
                    }

                    @Override
                    public void job(long job) {}

                    @Override
                    public void anything() {
                        loop.execute(book::anyMayHaveChanged);
                    }

                    @Override
                    public void lost() {}
                });
        return book;
    }

    @Test
    void aDatabaseWithoutNoticesIsLookedAtInstead() throws InterruptedException {
        AtomicInteger refused = new AtomicInteger();
        fault.set(
                step -> {
                    if (step == WriteProbe.Step.NOTIFY) {
                        refused.incrementAndGet();
                        throw new SQLException("LISTEN is not supported", "0A000");
                    }
                });
        PostgresStore a = replica();
        PostgresStore b = replica();
        Heard heard = new Heard();
        b.whenChanged(heard);
        accept(a, "m");
        // Once from before the ask may be, and once from after it.
        assertThat(heard.anything.poll(10, TimeUnit.SECONDS)).isNotNull();
        assertThat(heard.anything.poll(10, TimeUnit.SECONDS)).isNotNull();
        assertThat(claim(b)).hasSize(1);
        assertThat(refused).hasValueGreaterThanOrEqualTo(2);
        assertThat(heard.jobs).isEmpty();
    }

    @Test
    void theWorkOfADeadReplicaIsTakenOver() throws InterruptedException {
        PostgresStore dead = replica();
        PostgresStore alive = replica();
        Heard heard = new Heard();
        alive.whenChanged(heard);
        accept(dead, "m");
        ClaimedJob job = claim(dead).getFirst();
        assertThat(join(alive.orphans())).isEmpty();
        dead.abandon();
        assertThat(heard.lost.poll(TAKEN_OVER_WITHIN.toMillis(), TimeUnit.MILLISECONDS))
                .isNotNull();
        List<ClaimedJob> orphans = join(alive.orphans());
        assertThat(orphans).extracting(ClaimedJob::attempt).containsExactly(job.attempt());
        Settled again = retry(alive, orphans.getFirst());
        assertThat(again.applied()).isTrue();
        assertThat(claim(alive)).extracting(ClaimedJob::number).containsExactly(2);
    }

    @Test
    void cutConnectionsDoNotHoldUpATakeover() throws InterruptedException {
        PostgresStore dead = replica();
        PostgresStore alive = replica();
        Heard heard = new Heard();
        alive.whenChanged(heard);
        accept(dead, "m");
        claim(dead);
        dead.abandon();
        // One that is slow to connect again looks at the others anew, and is told once more.
        List<ClaimedJob> orphans = List.of();
        for (int cuts = 0; orphans.isEmpty() && cuts < MOST_CUTS; cuts++) {
            cutConnections();
            if (heard.lost.poll(1, TimeUnit.SECONDS) != null) {
                orphans = join(alive.orphans());
            }
        }
        assertThat(orphans).hasSize(1);
    }

    @Test
    void aReplicaThatLeavesHandsItsCallsBackAtOnce() {
        PostgresStore leaving = replica();
        PostgresStore staying = replica();
        accept(leaving, "m");
        ClaimedJob job = claim(leaving).getFirst();
        leaving.close();
        assertThat(join(staying.orphans()))
                .extracting(ClaimedJob::attempt)
                .containsExactly(job.attempt());
    }

    @Test
    void aLostLeaseWritesNothing() throws InterruptedException {
        PostgresStore stale = replica();
        PostgresStore alive = replica();
        Heard heard = new Heard();
        alive.whenChanged(heard);
        UUID id = accept(stale, "m");
        Claim claimed = join(stale.claim(new ClaimAsk(API, TEN_A_MINUTE, 10, LEASE)));
        ClaimedJob job = claimed.jobs().getFirst();
        assertThat(stale.mayCall(claimed.lease())).isTrue();
        stale.loseTouch();
        assertThat(heard.lost.poll(TAKEN_OVER_WITHIN.toMillis(), TimeUnit.MILLISECONDS))
                .isNotNull();
        assertThat(stale.mayCall(claimed.lease())).isFalse();
        retry(alive, join(alive.orphans()).getFirst());
        assertThat(succeed(stale, job).applied()).isFalse();
        assertThat(alive.reads().request(ADMIN, id).orElseThrow().status())
                .isEqualTo(Status.RETRYING);
    }

    @Test
    void whoeverLostItsLeaseAsksBeforeItCallsAlsoWhenItIsBack() throws InterruptedException {
        CountDownLatch goesOn = new CountDownLatch(1);
        AtomicBoolean stalls = new AtomicBoolean();
        PostgresStore stalled =
                replica(
                        System::nanoTime,
                        (trip, told) -> {
                            if (stalls.get()
                                    && Thread.currentThread().getName().endsWith("presence")) {
                                await(goesOn);
                            }
                            databaseTime(trip, told);
                        });
        PostgresStore alive = replica();
        Heard heard = new Heard();
        alive.whenChanged(heard);
        accept(stalled, "m");
        accept(stalled, "n");
        ClaimAsk one = new ClaimAsk(API, TEN_A_MINUTE, 1, LEASE);
        Claim before = join(stalled.claim(one));
        assertThat(stalled.mayCall(before.lease())).isTrue();
        stalls.set(true);
        assertThat(heard.lost.poll(60, TimeUnit.SECONDS)).isNotNull();
        assertThat(join(alive.orphans())).hasSize(1);
        assertThat(stalled.mayCall(before.lease())).isFalse();
        stalls.set(false);
        goesOn.countDown();
        Claim after = join(stalled.claim(one));
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!stalled.mayCall(after.lease())) {
            assertThat(System.nanoTime()).isLessThan(until);
            after = join(stalled.claim(one));
        }
        assertThat(stalled.mayCall(before.lease())).as("another has taken it over").isFalse();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(120, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theDeliveriesOfADeadReplicaAreTakenOver() throws InterruptedException {
        PostgresStore dead = replica();
        PostgresStore alive = replica();
        BlockingQueue<String> due = new LinkedBlockingQueue<>();
        join(dead.accept(StoreFixture.with(ask("m"), StoreFixture.HOOK, null, null)));
        Delivery leased = succeed(dead, claim(dead).getFirst()).deliveries().getFirst();
        assertThat(join(alive.deliveries().claim(10, LEASE)).deliveries()).isEmpty();
        alive.deliveries().whenDue(() -> due.add("due"));
        dead.loseTouch();
        assertThat(due.poll(TAKEN_OVER_WITHIN.toMillis(), TimeUnit.MILLISECONDS)).isNotNull();
        assertThat(join(alive.deliveries().claim(10, LEASE)).deliveries())
                .extracting(Delivery::id)
                .containsExactly(leased.id());
        join(
                dead.deliveries()
                        .settle(
                                new Deliveries.DeliveryTry(
                                        leased.id(),
                                        Deliveries.State.FAILED,
                                        null,
                                        500,
                                        null,
                                        Duration.ofMillis(5))));
        assertThat(alive.deliveries().list(ADMIN, null, null, 10, null).deliveries())
                .extracting(Deliveries.DeliveryRecord::state)
                .containsExactly(Deliveries.State.PENDING);
    }

    @Test
    void noDeliveryIsLeasedTwice() {
        PostgresStore a = replica();
        PostgresStore b = replica();
        for (int i = 0; i < 10; i++) {
            accept(a, "m" + i);
        }
        for (ClaimedJob job : claim(a)) {
            succeed(a, job);
        }
        for (int i = 0; i < 10; i++) {
            join(a.accept(StoreFixture.with(ask("m" + i), StoreFixture.HOOK, null, null)));
        }
        List<CompletionStage<Deliveries.Due>> claims = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            claims.add((i % 2 == 0 ? a : b).deliveries().claim(3, LEASE));
        }
        List<UUID> leased = new ArrayList<>();
        claims.forEach(c -> join(c).deliveries().forEach(d -> leased.add(d.id())));
        assertThat(leased).hasSize(10).doesNotHaveDuplicates();
    }

    @Test
    void cutConnectionsAreMadeAnew() {
        PostgresStore store = replica();
        accept(store, "before");
        for (int i = 0; i < 5; i++) {
            cutConnections();
            // What was not sent for its commit yet runs again; the caller sees nothing of it.
            accept(store, "after " + i);
            assertThat(store.reads().list(ADMIN, new Reads.Query(null, null, null, 99, null)))
                    .hasSize(2 + i);
        }
        assertThat(store.healthy()).isTrue();
    }

    @Test
    void aClaimWhoseAnswerWasLostIsGivenBack() {
        PostgresStore store = replica();
        UUID id = accept(store, "m");
        AtomicInteger fired = new AtomicInteger();
        fault.set(
                step -> {
                    if (step == WriteProbe.Step.ANSWER && fired.getAndIncrement() == 0) {
                        throw new SQLException("the answer was lost", "08006");
                    }
                });
        assertThatThrownBy(() -> claim(store)).isInstanceOf(StoreUnavailable.class);
        fault.set(WriteProbe.NONE);
        ClaimedJob job = claim(store).getFirst();
        assertThat(fired).hasPositiveValue();
        assertThat(job.number()).isEqualTo(1);
        assertThat(job.request()).isEqualTo(id);
        succeed(store, job);
        RequestRecord whole = store.reads().request(new Viewer(0, true), id).orElseThrow();
        assertThat(store.reads().attempts(whole, 9)).hasSize(1);
    }

    @Test
    void aPieceWhoseAnswerWasLostGivesNoCallBack() {
        PostgresStore store = replica();
        accept(store, "m");
        ClaimedJob job = claim(store).getFirst();
        AtomicInteger fired = new AtomicInteger();
        fault.set(
                step -> {
                    if (step == WriteProbe.Step.ANSWER
                            && Thread.currentThread().getName().contains("contents")
                            && fired.getAndIncrement() == 0) {
                        throw new SQLException("the answer was lost", "08006");
                    }
                });
        Contents.Owner owner = new Contents.Owner(1, Integer.MAX_VALUE);
        UUID id = UUID.randomUUID();
        assertThatThrownBy(() -> append(store, owner, id)).isInstanceOf(StoreUnavailable.class);
        append(store, owner, id);
        assertThat(fired).hasPositiveValue();
        assertThat(PostgresServer.number(url, "SELECT running FROM upstream")).isEqualTo(1);
        succeed(store, job);
    }

    private static void append(PostgresStore store, Contents.Owner owner, UUID id) {
        try {
            store.contents().append(owner, id, 0, new byte[9]).toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof StoreUnavailable away ? away : e;
        }
    }

    @Test
    void migrationsRunOnceHoweverManyStart() {
        String empty = PostgresServer.newEmptyDatabase();
        List<CompletableFuture<PostgresStore>> starts = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            starts.add(
                    CompletableFuture.supplyAsync(
                            () -> PostgresStore.open(empty, StoreOptions.DEFAULT)));
        }
        starts.forEach(start -> open.add(start.join()));
        open.getLast().clients().put("shop", null, false, 1);
        assertThat(open.getFirst().clients().list()).hasSize(1);
        assertThat(PostgresServer.number(empty, "SELECT count(*) FROM flyway_schema_history"))
                .isEqualTo(1);
    }

    @Test
    void allGoByTheDatabasesClock() {
        PostgresStore a = replica();
        PostgresStore b = replica(() -> System.nanoTime() + Duration.ofMinutes(5).toNanos());
        long apart = Duration.between(a.clock().instant(), b.clock().instant()).toMillis();
        assertThat(Math.abs(apart)).isLessThan(1_000);
        assertThat(a.wall().instant()).isAfterOrEqualTo(a.clock().instant().minusSeconds(1));
    }

    @ParameterizedTest
    @ValueSource(longs = {40, -40})
    void aDatabaseClockThatIsSetFreesNoSlotAndKillsNobody(long seconds)
            throws InterruptedException {
        PostgresStore a = replica();
        PostgresStore b = replica();
        Heard heardByA = new Heard();
        Heard heardByB = new Heard();
        a.whenChanged(heardByA);
        b.whenChanged(heardByB);
        for (int i = 0; i < 20; i++) {
            accept(a, "m" + i);
        }
        List<ClaimedJob> all = new ArrayList<>(claim(a));
        assertThat(all).hasSize(10);
        ClaimedJob slow = all.removeFirst();
        all.forEach(job -> succeed(a, job));
        Instant before = a.clock().instant();
        stepped.set(TimeUnit.SECONDS.toMicros(seconds));
        // Whoever looks next sees it first; the other one finds it corrected.
        for (int i = 0; i < 3; i++) {
            Claim none = join(b.claim(new ClaimAsk(API, TEN_A_MINUTE, 10, LEASE)));
            assertThat(none.jobs()).isEmpty();
            assertThat(join(a.claim(new ClaimAsk(API, TEN_A_MINUTE, 10, LEASE))).jobs()).isEmpty();
            Duration wait = Duration.between(b.clock().instant(), none.nextAt());
            assertThat(wait).isBetween(Duration.ofSeconds(20), LEASE.plusSeconds(1));
        }
        assertThat(PostgresServer.number(url, "SELECT version FROM clock")).isPositive();
        // Longer than a lease: nobody is declared dead.
        long until = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (System.nanoTime() < until) {
            assertThat(heardByA.lost.poll(500, TimeUnit.MILLISECONDS)).isNull();
            assertThat(heardByB.lost).isEmpty();
        }
        for (PostgresStore each : List.of(a, b)) {
            Claim claim = join(each.claim(new ClaimAsk(API, TEN_A_MINUTE, 10, LEASE)));
            assertThat(each.mayCall(claim.lease())).isTrue();
        }
        assertThat(succeed(a, slow).applied()).isTrue();
        Duration passed = Duration.between(before, a.clock().instant());
        assertThat(passed).isBetween(Duration.ofSeconds(4), Duration.ofSeconds(35));
        // People see the database's clock as it is.
        assertThat(Duration.between(a.clock().instant(), a.wall().instant()).toSeconds())
                .isBetween(seconds - 2, seconds + 2);
    }

    private void cutConnections() {
        String database = url.substring(url.lastIndexOf('/') + 1);
        PostgresServer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
                        + database
                        + "'");
    }

    private PostgresStore replica() {
        return replica(System::nanoTime);
    }

    private PostgresStore replica(LongSupplier nanos) {
        return replica(nanos, this::databaseTime);
    }

    private PostgresStore replica(LongSupplier nanos, DatabaseTime time) {
        PostgresStore store =
                PostgresStore.open(
                        new PostgresStore.Setting(
                                new PostgresDatabase(
                                        PostgresUrl.parse(url), step -> fault.get().before(step)),
                                StoreFixture.OPTIONS,
                                nanos,
                                time,
                                RandomGenerator.getDefault()));
        open.add(store);
        return store;
    }

    private void databaseTime(RoundTrip trip, LongConsumer told) {
        DatabaseTime.SERVER.ask(trip, micros -> told.accept(micros + stepped.get()));
    }

    private NewRequest ask(String message) {
        return new NewRequest(
                UuidBytes.make(System.currentTimeMillis(), RandomGenerator.getDefault()),
                StoreFixture.SHOP,
                1_000,
                API,
                10_000,
                StoreFixture.ROUTE,
                StoreFixture.key(message),
                "{\"message\":\"" + message + "\"}",
                true,
                StoreFixture.DAY,
                null,
                null,
                null,
                null);
    }

    private UUID accept(PostgresStore store, String message) {
        return ((Accepted.Held) join(store.accept(ask(message)))).request().id();
    }

    private static List<ClaimedJob> claim(PostgresStore store) {
        return join(store.claim(new ClaimAsk(API, TEN_A_MINUTE, 10, LEASE))).jobs();
    }

    private static Settled succeed(PostgresStore store, ClaimedJob job) {
        Decision done = new Decision.Succeed(new Result(200, "signature"));
        return join(store.settle(new Settlement(job, "done", 200, Duration.ofMillis(9), done)));
    }

    private static Settled retry(PostgresStore store, ClaimedJob job) {
        Decision again = new Decision.Retry(Duration.ZERO, false, null);
        return join(store.settle(new Settlement(job, "crash", null, Duration.ZERO, again)));
    }

    private static <T> T join(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** What a replica is told of the others. */
    private static final class Heard implements Changes {
        final BlockingQueue<String> upstreams = new LinkedBlockingQueue<>();
        final BlockingQueue<Long> jobs = new LinkedBlockingQueue<>();
        final BlockingQueue<String> anything = new LinkedBlockingQueue<>();
        final BlockingQueue<String> lost = new LinkedBlockingQueue<>();

        @Override
        public void upstream(String name) {
            upstreams.add(name);
        }

        @Override
        public void job(long job) {
            jobs.add(job);
        }

        @Override
        public void anything() {
            anything.add("anything");
        }

        @Override
        public void lost() {
            lost.add("lost");
        }
    }
}
