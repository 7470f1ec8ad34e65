package dev.holdfast.store.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Result;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Settled;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.sql.UuidBytes;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Replicas that share an upstream whose partitions have nothing in common, on its own clock. */
final class PartitionsApartTest {
    private static final String API = StoreFixture.API;
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Quota NONE = new Quota(List.of());
    private static final Quota FIVE = new Quota(List.of(new Window(5, MINUTE)));
    private static final PartitionRules FIVE_EACH =
            new PartitionRules(FIVE, new TreeMap<>(), 100, false);

    /** What waits for nobody is done within this, on a busy machine, too. */
    private static final Duration SOON = Duration.ofSeconds(10);

    /** What waits for somebody is not done within this; shorter than a write is waited for. */
    private static final Duration A_WHILE = Duration.ofMillis(400);

    private final String url = PostgresServer.newDatabase();
    private final PostgresStore a = PostgresStore.open(url, StoreFixture.OPTIONS);
    private final PostgresStore b = PostgresStore.open(url, StoreFixture.OPTIONS);
    private int asks;

    @BeforeEach
    void partitionsAreApart() {
        ask(a, "first");
        for (PostgresStore each : List.of(a, b)) {
            claim(each, 1).forEach(job -> settle(each, job));
            ask(each, "first");
            claim(each, 1).forEach(job -> settle(each, job));
        }
        assertThat(number("SELECT count(*) FROM upstream WHERE apart")).isEqualTo(1);
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
    }

    @Test
    void whoClaimsGoesPastAPartitionThatAnotherHasLocked() throws Exception {
        ask(a, "x");
        ask(a, "y");
        ask(b, "z");
        try (Holder holder = new Holder("SELECT 1 FROM upstream WHERE name = 'api/x' FOR UPDATE")) {
            Claim one = join(a.claim(asks(NONE, 1)));
            Claim two = join(b.claim(asks(NONE, 5)));
            assertThat(partitions(one, two)).containsExactlyInAnyOrder("y", "z");
            // The one that is passed is looked at again at once.
            assertThat(two.nextAt()).isBefore(b.clock().instant().plus(Duration.ofMillis(50)));
            ask(a, "y");
            CompletableFuture<?> waits = accept(b, "x").toCompletableFuture();
            assertThat(isDone(waits)).isFalse();
            holder.release();
            join(waits);
        }
        assertThat(partitions(join(b.claim(asks(NONE, 5)))))
                .containsExactlyInAnyOrder("x", "x", "y");
        countsAreRight();
    }

    @Test
    void whatIsAskedOfOnePartitionDoesNotWaitForAnother() throws Exception {
        ask(a, "x");
        ask(a, "y");
        // How they come together is the threads' own matter: not once, each time.
        for (int round = 0; round < 3; round++) {
            try (Holder holder =
                    new Holder("SELECT 1 FROM upstream WHERE name = 'api/x' FOR UPDATE")) {
                List<CompletableFuture<Accepted>> others = new ArrayList<>();
                CompletableFuture<Accepted> waits = accept(a, "x").toCompletableFuture();
                for (int i = 0; i < 20; i++) {
                    others.add(accept(a, "y").toCompletableFuture());
                }
                others.forEach(PartitionsApartTest::join);
                holder.release();
                // On a busy machine it may have waited for too long.
                waits.handle((_, _) -> true).join();
            }
        }
        countsAreRight();
    }

