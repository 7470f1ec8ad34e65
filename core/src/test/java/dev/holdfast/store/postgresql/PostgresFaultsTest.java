package dev.holdfast.store.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.quota.Quota;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Result;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.CommitWatch;
import dev.holdfast.store.Ending;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.postgresql.connection.PostgresUrl;
import dev.holdfast.store.postgresql.connection.RoundTrip;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.UuidBytes;
import dev.holdfast.store.sql.WriteProbe;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What goes wrong between a store and its PostgreSQL, and that nothing is lost by it. */
final class PostgresFaultsTest {
    private static final String API = "api";
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final long WAIT_SECONDS = 30;

    private final List<PostgresStore> open = new ArrayList<>();
    private final AtomicReference<WriteProbe> fault = new AtomicReference<>(WriteProbe.NONE);

    @AfterEach
    void closeAll() {
        open.forEach(PostgresStore::close);
    }

    /** What is thrown. */
    enum How {
        CUT,
        SERVER,
        ERROR,
        BUG;

        void fire() throws SQLException {
            switch (this) {
                case CUT -> throw new SQLException("the connection is cut, as told", "08006");
                case SERVER -> throw new SQLException("out of memory, as told", "53200");
                case ERROR -> throw new OutOfMemoryError("as told");
                case BUG -> throw new IllegalStateException("as told");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whateverIsThrownAtAnyStepLosesNothing(How how) throws SQLException {
        String url = PostgresServer.newDatabase();
        PostgresStore store = open(url);
        AtomicInteger steps = new AtomicInteger();
        AtomicInteger fired = new AtomicInteger();
        int at = 0;
        do {
            int step = at++;
            steps.set(0);
            fired.set(0);
            fault.set(
                    kind -> {
                        if (kind != WriteProbe.Step.NOTIFY
                                && steps.getAndIncrement() == step
                                && fired.getAndIncrement() == 0) {
                            how.fire();
                        }
                    });
            aBitOfEverything(store, "at " + step + " ");
            fault.set(WriteProbe.NONE);
            finish(store, url);
        } while (fired.get() > 0);
        assertThat(at).isGreaterThan(15);
    }

    private void aBitOfEverything(PostgresStore store, String messages) {
        orNull(store.accept(ask(messages + "a", API)));
        orNull(store.accept(ask(messages + "b", API)));
        Claim claim = orNull(store.claim(new ClaimAsk(API, Quota.NONE, 10, MINUTE)));
        if (claim == null) {
            return;
        }
        for (ClaimedJob job : claim.jobs()) {
            // As an engine does: a settlement is tried until it is written.
            while (orNull(store.settle(done(job))) == null) {
                assertThat(job.number()).isLessThan(99);
            }
        }
    }

    /** All jobs end, no slot stays taken, and what is counted is what is there. */
    private void finish(PostgresStore store, String url) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (PostgresServer.number(url, "SELECT count(*) FROM job WHERE status <> 'succeeded'")
                > 0) {
            assertThat(System.nanoTime()).as("a job never ends").isLessThan(until);
            Claim claim = orNull(store.claim(new ClaimAsk(API, Quota.NONE, 10, MINUTE)));
            if (claim != null) {
                claim.jobs().forEach(job -> join(store.settle(done(job))));
            }
        }
        assertThat(PostgresServer.number(url, "SELECT count(*) FROM attempt WHERE settled IS NULL"))
                .isZero();
        assertThat(PostgresServer.number(url, "SELECT coalesce(sum(jobs), 0) FROM lane")).isZero();
        assertThat(PostgresServer.number(url, "SELECT coalesce(sum(requests), 0) FROM pending"))
                .isZero();
        assertThat(PostgresServer.number(url, "SELECT coalesce(sum(running), 0) FROM upstream"))
                .isZero();
    }

    @Test
    void aClaimWhoseCommitShowsOnlyLaterIsGivenBack() throws Exception {
        try (EmbeddedPostgres server = EmbeddedPostgres.builder().start()) {
            PostgresStore store = open(PostgresServer.url(server, "postgres"));
            join(store.accept(ask("m", API)));
            // The commit waits for a standby that is away, for longer than a socket is waited for.
            execute(server, "ALTER SYSTEM SET synchronous_standby_names = 'away'");
            execute(server, "SELECT pg_reload_conf()");
            untilACommitWaits(server);
            CompletionStage<Claim> claim = store.claim(new ClaimAsk(API, Quota.NONE, 1, MINUTE));
            assertThatThrownBy(() -> join(claim)).isInstanceOf(StoreUnavailable.class);
            execute(server, "ALTER SYSTEM RESET synchronous_standby_names");
            execute(server, "SELECT pg_reload_conf()");
            List<ClaimedJob> jobs = List.of();
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
            while (jobs.isEmpty()) {
                assertThat(System.nanoTime()).as("the job hangs").isLessThan(until);
                Claim again = orNull(store.claim(new ClaimAsk(API, Quota.NONE, 1, MINUTE)));
                jobs = again == null ? List.of() : again.jobs();
            }
            assertThat(jobs.getFirst().number()).isEqualTo(1);
            closeAll();
            open.clear();
        }
    }

    @Test
    void aLockedUpstreamKeepsNobodyElseWaiting() throws SQLException {
        String url = PostgresServer.newDatabase();
        PostgresStore store = open(url);
        join(store.accept(ask("first", "locked")));
        join(store.accept(ask("first", API)));
        try (Connection other = PostgresServer.database(url).connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SELECT 1 FROM upstream WHERE name = 'locked' FOR UPDATE");
            List<CompletionStage<Accepted>> theirs = new ArrayList<>();
            List<CompletionStage<Accepted>> ours = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                theirs.add(store.accept(ask("m" + i, "locked")));
                ours.add(store.accept(ask("m" + i, API)));
            }
            for (CompletionStage<Accepted> accepted : ours) {
                assertThat(join(accepted)).isInstanceOf(Accepted.Held.class);
            }
            assertThat(theirs)
                    .noneMatch(
                            stage ->
                                    stage.toCompletableFuture().isDone()
                                            && !stage.toCompletableFuture()
                                                    .isCompletedExceptionally());
            for (CompletionStage<Accepted> accepted : theirs) {
                assertThatThrownBy(() -> join(accepted)).isInstanceOf(StoreUnavailable.class);
            }
            assertThat(store.healthy()).isTrue();
            other.rollback();
        }
        join(store.accept(ask("after", "locked")));
    }

