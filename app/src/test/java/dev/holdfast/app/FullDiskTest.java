package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.yaml.Variables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A file system that is really full; made with {@code mount}, which only root may. */
@Timeout(120)
class FullDiskTest {
    /** Far more asks than go onto the small disk. */
    private static final int MANY = 20_000;

    private static final String FILLER = "x".repeat(3000);

    @TempDir Path folder;
    private boolean mounted;

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            assertThat(run("umount", disk())).isZero();
        }
    }

    @Test
    void aFullDiskIsRefusedAndNeverPromisedAndRecoversByItself() throws Exception {
        Files.createDirectory(folder.resolve("disk"));
        mounted = run("mount", "-t", "tmpfs", "-o", "size=6m", "none", disk()) == 0;
        assumeTrue(mounted, "only root may mount a file system");
        List<String> promised = new ArrayList<>();
        try (Serve serve = Serve.start(settings());
                var client = new GatewayClient(serve.uri(), null)) {
            GatewayClient.Reply reply = ask(client, 0);
            for (int i = 1; reply.status() == 202 && i < MANY; i++) {
                promised.add(reply.text("id"));
                reply = ask(client, i);
            }
            assertThat(reply.status()).as("the disk is full").isEqualTo(503);
            assertThat(reply.text("type")).endsWith("store-unavailable");
            assertThat(promised).isNotEmpty();

            assertThat(run("mount", "-o", "remount,size=200m", disk())).isZero();
            reply = ask(client, MANY);
            assertThat(reply.status()).as("there is room again").isEqualTo(202);
            promised.add(reply.text("id"));
        }
        try (Serve serve = Serve.start(settings());
                var client = new GatewayClient(serve.uri(), null)) {
            for (String id : promised) {
                assertThat(client.get("/v1/requests/" + id, null).status()).isEqualTo(200);
            }
        }
    }

    private static GatewayClient.Reply ask(GatewayClient client, int number)
            throws IOException, InterruptedException {
        return client.ask("/crypto/sign", "message", number + FILLER, null);
    }

    private String disk() {
        return folder.resolve("disk").toString();
    }

    /** Nobody listens at the upstream, and its one slot is soon gone: all asks are queued. */
    private Settings settings() throws Exception {
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s/holdfast.db" }
                upstreams:
                  synthesia:
                    url: http://127.0.0.1:1
                    headers: {}
                    quota: [ { limit: 1, window: 24h } ]
                """
                        .formatted(disk());
        return Configuration.parse(
                        "test", yaml, Variables.of(Map.of()), Purpose.GATEWAY, store -> false)
                .settings();
    }

    private static int run(String... command) throws Exception {
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        return process.waitFor(10, TimeUnit.SECONDS) ? process.exitValue() : -1;
    }
}
