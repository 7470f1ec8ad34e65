package dev.holdfast.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.quota.Quota;
import dev.holdfast.request.Decision;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.ProcessEnd;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Settled;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.StatementRefused;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.queue.Undo;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.UuidBytes;
import dev.holdfast.store.sql.WriteProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** A process that dies, and a disk that fails, at every single step of a run of writes. */
final class SqliteCrashTest {
    private static final String API = "api";
    private static final Viewer ALL = new Viewer(0, true);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final NewRequest.WebhookTarget HOOK =
            new NewRequest.WebhookTarget("https://shop.example/hook", "{}");

    /** Who ask the same, more than go into a batch. */
    private static final int WAITING = 600;

    @TempDir Path folder;

    private final TestClocks time = new TestClocks();
    private int opened;

    /** Who asks the same as another is told later than that one. */
    private int toldAtOnce = 1;

    /** Fails at one step. */
    static final class Fault implements WriteProbe {
        private int at;
        private final How how;
        private int steps;
        private boolean fired;

        /** What is thrown. */
        enum How {
            CRASH,
            DISK,
            ERROR,
            BUG
        }

        Fault(int at, How how) {
            this.at = at;
            this.how = how;
        }

        @Override
        public void before(Step step) throws SQLException {
            if (steps++ == at) {
                fired = true;
                switch (how) {
                    case CRASH -> throw new ProcessEnd();
                    case DISK ->
                            throw new SQLiteException(
                                    "disk I/O error", SQLiteErrorCode.SQLITE_IOERR_FSYNC);
                    case ERROR -> throw new OutOfMemoryError("as told");
                    case BUG -> throw new IllegalStateException("as told");
                }
            }
        }
    }

    /** What the callers of a run were told. */
    private static final class Told {
        final Map<UUID, Status> requests = new HashMap<>();
        final List<Long> calls = new ArrayList<>();
    }

    @Test
    void whatWasAnsweredSurvivesACrashAtEveryStep() {
        int at = 0;
        Fault fault;
        do {
            fault = new Fault(at++, Fault.How.CRASH);
            Path file = folder.resolve("crash" + at + ".db");
            Told told = new Told();
            SqliteStore store = open(file, fault);
            try {
                run(store, told);
            } catch (ProcessEnd _) {
                assertThat(fault.fired).isTrue();
            }
            store.abandon();
            SqliteStore after = open(file, WriteProbe.NONE);
            check(after, file, told);
            finish(after, file);
            after.close();
        } while (fault.fired);
        assertThat(at).isGreaterThan(50);
    }

    /** Between any two of the slices, as the end before them. */
    @Test
    void ofHundredsWhoWaitEachIsToldOnceWhereverTheProcessDies() throws IOException {
        toldAtOnce = 60;
        Path waiting = folder.resolve("waiting.db");
        SqliteStore before = open(waiting, WriteProbe.NONE);
        Told told = new Told();
        for (int i = 0; i < WAITING; i++) {
            var _ = before.accept(ask(1 + i % 3, "a", i));
        }
        before.runBatch();
        before.runBatch();
        List<ClaimedJob> jobs = claim(before, told);
        assertThat(jobs).hasSize(1);
        before.close();
        int at = 0;
        Fault fault;
        do {
            fault = new Fault(at++, Fault.How.CRASH);
            Path file = folder.resolve("told" + at + ".db");
            Files.copy(waiting, file);
            SqliteStore store = open(file, commits(fault));
            try {
                settle(store, told, jobs.getFirst(), new Decision.Succeed(new Result(200, "s")));
                tellAll(store, file);
            } catch (ProcessEnd _) {
                assertThat(fault.fired).isTrue();
            }
            store.abandon();
            SqliteStore after = open(file, WriteProbe.NONE);
            assertConsistent(after, file);
            finish(after, file);
            assertThat(count(file, "SELECT count(DISTINCT request) FROM delivery"))
                    .isEqualTo(WAITING);
            assertThat(count(file, "SELECT sum(requests) FROM pending")).isZero();
            after.close();
        } while (fault.fired);
        assertThat(at)
                .as("two steps a slice, and one without a fault")
                .isEqualTo(2 * WAITING / 60 + 1);
    }

    /** Only before a commit and before its answer. */
    private static WriteProbe commits(Fault fault) {
        return step -> {
            if (step != WriteProbe.Step.STATEMENT) {
                fault.before(step);
            }
        };
    }

