package dev.holdfast.store.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.store.StoreUnavailable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A database that takes its time until a connection can be used. */
@Timeout(60)
class SlowDoorTest {
    /** Longer than a look-up waits for a connection. */
    private static final long SLOW_MILLIS = 1_300;

    private final URI database = URI.create(PostgresServer.newDatabase());
    private final Queue<Socket> open = new ConcurrentLinkedQueue<>();
    private ServerSocket door;
    private final AtomicInteger opened = new AtomicInteger();

    @BeforeEach
    void openDoor() throws IOException {
        door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    @AfterEach
    void closeDoor() throws IOException {
        door.close();
        for (Socket each : open) {
            each.close();
        }
    }

    @Test
    void whoStartsWaitsForTheFirstConnection() {
        try (PostgresClients clients = PostgresClients.open(url())) {
            int before = opened.get();
            assertThat(clients.anyEver()).isFalse();
            assertThat(opened.get()).as("connections through the door").isGreaterThan(before);
        }
    }

    @Test
    void aServerThatIsGoneIsNotWaitedFor() throws IOException {
        try (PostgresClients clients = PostgresClients.open(url())) {
            closeDoor();
            assertThatThrownBy(clients::anyEver)
                    .isInstanceOf(StoreUnavailable.class)
                    .hasStackTraceContaining("refused");
        }
    }

    private String url() {
        return database.toString().replace(":" + database.getPort(), ":" + door.getLocalPort());
    }

    private void accept() {
        try {
            while (true) {
                Socket caller = door.accept();
                open.add(caller);
                Thread.ofVirtual().start(() -> letIn(caller));
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private void letIn(Socket caller) {
        try {
            TimeUnit.MILLISECONDS.sleep(SLOW_MILLIS);
            var server = new Socket(database.getHost(), database.getPort());
            open.add(server);
            opened.incrementAndGet();
            Thread.ofVirtual().start(() -> pass(caller, server));
            pass(server, caller);
        } catch (IOException | UncheckedIOException closed) {
            // the test is over
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void pass(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException closed) {
            // one of them has left
        }
    }
}
