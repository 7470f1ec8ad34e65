package dev.holdfast.app.config;

import static dev.holdfast.app.config.ReadingConfigurations.KEY;
import static dev.holdfast.app.config.ReadingConfigurations.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.app.yaml.ConfigurationException;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.outbound.CallBody;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
                                    headers: { X-Plain: "${SOME_TOKEN}", X-Api-Key: header-secret, X-Open: seen, Accept: text/plain }
                                rates: { feed: "wss://user:url-secret@host/", api-key: rates-secret }
                                """,
                                environment)
                        .asYaml();

        assertThat(yaml).doesNotContain("secret", "seen").contains("Accept: text/plain");
        assertThat(yaml)
                .contains("key: \"****\"")
                .contains("url: \"****\"")
                .contains("feed: \"wss://user:****@host/\"")
                .contains("X-Plain: \"****\"")
                .contains("X-Open: \"****\"")
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
                                  url: https://host/p
                                tracing:
                                  endpoint: http://collector/v1/traces?bare-secret
                                  headers: { X-Honeycomb-Team: team-secret, X-Plain: secret }
                                """,
                                environment)
                        .asYaml();

        assertThat(yaml)
                .doesNotContain("secret")
                .contains("url: \"****\"")
                .contains("feed: \"wss://****@host:1/a/b\"")
                .contains("endpoint: \"http://collector/v1/traces?****\"")
                .contains("X-Honeycomb-Team: \"****\"")
                .contains("X-Plain: \"****\"");
    }

    @Test
    void ofACallOnlyWhatCallersPutInIsPrinted() {
        Map<String, String> environment = new HashMap<>(KEY);
        environment.put("TENANT", "tenant-secret");
        environment.put("ANSWER_WITHIN", "1500ms");
        String yaml =
                read(
                                """
                                server: { answer-within: "${ANSWER_WITHIN}" }
                                upstreams: { api: { url: "https://host/" } }
                                routes:
                                  - path: /a
                                    upstream: api
                                    params: { text: {} }
                                    call:
                                      path: /p
                                      query: { sig: query-secret, text: "{text}", lang: de, mixed: "secret{text}" }
                                      headers: { X-Any: head-secret, Content-Type: text/plain }
                                  - path: /b
                                    upstream: api
                                    params: { text: {} }
                                    call:
                                      method: POST
                                      path: /p
                                      json: { tenant: "${TENANT}", pin: "json-secret", text: "{text}", n: 3, deep: [ { a: "x-secret" } ] }
                                  - path: /c
                                    upstream: api
                                    params: { text: {} }
                                    call: { method: POST, path: /p, form: { f: form-secret, text: "{text}" } }
                                """,
                                environment)
                        .asYaml();
        assertThat(yaml)
                .doesNotContain("secret")
                .contains("answer-within: 1500ms", "lang: de", "Content-Type: text/plain")
                .contains("{text}")
                .contains("sig: \"****\"", "mixed: \"****\"", "f: \"****\"");
    }

    @Test
    void whoCallsIsPrintedWithoutItsSecret() {
        String yaml =
                read(
                                """
                                upstreams:
                                  one:
                                    url: "https://host/"
                                    auth: { basic: { user: me, password: "pass-hush" } }
                                  two:
                                    url: "https://host/"
                                    auth:
                                      oauth2:
                                        token-url: "https://login/token"
                                        client-id: mine
                                        client-secret: "client-hush"
                                routes: [ { path: /a, upstream: one, call: { path: /a } } ]
                                """,
                                KEY)
                        .asYaml();

        assertThat(yaml)
                .doesNotContain("hush")
                .contains(
                        "user: me",
                        "client-id: mine",
                        "token-url: https://login/token",
                        "client-in: header",
                        "early: 60s");
    }

    @Test
    void aVariableInACallsBodyIsItsValue() {
        Map<String, String> environment = new HashMap<>(KEY);
        environment.put("TENANT", "a \"b\"");
        var settings =
                read(
                                """
                                upstreams: { api: { url: "https://host/" } }
                                routes:
                                  - path: /b
                                    upstream: api
                                    params: { text: {} }
                                    call: { method: POST, path: /p, json: { tenant: "${TENANT}", text: "{text}" } }
                                """,
                                environment)
                        .settings();
        assertThat(settings.routes().getFirst().call().body())
                .isEqualTo(new CallBody.Json("{\"tenant\":\"a \\\"b\\\"\",\"text\":\"{text}\"}"));
    }

    @Test
    void theLineEndOfASecretFromAFileIsNoPartOfIt() {
        Map<String, String> environment = new HashMap<>(KEY);
        environment.put("SHOP_KEY", "shop-key-0123456789\r\n");
        environment.put("API_KEY", "abc\n");
        var settings =
                read(
                                """
                                clients: [ { name: shop, key: "${SHOP_KEY}" } ]
                                upstreams: { api: { url: "https://host/", headers: { Authorization: "${API_KEY}" } } }
                                routes: [ { path: /a, upstream: api, call: { path: /p } } ]
                                """,
                                environment)
                        .settings();
        assertThat(settings.clients().getFirst().key()).isEqualTo("shop-key-0123456789");
        assertThat(settings.upstreams().get("api").headers()).containsEntry("Authorization", "abc");
    }

    @Test
    void aFileOfVariablesThatIsNotUtf8IsOneMistake(@TempDir Path folder) throws IOException {
        Files.write(folder.resolve(".env"), new byte[] {'A', '=', (byte) 0xe4, '\n'});
        assertThatThrownBy(() -> Variables.ofProcess(folder))
                .isInstanceOfSatisfying(
                        ConfigurationException.class,
                        e ->
                                assertThat(e.mistakes())
                                        .singleElement()
                                        .asString()
                                        .contains(".env", "UTF-8"));
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
