package dev.holdfast.app.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.yaml.ConfigurationException;
import dev.holdfast.app.yaml.Variables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirstKeyTest {
    @TempDir Path folder;

    private Settings settings(String host, String file, String more) throws ConfigurationException {
        String yaml =
                """
                server: { host: "%s", port: 0, first-key: "%s" }
                store: { url: "sqlite:%s" }
                upstreams: { synthesia: { url: "http://127.0.0.1:1", headers: {} } }
                %s
                """
                        .formatted(host, file, folder.resolve("holdfast.db"), more);
        return Configuration.parse(
                        "test", yaml, Variables.of(Map.of()), Purpose.GATEWAY, store -> false)
                .settings();
    }

    @Test
    void anOpenHostGetsAnAdminKeyThatWorks() throws Exception {
        Path file = folder.resolve("admin.key");
        Settings settings = settings("0.0.0.0", file.toString(), "");

        FirstKey.make(settings);

        String key = Files.readString(file).strip();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        try (Serve serve = Serve.start(settings);
                var stranger = new GatewayClient(serve.uri(), null);
                var admin = new GatewayClient(serve.uri(), key)) {
            assertThat(stranger.get("/v1/upstreams", null).status()).isEqualTo(401);
            assertThat(admin.get("/v1/upstreams", null).status()).isEqualTo(200);
        }
    }

    @Test
    void aSecondStartKeepsTheKey() throws Exception {
        Path file = folder.resolve("admin.key");
        Settings settings = settings("0.0.0.0", file.toString(), "");
        FirstKey.make(settings);
        String key = Files.readString(file);

        FirstKey.make(settings);

        assertThat(file).content().isEqualTo(key);
    }

    @Test
    void loopbackStaysOpen() throws Exception {
        Path file = folder.resolve("admin.key");

        FirstKey.make(settings("127.0.0.1", file.toString(), ""));

        assertThat(file).doesNotExist();
    }

    @Test
    void whoHasAKeyGetsNoOther() throws Exception {
        Path file = folder.resolve("admin.key");
        String clients = "clients: [ { name: shop, key: client-key-0123456789abcdef } ]";

        FirstKey.make(settings("0.0.0.0", file.toString(), clients));

        assertThat(file).doesNotExist();
    }

    @Test
    void aFileThatCannotBeWrittenMakesNoClient() throws ConfigurationException, IOException {
        Settings settings = settings("0.0.0.0", folder.resolve("no/such/folder").toString(), "");

        assertThatThrownBy(() -> FirstKey.make(settings))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("first key");

        assertThat(StoreAccess.hasClients(settings.store())).isFalse();
    }
}
