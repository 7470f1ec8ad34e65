package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.sql.WriteProbe;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that ends in the middle of a large body or answer loses and leaves nothing. */
@Timeout(120)
class PassCrashTest {
    @TempDir Path folder;

    private long rows(String table) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(
                                "jdbc:sqlite:" + folder.resolve("holdfast.db"));
                Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("SELECT count(*) FROM " + table)) {
            return count.getLong(1);
        }
    }

    private void sweep(PassWorld world) throws Exception {
        while (world.store.prune().toCompletableFuture().get(10, TimeUnit.SECONDS)) {
            // there is more
        }
    }

    @Test
    void aCallerThatIsCutOffInTheMiddleOfItsBodyLeavesNothing() throws Exception {
        try (PassWorld world = new PassWorld(folder)) {
            String head =
                    "POST /any/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: key-alice\r\n"
                            + "Content-Length: 5000000\r\n\r\n";
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), world.port)) {
                OutputStream out = socket.getOutputStream();
                out.write(head.getBytes(StandardCharsets.US_ASCII));
                out.write(new byte[1_000_000]);
                out.flush();
                while (rows("piece") == 0) {
                    Thread.onSpinWait();
                }
            }
            while (rows("content") > 0) {
                sweep(world);
            }
            assertThat(rows("piece")).isZero();
            assertThat(rows("job")).isZero();
            assertThat(world.peer.came).isEmpty();
        }
    }

    @Test
    void whatAKilledProcessWroteOfABodyIsSweptUpAtItsNextStart() throws Exception {
        AtomicBoolean dead = new AtomicBoolean();
        WriteProbe disk =
                step -> {
                    if (dead.get()) {
                        throw new SQLException("the process is gone");
                    }
                };
        try (PassWorld world = new PassWorld(folder, disk);
                var socket = new Socket(InetAddress.getLoopbackAddress(), world.port)) {
            OutputStream out = socket.getOutputStream();
            out.write(
                    ("POST /any/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: key-alice\r\n"
                                    + "Content-Length: 5000000\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            out.write(new byte[1_000_000]);
            out.flush();
            while (rows("piece") == 0) {
                Thread.onSpinWait();
            }
            dead.set(true);
        }
        assertThat(rows("piece")).isPositive();
        try (PassWorld world = new PassWorld(folder)) {
            sweep(world);
            assertThat(rows("piece")).isZero();
            assertThat(rows("content")).isZero();
        }
    }

    @Test
    void anAnswerThatAKilledProcessWasReadingIsFetchedAgainAndItsBodyWasKept() throws Exception {
        byte[] up = PassDoorTest.bytes(300_000, 1);
        byte[] down = PassDoorTest.bytes(2_000_000, 2);
        AtomicBoolean dead = new AtomicBoolean();
        WriteProbe disk =
                step -> {
                    if (dead.get()) {
                        throw new SQLException("the process is gone");
                    }
                };
        String id;
        try (PassWorld world = new PassWorld(folder, disk)) {
            CountDownLatch half = new CountDownLatch(1);
            world.peer.answers(
                    (_, out) -> {
                        half(out, down);
                        half.countDown();
                        new CountDownLatch(1).await();
                    });
            HttpResponse<byte[]> receipt =
                    world.send(
                            world.to("/any/x", "Prefer", "respond-async")
                                    .method(
                                            "GET",
                                            java.net.http.HttpRequest.BodyPublishers.ofByteArray(
                                                    up)));
            assertThat(receipt.statusCode()).isEqualTo(202);
            id = receipt.headers().firstValue("holdfast-request-id").orElseThrow();
            half.await();
            while (rows("content") < 2) {
                Thread.onSpinWait();
            }
            dead.set(true);
        }
        try (PassWorld world =
                new PassWorld(
                        folder,
                        WriteProbe.NONE,
                        (_, out) -> PassPeer.bytes(out, "200 OK", "", down))) {
            while (!PassWorld.text(world.get("/v1/requests/" + id, "Prefer", "wait=30"))
                    .contains("\"status\":\"succeeded\"")) {
                Thread.onSpinWait();
            }
            sweep(world);
            HttpResponse<byte[]> result = world.get("/v1/requests/" + id + "/result");
            assertThat(Arrays.equals(result.body(), down)).isTrue();
            assertThat(Arrays.equals(world.peer.came.getLast().body(), up)).isTrue();
            assertThat(rows("content")).as("the answer's alone").isEqualTo(1);
        }
    }

    private static void half(OutputStream out, byte[] body) throws IOException {
        out.write(
                ("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        out.write(body, 0, body.length / 2);
        out.flush();
    }
}