    /** A disk, a lack of memory or a bug: what was not written is nowhere, in memory neither. */
    @ParameterizedTest
    @EnumSource(value = Fault.How.class, mode = EnumSource.Mode.EXCLUDE, names = "CRASH")
    void whatFailsRefusesAndThenWorksAgainAtEveryStep(Fault.How how) {
        int at = 0;
        Fault fault;
        do {
            fault = new Fault(at++, how);
            Path file = folder.resolve(how + "" + at + ".db");
            Told told = new Told();
            SqliteStore store = open(file, fault);
            run(store, told);
            fault.at = -1;
            join(store, store.expire().toCompletableFuture());
            check(store, file, told);
            finish(store, file);
            assertThat(store.healthy()).isTrue();
            store.close();
        } while (fault.fired);
        assertThat(at).isGreaterThan(50);
    }

    @Test
    void aGuiltyWriteFailsAlone() {
        SqliteStore store = open(folder.resolve("guilty.db"), WriteProbe.NONE);
        CompletableFuture<Accepted> good = store.accept(ask(1, "a", 1)).toCompletableFuture();
        CompletableFuture<Void> bad =
                store.<Void>write(
                                tx -> {
                                    tx.sql.update(
                                            "UPDATE upstream SET paused = ? WHERE name = ?",
                                            7,
                                            API);
                                    return null;
                                })
                        .toCompletableFuture();
        CompletableFuture<Accepted> alsoGood = store.accept(ask(1, "b", 2)).toCompletableFuture();
        store.runBatch();
        assertThat(good.join()).isInstanceOf(Accepted.Held.class);
        assertThat(alsoGood.join()).isInstanceOf(Accepted.Held.class);
        assertThatThrownBy(bad::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(StatementRefused.class);
        assertThat(store.healthy()).isTrue();
        assertThat(store.upstream(API, Quota.NONE).queued()).isEqualTo(2);
        store.close();
    }

    @Test
    void anErrorTakesNeitherTheBatchNorTheQueueAlong() {
        SqliteStore store = open(folder.resolve("error.db"), WriteProbe.NONE);
        CompletableFuture<Accepted> good = store.accept(ask(1, "a", 1)).toCompletableFuture();
        CompletableFuture<Void> bad =
                store.<Void>write(
                                tx -> {
                                    // Half of what a claim does to memory.
                                    tx.queue(API)
                                            .rank(Priority.NORMAL)
                                            .first()
                                            .serve(1, 1, new Undo());
                                    throw new StackOverflowError();
                                })
                        .toCompletableFuture();
        CompletableFuture<Accepted> alsoGood = store.accept(ask(1, "b", 2)).toCompletableFuture();
        store.runBatch();
        assertThat(good.join()).isInstanceOf(Accepted.Held.class);
        assertThat(alsoGood.join()).isInstanceOf(Accepted.Held.class);
        assertThatThrownBy(bad::join).hasCauseInstanceOf(StoreUnavailable.class);
        Told told = new Told();
        assertThat(claim(store, told)).hasSize(2);
        store.close();
    }

    @Test
    void countsThatAreWrongAreMadeAnewFromTheRowsAtAStart() throws SQLException {
        Path file = folder.resolve("counts.db");
        SqliteStore store = open(file, WriteProbe.NONE);
        Told told = new Told();
        accept(store, told, 1, "a", 1);
        accept(store, told, 2, "b", 2);
        store.close();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Session session = new Session(connection, WriteProbe.NONE)) {
            session.update("UPDATE lane SET jobs = 0 WHERE client = 1");
            session.update("UPDATE pending SET requests = 1000 WHERE client = 2");
        }
        SqliteStore after = open(file, WriteProbe.NONE);
        assertConsistent(after, file);
        accept(after, told, 2, "c", 3);
        assertThat(told.requests).hasSize(3);
        assertThat(claim(after, told)).hasSize(3);
        assertConsistent(after, file);
        after.close();
    }

    @Test
    void countsThatAreWrongWhileItRunsAreMadeAnew() throws SQLException {
        Path file = folder.resolve("recount.db");
        SqliteStore store = open(file, WriteProbe.NONE);
        Told told = new Told();
        accept(store, told, 1, "a", 1);
        join(
                store,
                store.write(tx -> tx.sql.update("UPDATE lane SET jobs = 7")).toCompletableFuture());
        store.checkCounts();
        assertThat(claim(store, told)).hasSize(1);
        assertConsistent(store, file);
        store.close();
    }

