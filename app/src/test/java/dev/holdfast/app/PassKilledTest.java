package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code serve} as a real process, killed at any moment of large bodies and answers: what was
 * promised arrives and comes back byte for byte, and nothing is left behind. {@code
 * -Dholdfast.kills=N} kills it so often, and {@code -Dholdfast.kills.seed=S} begins elsewhere.
 */
@Timeout(3600)
class PassKilledTest {
    private static final int KILLS = Integer.getInteger("holdfast.kills", 1);
    private static final long SEED = Long.getLong("holdfast.kills.seed", 1);
    private static final int CALLERS = 4;
    private static final int MOST_BYTES = 2 << 20;

    /** Steps of bodies and answers that a process lives at most. */
    private static final int MOST_STEPS = 120;

    private static final Duration LOOK_EVERY = Duration.ofMillis(20);

    @TempDir Path folder;
    private final Random random = new Random(SEED);
    private final HttpClient http = HttpClient.newHttpClient();
    private final Set<String> wrong = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> promised = new ConcurrentHashMap<>();
    private final AtomicInteger asked = new AtomicInteger();

    /** One for each step that was made: a piece of an answer, a call, a receipt. */
    private final Semaphore steps = new Semaphore(0);

    private HttpServer upstream;
    private ExecutorService threads;

    @BeforeEach
    void begin() throws IOException {
        threads = Executors.newVirtualThreadPerTaskExecutor();
        upstream =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        upstream.setExecutor(threads);
        upstream.createContext("/", this::answer);
        upstream.start();
    }

    @AfterEach
    void end() {
        upstream.stop(0);
        threads.shutdownNow();
        http.shutdownNow();
    }

    /** The bytes of a request or an answer, by its number. */
    private static byte[] bytes(int number, boolean answer) {
        Random of = new Random(2L * number + (answer ? 1 : 0));
        byte[] bytes = new byte[of.nextInt(MOST_BYTES)];
        of.nextBytes(bytes);
        return bytes;
    }

    private static String sum(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            int number = Integer.parseInt(path.substring(path.lastIndexOf('/') + 1));
            byte[] body = exchange.getRequestBody().readAllBytes();
            steps.release();
            // A call that is cut off in the middle throws before it comes here.
            if (!sum(body).equals(sum(bytes(number, false)))) {
                wrong.add("the body of " + number + " arrived with " + body.length + " bytes");
            }
            byte[] answer = bytes(number, true);
            exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
            for (int at = 0; at < answer.length; at += 64 << 10) {
                exchange.getResponseBody()
                        .write(answer, at, Math.min(64 << 10, answer.length - at));
                steps.release();
            }
        }
    }

    private String yaml() {
        return """
        upstreams:
          api: { url: "http://127.0.0.1:%d", quota: [], concurrency: 4, timeout: 20s, retry: { backoff: fixed, first: 100ms } }
        routes:
          - path: /any/{rest...}
            methods: [PUT]
            upstream: api
            repeatable: true
            pass: { path: "/{rest}", body: 10MiB }
        """
                .formatted(upstream.getAddress().getPort());
    }

    /** Asks until the process is gone. */
    private void ask(URI root) {
        try {
            while (true) {
                int number = asked.incrementAndGet();
                HttpRequest request =
                        HttpRequest.newBuilder(root.resolve("/any/" + number))
                                .timeout(Duration.ofSeconds(60))
                                .header("Prefer", "respond-async")
                                .PUT(BodyPublishers.ofByteArray(bytes(number, false)))
                                .build();
                HttpResponse<Void> answer = http.send(request, BodyHandlers.discarding());
                answer.headers()
                        .firstValue("holdfast-request-id")
                        .filter(id -> answer.statusCode() < 300)
                        .ifPresent(id -> promised.put(id, number));
                steps.release();
            }
        } catch (IOException gone) {
            // It was killed.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void killOften(String store) throws Exception {
        for (int kill = 0; kill < KILLS; kill++) {
            // The process goes first, and then whoever asks it.
            try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
                    ServeProcess serve = new ServeProcess(folder, store, yaml())) {
                steps.drainPermits();
                for (int i = 0; i < CALLERS; i++) {
                    callers.execute(() -> ask(serve.root()));
                }
                steps.acquire(1 + random.nextInt(MOST_STEPS));
                while (promised.isEmpty()) {
                    steps.acquire();
                }
            }
        }
    }

    private void check(ServeProcess serve) throws Exception {
        for (Map.Entry<String, Integer> one : promised.entrySet()) {
            String path = "/v1/requests/" + one.getKey();
            String followed;
            do {
                followed = serve.get(path, "Prefer", "wait=20").body();
            } while (followed.contains("\"status\":\"queued\"")
                    || followed.contains("\"status\":\"running\"")
                    || followed.contains("\"status\":\"retrying\""));
            assertThat(followed).contains("\"status\":\"succeeded\"");
            byte[] result =
                    http.send(
                                    HttpRequest.newBuilder(serve.root().resolve(path + "/result"))
                                            .build(),
                                    BodyHandlers.ofByteArray())
                            .body();
            assertThat(sum(result))
                    .as("the answer of " + one.getValue())
                    .isEqualTo(sum(bytes(one.getValue(), true)));
        }
        assertThat(wrong).isEmpty();
    }

    /** Bodies that are kept are answers', and all their pieces are there. */
    private static void nothingIsLeft(Connection database) throws SQLException {
        // Those end, too, whose caller was gone before its receipt came.
        await(database, "SELECT count(*) FROM job WHERE finished_ms IS NULL");
        // What nobody refers to goes with the next pruning, or the one after it.
        await(database, "SELECT count(*) FROM content WHERE drop_at IS NOT NULL");
        assertThat(number(database, "SELECT count(*) FROM job WHERE body_content IS NOT NULL"))
                .isZero();
        assertThat(number(database, "SELECT count(*) FROM content"))
                .isEqualTo(
                        number(
                                database,
                                "SELECT count(*) FROM job WHERE answer_content IS NOT NULL"));
        assertThat(number(database, "SELECT coalesce(sum(length(bytes)), 0) FROM piece"))
                .isEqualTo(number(database, "SELECT coalesce(sum(bytes), 0) FROM content"));
    }

    private static void await(Connection database, String none) throws SQLException {
        while (number(database, none) > 0) {
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
        }
    }

    private static long number(Connection database, String query) throws SQLException {
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    @Test
    void aFileLosesNothingAndKeepsNothingElse() throws Exception {
        Path file = folder.resolve("holdfast.db");
        killOften("sqlite:" + file);
        try (ServeProcess serve = new ServeProcess(folder, "sqlite:" + file, yaml());
                Connection database = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            check(serve);
            nothingIsLeft(database);
        }
    }

    @Test
    void aServerLosesNothingAndKeepsNothingElse() throws Exception {
        try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
            String store =
                    "postgresql://postgres:postgres@127.0.0.1:" + server.getPort() + "/postgres";
            killOften(store);
            try (ServeProcess serve = new ServeProcess(folder, store, yaml());
                    Connection database = server.getPostgresDatabase().getConnection();
                    Statement statement = database.createStatement()) {
                check(serve);
                // A dead process's are left for two hours: nobody knows that it is dead.
                statement.execute("UPDATE content SET drop_at = 1 WHERE drop_at > 1");
                nothingIsLeft(database);
            }
        }
    }
}
