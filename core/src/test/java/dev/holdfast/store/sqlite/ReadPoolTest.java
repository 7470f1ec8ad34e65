package dev.holdfast.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.store.StoreUnavailable;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 1, unit = TimeUnit.MINUTES)
final class ReadPoolTest {
    private final CountDownLatch opening = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);
    private final AtomicReference<Connection> opened = new AtomicReference<>();
    private final ReadPool pool = new ReadPool(this::open);

    /** The last file of a store that was closed came back so, beside whoever had it by then. */
    @Test
    void whenItIsClosedNoConnectionIsOpenOrIsGoingToBe() throws Exception {
        var read = CompletableFuture.supplyAsync(() -> pool.<Integer>read(_ -> 7));
        opening.await();
        var isClosed = new CompletableFuture<Boolean>();
        Thread closing =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    try {
                                        pool.close();
                                        Connection last = opened.get();
                                        isClosed.complete(last != null && last.isClosed());
                                    } catch (SQLException e) {
                                        isClosed.completeExceptionally(e);
                                    }
                                });
        while (closing.getState() != Thread.State.TIMED_WAITING && closing.isAlive()) {
            Thread.onSpinWait();
        }
        go.countDown();

        assertThat(isClosed.get()).isTrue();
        assertThat(read.get()).as("who read has what it read").isEqualTo(7);
        assertThatThrownBy(() -> pool.<Integer>read(_ -> 7)).isInstanceOf(StoreUnavailable.class);
    }

    private Connection open() throws SQLException {
        opening.countDown();
        try {
            go.await();
        } catch (InterruptedException e) {
            throw new SQLException(e);
        }
        Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
        opened.set(connection);
        return connection;
    }
}
