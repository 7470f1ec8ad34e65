package dev.holdfast.store.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.quota.Quota;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.sql.UuidBytes;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Counts that are wrong, from whatever cause, are right again after a start. */
final class PostgresCountsTest {
    private static final String API = "api";
    private static final long WAIT_SECONDS = 60;

    private final String url = PostgresServer.newDatabase();

    @Test
    void countsThatDifferFromTheRowsAreMadeAnew() throws SQLException {
        try (PostgresStore store = open()) {
            for (int i = 0; i < 6; i++) {
                join(store.accept(ask(i)));
            }
            assertThat(claim(store, 2)).hasSize(2);
            store.abandon();
        }
        assertThat(wrong()).isZero();
        execute("UPDATE lane SET jobs = 0", "UPDATE upstream SET running = 0");
        execute("UPDATE pending SET requests = 900", "INSERT INTO lane VALUES (1, TRUE, 77, 5, 3)");
        assertThat(wrong()).isPositive();
        try (PostgresStore store = open()) {
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
            while (wrong() > 0) {
                assertThat(System.nanoTime()).isLessThan(until);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            }
            assertThat(PostgresServer.number(url, "SELECT running FROM upstream")).isEqualTo(2);
            assertThat(PostgresServer.number(url, "SELECT sum(jobs) FROM lane")).isEqualTo(4);
            assertThat(PostgresServer.number(url, "SELECT sum(requests) FROM pending"))
                    .isEqualTo(6);
            assertThat(claim(store, 9)).as("what waits is found again").hasSize(4);
        }
    }

    private PostgresStore open() {
        return PostgresStore.open(url, StoreFixture.OPTIONS);
    }

    private static List<ClaimedJob> claim(PostgresStore store, int most) {
        return join(store.claim(new ClaimAsk(API, Quota.NONE, most, Duration.ofMinutes(1)))).jobs();
    }

    private static NewRequest ask(int number) {
        return new NewRequest(
                UuidBytes.make(System.currentTimeMillis(), RandomGenerator.getDefault()),
                1 + number % 3,
                1_000,
                API,
                10_000,
                StoreFixture.ROUTE,
                StoreFixture.key("m" + number),
                "{\"message\":\"m\"}",
                true,
                Duration.ZERO,
                null,
                null,
                null,
                null);
    }

    private long wrong() {
        return count(PostgresSql.MISCOUNTED_UPSTREAMS) + count(PostgresSql.MISCOUNTED_CLIENTS);
    }

    private long count(String query) {
        return PostgresServer.number(url, "SELECT count(*) FROM (" + query + ") AS w");
    }

    private void execute(String... statements) throws SQLException {
        try (Connection connection = PostgresServer.database(url).connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                assertThat(statement.executeUpdate(sql)).isPositive();
            }
        }
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(WAIT_SECONDS, TimeUnit.SECONDS).join();
    }
}
