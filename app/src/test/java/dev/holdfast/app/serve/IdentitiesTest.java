package dev.holdfast.app.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.app.config.QuotaSettings;
import dev.holdfast.app.config.TlsSettings;
import dev.holdfast.app.config.UpstreamSettings;
import dev.holdfast.outbound.Proxies;
import dev.holdfast.outbound.auth.Auth;
import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sqlite.SqliteStore;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class IdentitiesTest {
    private static final Map<String, String> KEY = Map.of("Authorization", "Bearer sesame");

    @TempDir Path folder;

    @Test
    void isTheUrlAndTheCredentialsWhateverTheNameAndTheSpelling() {
        try (Store store = store("store.db")) {
            Identities identities = Identities.of(store.clients());
            String one = identities.of(upstream("one", "https://api.example/v1", KEY));
            assertThat(identities.of(upstream("two", "HTTPS://API.example:443/v1/", KEY)))
                    .isEqualTo(one);
            assertThat(
                            identities.of(
                                    upstream(
                                            "one",
                                            "https://api.example/v1",
                                            Map.of(
                                                    "authorization",
                                                    "Bearer sesame",
                                                    "User-Agent",
                                                    "shop"))))
                    .isEqualTo(one);
            assertThat(identities.of(upstream("one", "https://api.example/v2", KEY)))
                    .isNotEqualTo(one);
            assertThat(
                            identities.of(
                                    upstream(
                                            "one",
                                            "https://api.example/v1",
                                            Map.of("Authorization", "Bearer other"))))
                    .isNotEqualTo(one);
            assertThat(identities.of(upstream("one", "https://api.example/v1", Map.of())))
                    .isNotEqualTo(one);
        }
    }

    @Test
    void isTheSameAfterARestartAndAnotherInAnotherStore() {
        UpstreamSettings upstream = upstream("one", "https://api.example", KEY);
        String before;
        try (Store store = store("store.db")) {
            before = Identities.of(store.clients()).of(upstream);
        }
        try (Store store = store("store.db");
                Store other = store("other.db")) {
            assertThat(Identities.of(store.clients()).of(upstream)).isEqualTo(before);
            assertThat(Identities.of(other.clients()).of(upstream)).isNotEqualTo(before);
        }
        assertThat(before).matches("[0-9a-f]{64}").doesNotContain("sesame");
    }

    private Store store(String name) {
        return SqliteStore.open(folder.resolve(name), StoreOptions.DEFAULT.withoutDisk());
    }

    @Test
    void aUserOrAClientIsOneWhateverItsSecretAndAnotherIsAnother() {
        String url = "https://api.example";
        URI token = URI.create("https://login.example/token");
        Duration early = Duration.ofSeconds(60);
        try (Store store = store("store.db")) {
            Identities identities = Identities.of(store.clients());
            Function<Auth, String> of = auth -> identities.of(upstream("one", url, Map.of(), auth));

            String user = of.apply(new Auth.Basic("me", "old"));
            assertThat(of.apply(new Auth.Basic("me", "new"))).isEqualTo(user);
            assertThat(of.apply(new Auth.Basic("you", "old"))).isNotEqualTo(user);
            String client = of.apply(new Auth.OAuth2(token, "me", "old", null, true, early));
            assertThat(of.apply(new Auth.OAuth2(token, "me", "new", "all", false, early)))
                    .isEqualTo(client)
                    .isNotEqualTo(user);
            assertThat(of.apply(new Auth.OAuth2(token, "you", "old", null, true, early)))
                    .isNotEqualTo(client);
        }
    }

    @Test
    void oneOfSeveralIsToldAsAnUpstreamWithNothingElse() {
        String url = "https://api.example";
        UpstreamSettings alone = upstream("one", url, Map.of("X-Key", "sesame"));
        UpstreamSettings pool = upstream("two", url, Map.of());
        try (Store store = store("store.db")) {
            Identities identities = Identities.of(store.clients());
            assertThat(identities.of(pool, credential("a", "sesame")))
                    .isEqualTo(identities.of(alone))
                    .isEqualTo(identities.of(pool, credential("b", "sesame")))
                    .isNotEqualTo(identities.of(pool, credential("a", "other")));
        }
    }

    private static UpstreamSettings.Credential credential(String name, String key) {
        return new UpstreamSettings.Credential(
                name, Map.of("X-Key", key), new QuotaSettings(List.of()), false);
    }

    private static UpstreamSettings upstream(String name, String url, Map<String, String> headers) {
        return upstream(name, url, headers, new Auth.None());
    }

    private static UpstreamSettings upstream(
            String name, String url, Map<String, String> headers, Auth auth) {
        return new UpstreamSettings(
                name,
                URI.create(url),
                headers,
                auth,
                new QuotaSettings(List.of()),
                1,
                Duration.ofSeconds(1),
                true,
                new TlsSettings(null, null, null),
                new RetryPolicy(
                        RetryPolicy.Backoff.FIXED,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(1),
                        0,
                        0,
                        Duration.ofHours(1)),
                BreakerPolicy.DEFAULT,
                null,
                Proxies.NONE,
                List.of(),
                null);
    }
}
