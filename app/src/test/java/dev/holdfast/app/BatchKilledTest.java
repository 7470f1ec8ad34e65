package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code batch FILE} as a process of its own, killed on the way and started again. */
@Timeout(120)
class BatchKilledTest {
    private static final int LINES = 300;

    @TempDir Path folder;

    @Test
    void killedAndStartedAgainEachLineIsAskedOnceAndToldInOrder() throws Exception {
        Vertx vertx = Vertx.vertx();
        CountDownLatch quarter = new CountDownLatch(LINES / 4);
        var options =
                SimulatedUpstream.Options.unlimited(1)
                        .latency(Latency.always(Duration.ofMillis(20)))
                        .log(_ -> quarter.countDown());
        try (var upstream = new SimulatedUpstream(vertx, options).start();
                Serve serve = Serve.start(settings(upstream.port()))) {
            List<String> asks =
                    new ArrayList<>(IntStream.range(0, LINES).mapToObj(this::ask).toList());
            asks.set(7, "{\"route\":\"/nowhere\"}");
            Files.write(folder.resolve("asks"), asks);

            Process first = batch(serve);
            assertThat(quarter.await(60, TimeUnit.SECONDS)).isTrue();
            first.destroyForcibly().waitFor();

            Process second = batch(serve);
            assertThat(second.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(second.exitValue()).as("a line is refused").isEqualTo(1);
            List<String> told = Files.readAllLines(folder.resolve("told"));
            assertThat(told).hasSize(LINES);
            for (int i = 0; i < LINES; i++) {
                assertThat(told.get(i))
                        .startsWith("{\"line\":" + (i + 1) + ",")
                        .contains(i == 7 ? "\"status\":\"refused\"" : "\"message\":\"m" + i + "\"");
            }
            assertThat(upstream.stats(false).getLong("signatures")).isEqualTo(LINES - 1);
            assertThat(upstream.stats(false).getLong("max_signatures_per_message")).isEqualTo(1);
        } finally {
            vertx.close().await();
        }
    }

    private String ask(int number) {
        return "{\"route\":\"/crypto/sign\",\"params\":{\"message\":\"m" + number + "\"}}";
    }

    private Process batch(Serve serve) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "batch",
                        folder.resolve("asks").toString(),
                        "--out",
                        folder.resolve("told").toString(),
                        "--url",
                        serve.uri().toString())
                .redirectOutput(Redirect.DISCARD)
                .redirectError(folder.resolve("err").toFile())
                .start();
    }

    private Settings settings(int upstream) throws Exception {
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s" }
                upstreams:
                  synthesia: { url: "http://127.0.0.1:%d", headers: {}, quota: [] }
                """
                        .formatted(folder.resolve("holdfast.db"), upstream);
        return Configuration.parse(
                        "test", yaml, Variables.of(Map.of()), Purpose.GATEWAY, store -> false)
                .settings();
    }
}