    @Test
    void noPartitionIsOverWhoeverClaims() {
        for (int i = 0; i < 96; i++) {
            ask(i % 2 == 0 ? a : b, "p" + i % 8);
        }
        List<CompletableFuture<Claim>> claims = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            claims.add((i % 2 == 0 ? a : b).claim(asks(NONE, 3)).toCompletableFuture());
        }
        List<ClaimedJob> jobs = new ArrayList<>();
        claims.forEach(claim -> jobs.addAll(join(claim).jobs()));
        for (Claim claim = join(a.claim(asks(NONE, 9)));
                !claim.jobs().isEmpty();
                claim = join(b.claim(asks(NONE, 9)))) {
            jobs.addAll(claim.jobs());
        }
        assertThat(jobs).extracting(ClaimedJob::job).doesNotHaveDuplicates();
        Map<String, Long> each =
                jobs.stream()
                        .collect(
                                Collectors.groupingBy(
                                        ClaimedJob::partition, Collectors.counting()));
        assertThat(each).hasSize(8).allSatisfy((_, calls) -> assertThat(calls).isEqualTo(5));
        countsAreRight();
    }

    @Test
    void aCommonQuotaThatIsSetCountsWhatWasCalledBefore() {
        for (int i = 0; i < 24; i++) {
            ask(i % 2 == 0 ? a : b, "p" + i % 6);
        }
        Claim before = join(a.claim(asks(NONE, 3)));
        assertThat(before.jobs()).hasSize(3);
        before.jobs().forEach(job -> settle(b, job));
        // Three more settled before.
        Quota ten = new Quota(List.of(new Window(10, MINUTE)));
        List<CompletableFuture<Claim>> claims = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            claims.add((i % 2 == 0 ? a : b).claim(asks(ten, 2)).toCompletableFuture());
        }
        assertThat(claims.stream().mapToInt(claim -> join(claim).jobs().size()).sum()).isEqualTo(4);
        assertThat(number("SELECT count(*) FROM upstream WHERE apart")).isZero();
        assertThat(number("SELECT count(*) FROM tally")).isZero();
        countsAreRight();
        assertThat(join(a.claim(asks(NONE, 3))).jobs()).isNotEmpty();
        assertThat(number("SELECT count(*) FROM upstream WHERE apart")).isEqualTo(1);
    }

    @Test
    void whoWantsAllOfItWaitsForThoseWhoShareIt() throws Exception {
        ask(a, "x");
        try (Holder holder =
                new Holder(
                        "SELECT pg_advisory_xact_lock_shared(72057595, id) FROM upstream"
                                + " WHERE name = 'api'")) {
            assertThat(partitions(join(a.claim(asks(NONE, 1))))).containsExactly("x");
            CompletableFuture<?> pause = b.pause(API, true).toCompletableFuture();
            assertThat(isDone(pause)).isFalse();
            holder.release();
            join(pause);
        }
        ask(b, "y");
        assertThat(join(a.claim(asks(NONE, 1))).jobs()).isEmpty();
    }

    @Test
    void whoeverSharesItWaitsForWhoHasAllOfIt() throws Exception {
        ask(a, "x");
        try (Holder holder =
                new Holder(
                        "SELECT pg_advisory_xact_lock(72057595, id) FROM upstream"
                                + " WHERE name = 'api'")) {
            CompletableFuture<Claim> claim = a.claim(asks(NONE, 1)).toCompletableFuture();
            assertThat(isDone(claim)).isFalse();
            holder.release();
            assertThat(partitions(join(claim))).containsExactly("x");
        }
    }

    @Test
    void aLedgerThatAnotherUsesIsPassed() throws Exception {
        ask(a, "first");
        try (Holder holder =
                new Holder("SELECT 1 FROM ledger WHERE identity LIKE 'partition %' FOR UPDATE")) {
            assertThat(join(a.claim(asks(NONE, 1))).jobs()).isEmpty();
            holder.release();
        }
        assertThat(partitions(join(b.claim(asks(NONE, 1))))).containsExactly("first");
    }

    @Test
    void nobodyWaitsForOneWhoWaitsForHim() {
        ClaimAsk all = asks(NONE, 40, PartitionRules.NONE);
        for (int round = 0; round < 10; round++) {
            List<CompletableFuture<?>> under = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                under.add(accept(a, round + "p" + i).toCompletableFuture());
                under.add(accept(b, round + "p" + (3 - i)).toCompletableFuture());
            }
            under.forEach(PartitionsApartTest::join);
            List<ClaimedJob> jobs = join(a.claim(all)).jobs();
            under.clear();
            for (int i = 0; i < jobs.size() / 2; i++) {
                under.add(settling(a, jobs.get(i)).toCompletableFuture());
                under.add(settling(b, jobs.get(jobs.size() - 1 - i)).toCompletableFuture());
            }
            under.forEach(PartitionsApartTest::join);
        }
        assertThat(
                        number(
                                "SELECT deadlocks FROM pg_stat_database WHERE datname ="
                                        + " current_database()"))
                .isZero();
        countsAreRight();
    }

    /** Somebody else's transaction on the same database. */
    private final class Holder implements AutoCloseable {
        private final Connection connection;

        Holder(String sql) throws SQLException {
            connection = PostgresServer.database(url).connect();
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
        }

        void release() throws SQLException {
            connection.rollback();
        }

        @Override
        public void close() throws SQLException {
            connection.close();
        }
    }

    private void countsAreRight() {
        String miscounted = "SELECT count(*) FROM (" + PostgresSql.MISCOUNTED_UPSTREAMS + ") AS m";
        assertThat(number(miscounted)).isZero();
    }

    private long number(String sql) {
        return PostgresServer.number(url, sql);
    }

    private static boolean isDone(CompletableFuture<?> stage) throws Exception {
        try {
            stage.get(A_WHILE.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException _) {
            return false;
        }
    }

    private static List<String> partitions(Claim... claims) {
        List<String> all = new ArrayList<>();
        for (Claim claim : claims) {
            claim.jobs().forEach(job -> all.add(job.partition()));
        }
        return all;
    }

    private static ClaimAsk asks(Quota common, int max) {
        return asks(common, max, FIVE_EACH);
    }

    private static ClaimAsk asks(Quota common, int max, PartitionRules each) {
        return new ClaimAsk(
                API, common, new TreeMap<>(), List.of(), BreakerPolicy.DEFAULT, max, MINUTE, each);
    }

    private static List<ClaimedJob> claim(PostgresStore store, int max) {
        return join(store.claim(asks(NONE, max))).jobs();
    }

    private CompletionStage<Accepted> accept(PostgresStore store, String partition) {
        String message = "m" + asks++;
        return store.accept(
                new NewRequest(
                                UuidBytes.make(
                                        System.currentTimeMillis(), RandomGenerator.getDefault()),
                                StoreFixture.SHOP,
                                10_000,
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
                                null)
                        .at(NewRequest.Place.USUAL.in(partition, false)));
    }

    private void ask(PostgresStore store, String partition) {
        assertThat(join(accept(store, partition))).isInstanceOf(Accepted.Held.class);
    }

    private static CompletionStage<Settled> settling(PostgresStore store, ClaimedJob job) {
        Decision done = new Decision.Succeed(new Result(200, "signature"));
        return store.settle(new Settlement(job, "done", 200, Duration.ofMillis(9), done));
    }

    private static void settle(PostgresStore store, ClaimedJob job) {
        assertThat(join(settling(store, job)).applied()).isTrue();
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(SOON.toSeconds(), TimeUnit.SECONDS).join();
    }
}
