package dev.holdfast.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.yaml.Variables;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AnnouncementTest {
    @Test
    void aStartSaysVersionConfigurationStoreAndUpstreamsWithoutSecrets() throws Exception {
        String yaml =
                """
                store: { url: "postgresql://me:pass-of-store@db1:5432,db2:5432/holdfast?password=x" }
                upstreams:
                  shop:
                    url: https://shop.example/api
                    headers: { Authorization: key-of-shop }
                    quota: [ { limit: 10, window: 60s }, { limit: 5000, window: 31d } ]
                  free: { url: "http://127.0.0.1:9" }
                routes:
                  - { path: /a, upstream: shop, call: { path: /a } }
                  - { path: /b, upstream: free, call: { path: /b } }
                """;
        Configuration configuration =
                Configuration.parse(
                        "holdfast.yaml",
                        yaml,
                        Variables.of(Map.of()),
                        Purpose.GATEWAY,
                        store -> true);

        List<String> lines =
                Announcement.lines("holdfast 1.2", "/etc/h.yaml", configuration.settings());

        assertThat(lines)
                .containsExactly(
                        "holdfast 1.2, configuration: /etc/h.yaml",
                        "store: postgresql://db1:5432,db2:5432/holdfast",
                        "upstream shop: https://shop.example/api, calls: 10 in 60s, 5000 in 31d",
                        "upstream free: http://127.0.0.1:9, calls: no quota");
    }
}
