package dev.holdfast.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.serve.Fingerprint;
import dev.holdfast.app.yaml.Variables;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of a change a running gateway tells that it cannot take. */
class ReloadingTest {
    /** Everything that a start alone makes, by variables where it may be. */
    private static final String YAML =
            """
            server:
              port: 0
              base-path: ${BASE}
            store: { url: "postgresql://me:${DB_PASSWORD}@db:5432/holdfast" }
            tracing:
              endpoint: ${COLLECTOR}
              headers: { Authorization: "${COLLECTOR_KEY}" }
            rates:
              feed: ws://feed.example/ws
              url: https://rates.example/v1
              api-key: ${RATES_KEY}
            clients: [ { name: shop, key: "${CLIENT_KEY}" } ]
            upstreams:
              synthesia:
                url: https://api.example
                headers: { Authorization: "${UPSTREAM_KEY}" }
            routes:
              - path: /crypto/sign
                upstream: synthesia
                call: { method: GET, path: /crypto/sign, query: { message: "{message}" } }
                params: { message: { required: true } }
                result: { field: signature, from: text }
            """;

    private static final Map<String, String> VARIABLES =
            Map.of(
                    "BASE", "/base",
                    "DB_PASSWORD", "database-password-one",
                    "COLLECTOR", "http://collector.example:4318",
                    "COLLECTOR_KEY", "collector-key-0123456789",
                    "RATES_KEY", "rates-key-0123456789",
                    "CLIENT_KEY", "client-key-0123456789abcdef",
                    "UPSTREAM_KEY", "upstream-key-0123456789");

    @Test
    void whereNothingChangedNothingWantsARestart() throws Exception {
        assertThat(onlyAtStart(VARIABLES)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "BASE, /other, server",
        "DB_PASSWORD, database-password-two, store",
        "COLLECTOR, http://other.example:4318, tracing",
        "COLLECTOR_KEY, collector-key-another, tracing",
        "RATES_KEY, rates-key-another-one, rates"
    })
    void aSecretOrAVariableThatIsOfAStartIsToldByItsSectionAndNotShown(
            String variable, String value, String section) throws Exception {
        List<String> told = onlyAtStart(with(variable, value));

        assertThat(told).hasSize(1);
        assertThat(told.getFirst()).startsWith(section).doesNotContain(value);
    }

    @ParameterizedTest
    @CsvSource({"CLIENT_KEY, client-key-another-0123456", "UPSTREAM_KEY, upstream-key-another"})
    void aSecretThatMayChangeWhileItRunsWantsNoRestart(String variable, String value)
            throws Exception {
        assertThat(onlyAtStart(with(variable, value))).isEmpty();
    }

    private static Map<String, String> with(String variable, String value) {
        Map<String, String> variables = new HashMap<>(VARIABLES);
        variables.put(variable, value);
        return variables;
    }

    private static List<String> onlyAtStart(Map<String, String> then) throws Exception {
        Configuration now = read(VARIABLES);
        Configuration next = read(then);
        return Reloading.onlyAtStart(
                now.settings(), next.settings(), Fingerprint.changed(now, next));
    }

    private static Configuration read(Map<String, String> variables) throws Exception {
        return Configuration.parse(
                "test", YAML, Variables.of(variables), Purpose.GATEWAY, store -> false);
    }
}
