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
    void whatIsPrintedIsReadBackTheSame() {
        Configuration first =
                read("upstreams: { synthesia: { url: 'http://h:1/p', headers: {} } }", Map.of());

        Configuration again = read(first.asYaml(), Map.of());

        assertThat(again.settings()).isEqualTo(first.settings());
        assertThat(again.asYaml()).isEqualTo(first.asYaml());
    }
}