    @Test
    void aFullDiskRefusesAndTakesWritesAgainWhenThereIsRoom() throws SQLException {
        Path file = folder.resolve("full.db");
        SqliteStore store = open(file, WriteProbe.NONE);
        pages(store, 60);
        int number = 0;
        CompletableFuture<Accepted> last;
        do {
            last = store.accept(ask(1, "m".repeat(500) + number, ++number)).toCompletableFuture();
            store.runBatch();
            assertThat(number).isLessThan(1_000);
        } while (!last.isCompletedExceptionally());
        assertThatThrownBy(last::join).hasCauseInstanceOf(StoreUnavailable.class);
        assertThat(store.healthy()).isFalse();
        assertThat(store.upstream(API, Quota.NONE).queued()).isEqualTo(number - 1);
        pages(store, 100_000);
        assertThat(join(store, store.accept(ask(1, "again", 0)).toCompletableFuture()))
                .isInstanceOf(Accepted.Held.class);
        assertThat(store.healthy()).isTrue();
        assertThat(store.upstream(API, Quota.NONE).queued()).isEqualTo(number);
        store.close();
    }

    @Test
    void aClaimThatFindsNothingIsNotWritten() {
        AtomicInteger commits = new AtomicInteger();
        WriteProbe counts = step -> commits.addAndGet(step == WriteProbe.Step.COMMIT ? 1 : 0);
        SqliteStore store = open(folder.resolve("idle.db"), counts);
        Told told = new Told();
        accept(store, told, 1, "a", 1);
        assertThat(claim(store, told)).hasSize(1);
        assertThat(commits).hasValue(2);
        assertThat(claim(store, told)).isEmpty();
        assertThat(commits).hasValue(2);
        store.close();
    }

    private void pages(SqliteStore store, int most) {
        store.write(tx -> tx.sql.number("PRAGMA max_page_count = " + most));
        store.runBatch();
    }

