package dev.holdfast.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.quota.Quota;
import dev.holdfast.request.JobKey;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.Clients;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.sql.UuidBytes;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.transition.Transitions;
import dev.holdfast.store.transition.Write;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The store as production opens it: on its own threads, with its lock. */
final class SqliteFileTest {
    @TempDir Path folder;

    @Test
    void oneProcessServesAFile() {
        Path file = folder.resolve("deep/er/store.db");
        try (SqliteStore store = SqliteStore.open(file, StoreOptions.DEFAULT)) {
            assertThatThrownBy(() -> SqliteStore.open(file, StoreOptions.DEFAULT))
                    .isInstanceOf(StoreUnavailable.class)
                    .hasMessageContaining("in use");
            // The backlog is read beside the start; a write has waited for it.
            store.accept(ask(0)).toCompletableFuture().join();
            assertThat(store.healthy()).isTrue();
        }
        SqliteStore.open(file, StoreOptions.DEFAULT).close();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aSecondOpenInTheSameProcessDoesNotGiveTheLockUp() throws Exception {
        Path file = folder.resolve("store.db");
        try (SqliteStore store = SqliteStore.open(file, StoreOptions.DEFAULT)) {
            assertThatThrownBy(() -> SqliteStore.open(file, StoreOptions.DEFAULT))
                    .hasMessageContaining("in use");
            assertThat(store.healthy()).isTrue();
            assertThat(lockedByAnotherProcess(folder.resolve("store.db.lock"))).isFalse();
        }
        assertThat(lockedByAnotherProcess(folder.resolve("store.db.lock"))).isTrue();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aLinkIsNoOtherFile() throws IOException {
        Path file = folder.resolve("store.db");
        Path link = Files.createSymbolicLink(folder.resolve("link.db"), file);
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Path far = Files.createSymbolicLink(elsewhere.resolve("far.db"), link);
        // Also when the file that they lead to is not there yet.
        try (SqliteStore store = SqliteStore.open(far, StoreOptions.DEFAULT)) {
            assertThat(store.healthy()).isTrue();
            for (Path other : List.of(file, link, far)) {
                assertThatThrownBy(() -> SqliteStore.open(other, StoreOptions.DEFAULT))
                        .isInstanceOf(StoreUnavailable.class)
                        .hasMessageContaining("in use");
            }
        }
        Path second = Files.createLink(elsewhere.resolve("second.db"), file);
        assertThatThrownBy(() -> SqliteStore.open(second, StoreOptions.DEFAULT))
                .hasMessageContaining("2 names");
        Files.delete(second);
        SqliteStore.open(link, StoreOptions.DEFAULT).close();
    }

    /** Whether another process can take a lock, by a few lines of Java in a JVM of their own. */
    private boolean lockedByAnotherProcess(Path lock) throws Exception {
        Path source = folder.resolve("Try.java");
        Files.writeString(
                source,
                """
                import java.nio.channels.FileChannel;
                import java.nio.file.Path;
                import java.nio.file.StandardOpenOption;

                class Try {
                    public static void main(String[] args) throws Exception {
                        var file = FileChannel.open(Path.of(args[0]), StandardOpenOption.WRITE);
                        System.exit(file.tryLock() == null ? 7 : 0);
                    }
                }
                """);
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        int status =
                new ProcessBuilder(java, source.toString(), lock.toString())
                        .inheritIO()
                        .start()
                        .waitFor();
        assertThat(status).isIn(0, 7);
        return status == 0;
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whereNoFileCanBeMadeTheReasonIsTold() {
        assertThatThrownBy(() -> SqliteStore.open(Path.of("/proc/x.db"), StoreOptions.DEFAULT))
                .isInstanceOf(StoreUnavailable.class)
                .hasMessage("cannot lock /proc/x.db.lock: no file can be made there");
    }

    /** In a write-ahead log FULL alone syncs each commit (sqlite.org, PRAGMA synchronous). */
    @Test
    void everyCommitIsSynced() throws SQLException {
        SqliteFile file = new SqliteFile(folder.resolve("s.db"), StoreOptions.DEFAULT.durable());
        try (Connection connection = file.writer();
                Statement statement = connection.createStatement()) {
            assertThat(pragma(statement, "journal_mode")).isEqualTo("wal");
            assertThat(pragma(statement, "synchronous")).isEqualTo("2");
            assertThat(pragma(statement, "wal_autocheckpoint")).isEqualTo("0");
        }
    }

    @Test
    void whatNobodyRefersToYetWaitsForNoDiskAndWhateverIsCommittedWithOrAfterOthersDoes()
            throws SQLException {
        SqliteFile file = new SqliteFile(folder.resolve("s.db"), StoreOptions.DEFAULT.durable());
        SqliteMigrations.createFolder(file);
        SqliteWriter writer =
                new SqliteWriter(
                        file,
                        SqliteMigrations.open(file),
                        Clocks.system(),
                        WriteProbe.NONE,
                        Runnable::run,
                        _ -> {},
                        Transitions.of(StoreOptions.DEFAULT, RandomGenerator.getDefault())
                                .batches());
        GroupCommit commits = new GroupCommit(writer, () -> {});
        Write.Operation<SqliteTransaction, Long> level = tx -> tx.sql.number("PRAGMA synchronous");
        for (int i = 0; i < 2; i++) {
            var alone = commits.submitLosable(level).toCompletableFuture();
            assertThat(commits.runBatch()).isTrue();
            assertThat(alone.join()).isEqualTo(1);
            var beside = commits.submitLosable(level).toCompletableFuture();
            var promised = commits.submit(level).toCompletableFuture();
            assertThat(commits.runBatch()).isTrue();
            assertThat(beside.join()).isEqualTo(2);
            assertThat(promised.join()).isEqualTo(2);
        }
        commits.submitLosable(level);
        commits.runBatch();
        writer.disconnect();
        var anew = commits.submit(level).toCompletableFuture();
        assertThat(commits.runBatch()).isTrue();
        assertThat(anew.join()).isEqualTo(2);
        writer.disconnect();
    }

    private static String pragma(Statement statement, String name) throws SQLException {
        try (ResultSet row = statement.executeQuery("PRAGMA " + name)) {
            return row.getString(1);
        }
    }

    @Test
    void clientsCanBeMadeBesideARunningStore() {
        Path file = folder.resolve("store.db");
        try (SqliteClients before = SqliteClients.open(file)) {
            before.put("first", "aa", false, 1);
        }
        try (SqliteStore store = SqliteStore.open(file, StoreOptions.DEFAULT);
                SqliteClients beside = SqliteClients.open(file)) {
            beside.put("second", "bb", false, 1);
            assertThat(store.clients().list()).hasSize(2);
        }
    }

    @Test
    void allClientsAreListedWithTheirKeysHoweverManyTheyAre() throws SQLException {
        Path file = folder.resolve("store.db");
        try (SqliteStore store = SqliteStore.open(file, StoreOptions.DEFAULT);
                Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(
                    """
                    INSERT INTO client (id, name, admin, max_pending, revoked, created_ms)
                    WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 10000)
                    SELECT 3 * n, 'client ' || n, 0, 1, n % 2, 0 FROM c
                    """);
            statement.executeUpdate(
                    "INSERT INTO client_key (hash, client, created_ms)"
                            + " SELECT 'hash ' || id, id, 0 FROM client");
            assertThat(store.clients().list())
                    .hasSize(5_000)
                    .allSatisfy(
                            client ->
                                    assertThat(client.keys())
                                            .singleElement()
                                            .extracting(Clients.Key::hash)
                                            .isEqualTo("hash " + client.id()))
                    .extracting(Clients.ClientRecord::id)
                    .doesNotHaveDuplicates()
                    .isSorted();
        }
    }

    @Test
    void manyCallersAtOnceAreAllOnDisk() {
        Path file = folder.resolve("store.db");
        List<UUID> ids = new ArrayList<>();
        try (SqliteStore store = SqliteStore.open(file, StoreOptions.DEFAULT)) {
            List<CompletableFuture<Accepted>> accepted = new ArrayList<>();
            for (int i = 0; i < 5_000; i++) {
                NewRequest ask = ask(i);
                ids.add(ask.id());
                accepted.add(store.accept(ask).toCompletableFuture());
            }
            CompletableFuture.allOf(accepted.toArray(CompletableFuture[]::new)).join();
            assertThat(store.upstream("api", Quota.NONE).queued()).isEqualTo(5_000);
        }
        try (SqliteStore store = SqliteStore.open(file, StoreOptions.DEFAULT)) {
            assertThat(store.upstream("api", Quota.NONE).queued()).isEqualTo(5_000);
            Viewer viewer = new Viewer(1, false);
            assertThat(ids).allMatch(id -> store.reads().request(viewer, id).isPresent());
            assertThat(store.accept(ask(0)).toCompletableFuture().join())
                    .isInstanceOfSatisfying(
                            Accepted.Held.class,
                            held -> assertThat(held.how()).isEqualTo(Accepted.How.COLLAPSED));
        }
    }

    @Test
    void anOlderFileIsUpgraded() throws SQLException {
        Path path = folder.resolve("store.db");
        SqliteFile file = new SqliteFile(path, true);
        try (Connection connection = SqliteMigrations.open(file)) {
            assertThat(SqliteMigrations.create(connection)).isEqualTo(1);
            SqliteMigrations.upgrade(file, 1, 2, "dev/holdfast/store/upgrade");
            execute(path, "UPDATE client SET note = 'there'");
            assertThat(SqliteMigrations.create(connection)).isEqualTo(2);
        }
    }

    @Test
    void aNewerFileIsLeftAlone() throws SQLException {
        Path file = folder.resolve("store.db");
        SqliteStore.open(file, StoreOptions.DEFAULT).close();
        execute(file, "PRAGMA user_version = 99");
        assertThatThrownBy(() -> SqliteStore.open(file, StoreOptions.DEFAULT))
                .isInstanceOf(StoreUnavailable.class)
                .hasMessageContaining("newer");
    }

    private static void execute(Path file, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    private static NewRequest ask(int number) {
        return new NewRequest(
                UuidBytes.make(1_700_000_000_000L + number, ThreadLocalRandom.current()),
                1,
                10_000,
                "api",
                10_000,
                "/r",
                new JobKey(number, number),
                "{}",
                true,
                Duration.ofDays(1),
                null,
                null,
                null,
                null);
    }
}
