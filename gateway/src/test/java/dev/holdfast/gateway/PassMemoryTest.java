package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many large bodies and answers at once in a process with a small heap: all right byte for byte.
 * {@code -Dholdfast.pass.answers=100} is the long form; the process is the gateway and its
 * upstream.
 */
class PassMemoryTest {
    private static final int ANSWERS = Integer.getInteger("holdfast.pass.answers", 25);
    private static final int BYTES = 10 << 20;
    private static final long MOST_RESIDENT_KIB = 500_000;

    /** The process: a gateway before a peer, whose port it prints; ends with its input. */
    static final class Served {
        private Served() {}

        public static void main(String[] folder) throws IOException {
            byte[] down = PassDoorTest.bytes(BYTES, 7);
            try (PassWorld world = new PassWorld(Path.of(folder[0]))) {
                world.peer.forgets = true;
                world.peer.answers(
                        (came, out) ->
                                PassPeer.bytes(
                                        out,
                                        "200 OK",
                                        "X-Sum: " + sum(came.body()) + "\r\n",
                                        came.target().contains("small") ? new byte[1] : down));
                System.out.println(world.port);
                while (System.in.read() >= 0) {
                    // until whoever started it is gone
                }
            }
        }
    }

    private static String sum(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @Timeout(600)
    @EnabledOnOs(OS.LINUX)
    void manyLargeAnswersAtOnceNeedLittleMemory(@TempDir Path folder) throws Exception {
        Process process = start(folder);
        try (BufferedReader out = process.inputReader();
                ExecutorService readers = Executors.newFixedThreadPool(ANSWERS);
                HttpClient client = HttpClient.newHttpClient()) {
            int port = Integer.parseInt(out.readLine());
            String wanted = sum(PassDoorTest.bytes(BYTES, 7));
            List<Future<String>> sums = new ArrayList<>();
            for (int i = 0; i < ANSWERS; i++) {
                String path = "/held/large?i=" + i; // Equal ones would be one call.
                Callable<String> reader = () -> read(client, port, path);
                sums.add(readers.submit(reader));
            }
            for (Future<String> each : sums) {
                assertThat(each.get()).isEqualTo(wanted);
            }
            byte[] up = PassDoorTest.bytes(BYTES, 8);
            HttpResponse<byte[]> sent =
                    client.send(
                            request(port, "/held/small")
                                    .POST(HttpRequest.BodyPublishers.ofByteArray(up))
                                    .build(),
                            HttpResponse.BodyHandlers.ofByteArray());
            assertThat(sent.headers().firstValue("x-sum")).contains(sum(up));
            assertThat(peakKib(process)).isLessThan(MOST_RESIDENT_KIB);
        } finally {
            process.destroyForcibly();
        }
    }

    private static HttpRequest.Builder request(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Authorization", "key-alice");
    }

    private static String read(HttpClient client, int port, String path) throws Exception {
        HttpResponse<InputStream> answer =
                client.send(request(port, path).build(), HttpResponse.BodyHandlers.ofInputStream());
        MessageDigest sum = MessageDigest.getInstance("SHA-256");
        try (InputStream body = answer.body()) {
            byte[] part = new byte[64 << 10];
            for (int read; (read = body.read(part)) > 0; ) {
                sum.update(part, 0, read);
            }
        }
        assertThat(answer.statusCode()).isEqualTo(200);
        return HexFormat.of().formatHex(sum.digest());
    }

    private static Process start(Path folder) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path", "").replace(";", File.pathSeparator),
                        Served.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static long peakKib(Process process) throws IOException {
        try (Stream<String> lines =
                Files.lines(
                        Path.of("/proc", Long.toString(process.pid()), "status"),
                        StandardCharsets.US_ASCII)) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
