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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code sign --file} as a process of its own, killed on the way and started again. */
@Timeout(120)
class SignFileKilledTest {
    private static final int MESSAGES = 400;

    @TempDir Path folder;

    @Test
    void killedAndStartedAgainItSignsNothingTwice() throws Exception {
        Vertx vertx = Vertx.vertx();
        CountDownLatch quarter = new CountDownLatch(MESSAGES / 4);
        CountDownLatch killed = new CountDownLatch(1);
        var options =
                SimulatedUpstream.Options.unlimited(1)
                        .latency(Latency.always(Duration.ofMillis(20)))
                        .log(
                                _ -> {
                                    quarter.countDown();
                                    if (quarter.getCount() == 0) {
                                        await(killed); // no more is signed before
                                    }
                                });
        try (var upstream = new SimulatedUpstream(vertx, options).start();
                Serve serve = Serve.start(settings(upstream.port()))) {
            List<String> messages =
                    IntStream.range(0, MESSAGES).mapToObj(i -> "message " + i).toList();
            Files.write(folder.resolve("messages"), messages);

            Process first = sign(serve);
            assertThat(quarter.await(60, TimeUnit.SECONDS)).isTrue();
            first.destroyForcibly().waitFor();
            killed.countDown();
            assertThat(Files.readAllLines(folder.resolve("signed")))
                    .as("it was killed before it was done")
                    .hasSizeLessThan(MESSAGES);

            Process second = sign(serve);
            assertThat(second.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(second.exitValue()).isZero();
            assertThat(Files.readAllLines(folder.resolve("signed")))
                    .hasSize(MESSAGES)
                    .doesNotHaveDuplicates()
                    .allMatch(line -> line.contains("\"signature\""));
            assertThat(upstream.stats(false).getLong("signatures")).isEqualTo(MESSAGES);
            assertThat(upstream.stats(false).getLong("max_signatures_per_message")).isEqualTo(1);
        } finally {
            killed.countDown();
            vertx.close().await();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Process sign(Serve serve) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "sign",
                        "--file",
                        folder.resolve("messages").toString(),
                        "--out",
                        folder.resolve("signed").toString(),
                        "--url",
                        serve.uri().toString())
                .redirectOutput(Redirect.DISCARD)
                .redirectError(Redirect.DISCARD)
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