    private SqliteStore open(Path file, WriteProbe probe) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(++opened);
        StoreOptions options = StoreOptions.DEFAULT.withoutDisk().telling(toldAtOnce);
        return SqliteStore.simulated(file, options, time.clocks(), random, probe, () -> {});
    }

    /** A bit of everything; whatever is refused is simply not told. */
    private void run(SqliteStore store, Told told) {
        accept(store, told, 1, "a", 1);
        accept(store, told, 2, "a", 2);
        accept(store, told, 1, "b", 3);
        accept(store, told, 2, "c", 4);
        List<ClaimedJob> jobs = claim(store, told);
        for (int i = 0; i < jobs.size(); i++) {
            Decision decision =
                    i == 1
                            ? new Decision.Retry(Duration.ZERO, true, null)
                            : new Decision.Succeed(new Result(200, "s"));
            settle(store, told, jobs.get(i), decision);
        }
        accept(store, told, 3, "a", 5);
        for (ClaimedJob job : claim(store, told)) {
            settle(store, told, job, new Decision.Succeed(new Result(200, "s")));
        }
    }

    private void accept(SqliteStore store, Told told, int client, String message, int number) {
        NewRequest ask = ask(client, message, number);
        CompletableFuture<Accepted> accepting = store.accept(ask).toCompletableFuture();
        // When it is told, which must not be before it is on disk.
        CompletableFuture<?> telling =
                accepting.thenAccept(
                        accepted -> {
                            if (accepted instanceof Accepted.Held held) {
                                told.requests.put(ask.id(), held.request().status());
                            }
                        });
        join(store, telling);
    }

    private List<ClaimedJob> claim(SqliteStore store, Told told) {
        Claim claim = join(store, store.claim(claimAsk()).toCompletableFuture());
        List<ClaimedJob> jobs = claim == null ? List.of() : claim.jobs();
        jobs.forEach(job -> told.calls.add(job.attempt()));
        return jobs;
    }

    private void settle(SqliteStore store, Told told, ClaimedJob job, Decision decision) {
        Settlement settlement = new Settlement(job, "done", 200, Duration.ZERO, decision);
        Settled settled = join(store, store.settle(settlement).toCompletableFuture());
        if (settled == null) {
            // As an engine does: the call was made, so its settlement is tried until it is written.
            settled = join(store, store.settle(settlement).toCompletableFuture());
            assertThat(settled).isNotNull();
        }
        if (settled.applied() && decision instanceof Decision.Succeed) {
            told.requests.put(job.request(), Status.SUCCEEDED);
        }
    }

    private static ClaimAsk claimAsk() {
        return new ClaimAsk(API, Quota.NONE, 10, MINUTE);
    }

    /** The stage's value, or null if the store was not available. */
    private static <T> T join(SqliteStore store, CompletableFuture<T> stage) {
        store.runBatch();
        return stage.exceptionally(_ -> null).join();
    }

    private void check(SqliteStore store, Path file, Told told) {
        for (Map.Entry<UUID, Status> request : told.requests.entrySet()) {
            RequestRecord kept = store.reads().request(ALL, request.getKey()).orElseThrow();
            if (request.getValue() == Status.SUCCEEDED) {
                assertThat(kept.status()).isEqualTo(Status.SUCCEEDED);
            }
        }
        assertThat(count(file, "SELECT count(*) FROM attempt"))
                .isGreaterThanOrEqualTo(told.calls.size());
        assertConsistent(store, file);
    }

    /** Every job is done once in the end, and every webhook is there once. */
    private void finish(SqliteStore store, Path file) {
        for (ClaimedJob orphan : join(store, store.orphans().toCompletableFuture())) {
            settle(store, new Told(), orphan, new Decision.Retry(Duration.ZERO, false, null));
        }
        for (ClaimedJob job : claim(store, new Told())) {
            settle(store, new Told(), job, new Decision.Succeed(new Result(200, "s")));
        }
        tellAll(store, file);
        assertThat(count(file, "SELECT count(*) FROM job WHERE status <> 'succeeded'")).isZero();
        assertThat(count(file, "SELECT count(*) FROM delivery"))
                .isEqualTo(count(file, "SELECT count(*) FROM request"));
        assertThat(store.deliveries().pending())
                .isEqualTo(count(file, "SELECT count(*) FROM delivery WHERE state = 'pending'"));
        assertConsistent(store, file);
    }

    /** Until nobody is left to tell; each batch has a slice. */
    private static void tellAll(SqliteStore store, Path file) {
        int batches = 0;
        while (count(file, "SELECT count(*) FROM job WHERE told IS NOT NULL") > 0) {
            store.runBatch();
            assertThat(++batches).as("batches until all were told").isLessThan(WAITING);
        }
    }

    private static void assertConsistent(SqliteStore store, Path file) {
        assertThat(count(file, "SELECT count(DISTINCT key_low) FROM job"))
                .isEqualTo(count(file, "SELECT count(*) FROM job"));
        assertThat(count(file, "SELECT count(*) FROM attempt WHERE settled IS NULL"))
                .isEqualTo(count(file, "SELECT count(*) FROM job WHERE status = 'running'"));
        assertThat(
                        count(
                                file,
                                """
                                SELECT count(*) FROM job j WHERE (interest, high, low, timed) <> (
                                    SELECT count(*), count(*) FILTER (WHERE r.priority = 0),
                                        count(*) FILTER (WHERE r.priority = 2),
                                        count(r.not_before_ms)
                                    FROM request r
                                    WHERE r.job = j.id AND r.own_status IS NULL)
                                AND status IN ('queued', 'running', 'retrying')
                                """))
                .isZero();
        assertThat(count(file, "SELECT coalesce(sum(requests), 0) FROM pending"))
                .isEqualTo(
                        count(
                                file,
                                """
                                SELECT count(*) FROM request r JOIN job j ON j.id = r.job
                                WHERE own_status IS NULL AND (finished_ms IS NULL
                                    OR (r.prune_at IS NULL AND r.id > j.told))
                                """));
        assertThat(store.upstream(API, Quota.NONE).queued())
                .isEqualTo(count(file, "SELECT count(*) FROM job WHERE status = 'queued'"));
        assertThat(store.upstream(API, Quota.NONE).retrying())
                .isEqualTo(count(file, "SELECT count(*) FROM job WHERE status = 'retrying'"));
    }

    private static long count(Path file, String sql) {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Session session = new Session(connection, WriteProbe.NONE)) {
            return session.number(sql);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private NewRequest ask(int client, String message, int number) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(number);
        return new NewRequest(
                UuidBytes.make(time.wall().toEpochMilli() + number, random),
                client,
                1_000,
                API,
                1_000,
                "/r",
                new JobKey(message.hashCode(), message.hashCode()),
                "{}",
                true,
                Duration.ofDays(1),
                HOOK,
                null,
                null,
                null);
    }
}
