package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.internal.VertxInternal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests that wait since the event loops are busy with something else. */
@Timeout(60)
class LatenessTest {
    @TempDir Path folder;

    @Test
    void whatComesTooLateForAReceiptIsRefusedAtOnceAndCounted() throws Exception {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE)) {
            List<String> answer = askWhileBusy(rig, "/crypto/sign?message=late");

            assertThat(answer.getFirst()).startsWith("HTTP/1.1 503 ");
            assertThat(answer).contains("retry-after: 1");
            assertThat(answer.getLast()).contains("/problems/overloaded");
            assertThat(metric(rig, "holdfast_http_too_late_total")).isGreaterThanOrEqualTo(1);
            assertThat(metric(rig, "holdfast_event_loop_late_seconds"))
                    .isGreaterThanOrEqualTo(Rig.ANSWER_WITHIN.toMillis() / 1000.0);
            int then = 503;
            while (then == 503) { // until the machine has time again
                then = rig.get("/crypto/sign?message=late", "alice").statusCode();
            }
            assertThat(then).isIn(200, 202);
        }
    }

    @Test
    void aProbeIsAnsweredHoweverLateItIsRead() throws Exception {
        try (Rig rig = new Rig(folder, Rig.Figures.FREE)) {
            assertThat(askWhileBusy(rig, "/livez").getFirst()).startsWith("HTTP/1.1 200 ");
        }
    }

    /** On a connection that was used, a request that waits for as long as an answer may take. */
    private static List<String> askWhileBusy(Rig rig, String target) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), rig.port)) {
            var in =
                    new BufferedReader(
                            new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            send(socket, "/livez");
            answer(in);
            CountDownLatch over = busy(rig);
            send(socket, target);
            long until = System.nanoTime() + Rig.ANSWER_WITHIN.toNanos();
            for (long left; (left = until - System.nanoTime()) > 0; ) {
                LockSupport.parkNanos(left);
            }
            over.countDown();
            return answer(in);
        }
    }

    /** Keeps all event loops busy until the latch is open. */
    private static CountDownLatch busy(Rig rig) throws InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        List<EventExecutor> loops = new ArrayList<>();
        ((VertxInternal) rig.vertx).nettyEventLoopGroup().forEach(loops::add);
        CountDownLatch busy = new CountDownLatch(loops.size());
        loops.forEach(
                loop ->
                        loop.execute(
                                () -> {
                                    busy.countDown();
                                    await(over);
                                }));
        busy.await();
        return over;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void send(Socket socket, String target) throws IOException {
        socket.getOutputStream()
                .write(
                        ("GET "
                                        + target
                                        + " HTTP/1.1\r\nHost: x\r\nAuthorization: key-alice\r\n\r\n")
                                .getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The lines of a head in lower case but for the first, and the body. */
    private static List<String> answer(BufferedReader in) throws IOException {
        List<String> lines = new ArrayList<>();
        int length = 0;
        for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
            lines.add(line);
            if (line.startsWith("content-length: ")) {
                length = Integer.parseInt(line.substring("content-length: ".length()));
            }
        }
        char[] body = new char[length];
        for (int read = 0; read < length; ) {
            read += in.read(body, read, length - read);
        }
        lines.add(new String(body));
        return lines;
    }

    private static double metric(Rig rig, String name) {
        return rig.get("/metrics", "ops")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }
}
