package dev.holdfast.app.config;

import static dev.holdfast.app.config.ReadingConfigurations.KEY;
import static dev.holdfast.app.config.ReadingConfigurations.read;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EffectiveYamlTest {

    @Test
    void secretsAreMaskedWhereverTheyStand() {
        Map<String, String> environment = new HashMap<>(KEY);
        environment.put("SHOP_KEY", "shop-secret-0123456789");
        environment.put("DB_PASSWORD", "db-secret");
        environment.put("SOME_TOKEN", "token-secret");

        String yaml =
                read(
                                """
                                store: { url: "postgresql://u:${DB_PASSWORD}@h/d" }
                                clients: [ { name: shop, key: "${SHOP_KEY}" } ]
                                upstreams:
                                  synthesia:
                                    url: https://host/
                                    headers: { X-Plain: "${SOME_TOKEN}", X-Api-Key: header-secret, X-Open: seen }
                                rates: { feed: "wss://user:url-secret@host/", api-key: rates-secret }
                                """,
                                environment)
                        .asYaml();

        assertThat(yaml).doesNotContain("secret").contains("X-Open: seen");
        assertThat(yaml)
                .contains("key: \"****\"")
                .contains("url: \"****\"")
                .contains("feed: \"wss://user:****@host/\"")
                .contains("X-Plain: \"****\"")
                .contains("X-Api-Key: \"****\"")
                .contains("api-key: \"****\"");
    }

    @Test
    void ofAUrlNeitherUserNorQueryIsPrintedAndOfTracingNoHeader() {
        Map<String, String> environment = new HashMap<>(KEY);
        environment.put("FREECURRENCY_API_KEY", "rates-secret");
        environment.put(
                "DATABASE_URL", "postgresql://u:p-secret@h/d?sslmode=require&sslpassword=q");

        String yaml =
                read(
                                """
                                store: { url: "${DATABASE_URL}" }
                                rates:
                                  feed: wss://token-secret@host:1/a/b
                                  url: https://host/p?apikey=query-secret&x=y-secret#secret
                                tracing:
                                  endpoint: http://collector/v1/traces?bare-secret
                                  headers: { X-Honeycomb-Team: team-secret, X-Plain: secret }
                                """,
                                environment)
                        .asYaml();

        assertThat(yaml)
                .doesNotContain("secret")
                .contains("url: \"postgresql://u:****@h/d?sslmode=****&sslpassword=****\"")
                .contains("feed: \"wss://****@host:1/a/b\"")
                .contains("url: \"https://host/p?apikey=****&x=****#****\"")
                .contains("endpoint: \"http://collector/v1/traces?****\"")
                .contains("X-Honeycomb-Team: \"****\"")
                .contains("X-Plain: \"****\"");
    }

    @Test
    void whatIsPrintedIsReadBackTheSame() {
        Configuration first =
                read("upstreams: { synthesia: { url: 'http://h:1/p', headers: {} } }", Map.of());

        Configuration again = read(first.asYaml(), Map.of());

        assertThat(again.settings()).isEqualTo(first.settings());
        assertThat(again.asYaml()).isEqualTo(first.asYaml());
    }
}