    @Test
    void whatIsDoneToManyGoesManyToATransaction() {
        PostgresStore store = open(PostgresServer.newDatabase());
        AtomicInteger most = new AtomicInteger();
        store.watch(
                new CommitWatch() {
                    @Override
                    public void committed(int count, long nanos) {
                        most.accumulateAndGet(count, Math::max);
                    }
                });
        Viewer all = new Viewer(0, true);
        for (int round = 0; most.get() < 2; round++) {
            List<UUID> ids = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                Accepted accepted = join(store.accept(ask(round + "-" + i, API)));
                ids.add(((Accepted.Held) accepted).request().id());
            }
            most.set(0);
            List<CompletionStage<Ending>> endings = new ArrayList<>();
            ids.forEach(id -> endings.add(store.cancel(all, id)));
            endings.add(store.cancel(all, new UUID(1, 1)));
            assertThat(endings.stream().map(each -> join(each).what()).toList())
                    .containsOnly(Ending.What.DONE, Ending.What.UNKNOWN)
                    .filteredOn(Ending.What.DONE::equals)
                    .hasSize(ids.size());
        }
        assertThat(store.upstream(API, Quota.NONE, Map.of()).queued()).isZero();
    }

    @Test
    void aServerThatOnlyReadsIsLetGo() {
        String url = PostgresServer.newDatabase();
        String database = url.substring(url.lastIndexOf('/') + 1);
        PostgresStore store = open(url);
        join(store.accept(ask("before", API)));
        PostgresServer.execute(
                "ALTER DATABASE " + database + " SET default_transaction_read_only = on");
        PostgresServer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
                        + database
                        + "'");
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (store.healthy()) {
            assertThat(System.nanoTime()).as("it is said to be healthy").isLessThan(until);
            orNull(store.accept(ask("meanwhile", API)));
        }
        PostgresServer.execute(
                "ALTER DATABASE " + database + " SET default_transaction_read_only = off");
        while (!store.healthy()) {
            assertThat(System.nanoTime()).as("it is not found again").isLessThan(until);
            Thread.onSpinWait();
        }
        assertThat(join(store.accept(ask("after", API)))).isInstanceOf(Accepted.Held.class);
    }

    @Test
    void aPoolerThatKeepsNoSessionsIsRefusedAndOneThatDoesIsNot() throws Exception {
        Path program = Path.of("/usr/sbin/pgbouncer");
        assumeTrue(Files.isExecutable(program), "needs PgBouncer (Debian: pgbouncer)");
        String url = PostgresServer.newDatabase();
        try (Pooler pooler = new Pooler(program, url, "transaction")) {
            for (String more : List.of("", "?prepareThreshold=0")) {
                assertThatThrownBy(() -> open(pooler.url + more))
                        .isInstanceOf(StoreUnavailable.class)
                        .hasMessageContaining("pool_mode = session");
            }
        }
        try (Pooler pooler = new Pooler(program, url, "session")) {
            PostgresStore store = open(pooler.url);
            assertThat(join(store.accept(ask("m", API)))).isInstanceOf(Accepted.Held.class);
            store.close();
            open.clear();
        }
    }

    @Test
    void noSessionIsLeftLessDurableThanItWas() throws Exception {
        String url = PostgresServer.newDatabase();
        PostgresStore store = open(url);
        join(store.accept(ask("m", API)));
        PostgresDatabase database = PostgresServer.database(url);
        try (Session sql = database.plain()) {
            sql.list("SELECT set_config('synchronous_commit', 'on', FALSE)", row -> 0);
            PostgresDatabase.careless().change(PostgresSql.LEAVE, new UUID(0, 0)).run(sql);
            assertThat(sql.list("SHOW synchronous_commit", row -> row.getString(1)))
                    .containsExactly("on");
        }
        // And whatever a session was left with, a receipt's commit waits for the disk.
        try (Session sql = database.writer()) {
            sql.list("SELECT set_config('synchronous_commit', 'off', FALSE)", row -> 0);
            sql.commit();
            List<String> seen = new ArrayList<>();
            new RoundTrip()
                    .set(PostgresSql.DURABLE)
                    .query("SHOW synchronous_commit", row -> seen.add(row.getString(1)))
                    .run(sql);
            assertThat(seen).containsExactly("on");
            sql.rollback();
        }
    }

    /** PgBouncer between the store and the server. */
    private static final class Pooler implements AutoCloseable {
        final String url;
        private final Path home;
        private final Process process;

        Pooler(Path program, String server, String mode) throws Exception {
            int port = freePort();
            URI at = URI.create(server);
            String database = at.getPath().substring(1);
            home = Files.createTempDirectory("holdfast-pooler");
            Path settings = home.resolve("pooler.ini");
            Files.writeString(
                    settings,
                    """
                    [databases]
                    %s = host=127.0.0.1 port=%d dbname=%s user=postgres password=postgres
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    auth_type = any
                    pool_mode = %s
                    default_pool_size = 20
                    unix_socket_dir =
                    """
                            .formatted(database, at.getPort(), database, port, mode));
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
            List<String> command = new ArrayList<>();
            if ("root".equals(System.getProperty("user.name"))) {
                command.addAll(List.of("setpriv", "--reuid=65534", "--clear-groups"));
            }
            command.addAll(List.of(program.toString(), "-q", settings.toString()));
            process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(home.resolve("log").toFile())
                            .start();
            url = "postgresql://postgres@127.0.0.1:" + port + "/" + database;
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
            while (!answers(port)) {
                assertThat(process.isAlive()).as(Files.readString(home.resolve("log"))).isTrue();
                assertThat(System.nanoTime()).isLessThan(until);
                Thread.onSpinWait();
            }
        }

        private static boolean answers(int port) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return socket.isConnected();
            } catch (IOException _) {
                return false;
            }
        }

        private static int freePort() throws IOException {
            try (ServerSocket socket = new ServerSocket(0)) {
                return socket.getLocalPort();
            }
        }

        @Override
        public void close() throws IOException {
            process.destroy();
            process.onExit().join();
            Files.deleteIfExists(home.resolve("pooler.ini"));
            Files.deleteIfExists(home.resolve("log"));
            Files.delete(home);
        }
    }

    private PostgresStore open(String url) {
        PostgresStore store =
                PostgresStore.open(
                        new PostgresStore.Setting(
                                new PostgresDatabase(
                                        PostgresUrl.parse(url), step -> fault.get().before(step)),
                                StoreFixture.OPTIONS,
                                System::nanoTime,
                                DatabaseTime.SERVER,
                                RandomGenerator.getDefault()));
        open.add(store);
        return store;
    }

    /** A configuration that is read anew is in force only a moment later. */
    private static void untilACommitWaits(EmbeddedPostgres server) throws SQLException {
        var seen = new AtomicBoolean();
        Thread.startVirtualThread(
                () -> {
                    try (Connection connection = server.getPostgresDatabase().getConnection();
                            Statement statement = connection.createStatement()) {
                        statement.execute("SET synchronous_commit = on");
                        while (!seen.get()) {
                            statement.execute("SELECT pg_logical_emit_message(true, 'wait', '')");
                        }
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                });
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            while (!seen.get()) {
                assertThat(System.nanoTime()).as("no commit waits").isLessThan(until);
                try (ResultSet waiting =
                        statement.executeQuery(
                                "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'")) {
                    seen.set(waiting.next());
                }
            }
        } finally {
            seen.set(true);
        }
    }

    private static void execute(EmbeddedPostgres server, String sql) throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static NewRequest ask(String message, String upstream) {
        return new NewRequest(
                UuidBytes.make(System.currentTimeMillis(), RandomGenerator.getDefault()),
                StoreFixture.SHOP,
                1_000,
                upstream,
                10_000,
                StoreFixture.ROUTE,
                StoreFixture.key(upstream + " " + message),
                "{}",
                true,
                Duration.ofDays(1),
                null,
                null,
                null,
                null);
    }

    private static Settlement done(ClaimedJob job) {
        Decision done = new Decision.Succeed(new Result(200, "signature"));
        return new Settlement(job, "done", 200, Duration.ofMillis(9), done);
    }

    private static <T> T join(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    /** The stage's value, or null if the store was not available or the write failed. */
    private static <T> T orNull(CompletionStage<T> stage) {
        CompletableFuture<T> future = stage.toCompletableFuture();
        return future.orTimeout(WAIT_SECONDS, TimeUnit.SECONDS)
                .handle(
                        (value, failure) -> {
                            if (failure instanceof TimeoutException) {
                                throw new AssertionError("never answered", failure);
                            }
                            return value;
                        })
                .join();
    }
}
