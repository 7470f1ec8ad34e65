package dev.holdfast.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sql.WriteProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file gives back what it does not need. */
final class SpaceTest {
    private static final int PAGE_BYTES = 4_096;
    private static final int MIB = 1 << 20;

    @TempDir Path folder;

    @Test
    void aFileThatWasFullBecomesShortInStepsAndKeepsSomeToSpare() throws SQLException, IOException {
        Path file = folder.resolve("store.db");
        try (SqliteStore store =
                SqliteStore.simulated(
                        file,
                        StoreOptions.DEFAULT.withoutDisk(),
                        new TestClocks().clocks(),
                        RandomGenerator.getDefault(),
                        WriteProbe.NONE,
                        () -> {})) {
            fill(file, 24 * MIB);
            assertThat(step(store)).isFalse();
            double full = store.size().bytes();
            assertThat(full).isGreaterThan(24 * MIB);
            assertThat(store.size().freeBytes()).isLessThan(MIB);

            empty(file);

            int steps = 0;
            double before = Double.MAX_VALUE;
            boolean more = true;
            while (more) {
                more = step(store);
                steps++;
                double now = store.size().bytes();
                if (steps > 1) {
                    assertThat(before - now)
                            .isLessThanOrEqualTo((Space.PAGES_AT_ONCE + 2) * PAGE_BYTES);
                }
                before = now;
            }
            assertThat(steps).isGreaterThan(50);
            assertThat(store.size().bytes()).isLessThan(8 * MIB);
            assertThat(store.size().freeBytes())
                    .isGreaterThanOrEqualTo(Space.SPARE_PAGES * PAGE_BYTES * 0.9);
        }
        assertThat(Files.size(file)).isLessThan(8 * MIB);
    }

    @Test
    void aStepGivesBackFewerTheMoreThereAreAndGetsThereAllTheSame() throws SQLException {
        Path file = folder.resolve("store.db");
        try (SqliteStore store =
                SqliteStore.simulated(
                        file,
                        StoreOptions.DEFAULT.withoutDisk(),
                        new TestClocks().clocks(),
                        RandomGenerator.getDefault(),
                        WriteProbe.NONE,
                        () -> {})) {
            fill(file, 64 * MIB);
            step(store);
            empty(file);
            store.runBatch();

            long most = 0;
            boolean more = true;
            while (more) {
                double before = store.size().bytes();
                double free = store.size().freeBytes() / PAGE_BYTES;
                more = step(store);
                long given = Math.round((before - store.size().bytes()) / PAGE_BYTES);
                if (free > 0) {
                    assertThat(given * free).isLessThanOrEqualTo(Space.LOOKS_AT_ONCE + 2 * free);
                }
                assertThat(given).as("it goes on as long as it says so").isPositive();
                most = Math.max(most, given);
            }
            assertThat(most).as("many once there are few").isGreaterThanOrEqualTo(60);
            assertThat(store.size().bytes()).isLessThan(8 * MIB);
        }
    }

    private static boolean step(SqliteStore store) {
        var step = store.prune().toCompletableFuture();
        assertThat(store.runBatch()).isTrue();
        return step.join();
    }

    /** As large bodies do. */
    private static void fill(Path file, int bytes) throws SQLException {
        run(
                file,
                "INSERT INTO piece (content, number, bytes) WITH RECURSIVE n (i) AS (SELECT 1 UNION"
                        + " ALL SELECT i + 1 FROM n WHERE i < "
                        + bytes / (64 * 1024)
                        + ") SELECT x'00', i, randomblob(65536) FROM n");
    }

    private static void empty(Path file) throws SQLException {
        run(file, "DELETE FROM piece");
    }

    private static void run(Path file, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }
}
