package dev.holdfast.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.GatewaySettings;
import dev.holdfast.gateway.Rig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebPagesTest {
    private static final String SIGN = "/crypto/sign?message=m";
    private static Rig open;

    @BeforeAll
    static void start(@TempDir Path folder) {
        open =
                new Rig(
                        folder,
                        Rig.Figures.FREE,
                        true,
                        new GatewaySettings("127.0.0.1", 0, Rig.ANSWER_WITHIN, 2));
    }

    @AfterAll
    static void stop() {
        open.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: localhost:8000",
                "Host: LocalHost",
                "Host: holdfast.localhost:8000",
                "Host: 127.0.0.1:8000",
                "Host: 127.1.2.3",
                "Host: [::1]:8000",
                "Host: localhost\r\nSec-Fetch-Site: same-origin",
                "Host: localhost\r\nSec-Fetch-Site: none",
                "Host: localhost:8000\r\nOrigin: http://localhost:8000",
            })
    void programsAndOwnPagesAreServed(String headers) throws IOException {
        assertThat(status(SIGN, headers)).doesNotStartWith("4");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: attacker.example",
                "Host: attacker.example:8000",
                "Host: localhost.attacker.example",
                "Host: 127.0.0.1.attacker.example",
                "Host: 10.0.0.1:8000",
                "Host: [::2]:8000",
                "Host: localhost\r\nSec-Fetch-Site: cross-site",
                "Host: localhost\r\nSec-Fetch-Site: same-site",
                "Host: localhost\r\nSec-Fetch-Site: ",
                "Host: localhost:8000\r\nOrigin: http://attacker.example",
                "Host: localhost:8000\r\nOrigin: http://localhost:3000",
                "Host: localhost:8000\r\nOrigin: null",
            })
    void pagesOfOtherSitesAreNot(String headers) throws IOException {
        assertThat(status(SIGN, headers)).isEqualTo("403");
        assertThat(status("/v1/requests", headers)).isEqualTo("403");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Forwarded-For: 10.1.2.3",
                "x-forwarded-host: api.example",
                "Forwarded: for=10.1.2.3",
                "Via: 1.1 proxy",
                "X-Real-IP: 10.1.2.3",
            })
    void whatAProxyPassesOnIsNot(String header) throws IOException {
        assertThat(status(SIGN, "Host: localhost\r\n" + header)).isEqualTo("403");
        assertThat(status("/livez", "Host: localhost\r\n" + header)).isEqualTo("200");
    }

    @Test
    void anOldProgramThatNamesNoHostIsServed() throws IOException {
        String request = "GET " + SIGN + " HTTP/1.0\r\n\r\n";

        assertThat(open.raw(request.getBytes(StandardCharsets.US_ASCII)))
                .startsWith("HTTP/1.0 ")
                .doesNotStartWith("HTTP/1.0 4");
    }

    @Test
    void aLinkFromAnotherSiteMayOpenADocument() throws IOException {
        assertThat(status("/swagger", "Host: localhost\r\nSec-Fetch-Site: cross-site"))
                .isEqualTo("200");
        assertThat(status("/console", "Host: localhost\r\nSec-Fetch-Site: cross-site"))
                .isEqualTo("200");
    }

    @Test
    void aReboundNameReadsNothingAtAll() throws IOException {
        for (String path : new String[] {"/metrics", "/console", "/openapi.yaml", "/nothing"}) {
            assertThat(status(path, "Host: attacker.example")).isIn("403", "404");
        }
        assertThat(status("/metrics", "Host: attacker.example")).isEqualTo("403");
        assertThat(status("/livez", "Host: load-balancer.example")).isEqualTo("200");
    }

    @Test
    void whereKeysAreAskedForTheHostDoesNotMatter(@TempDir Path folder) throws IOException {
        try (Rig closed = new Rig(folder, Rig.Figures.FREE)) {
            String request =
                    "GET " + SIGN + " HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n";
            assertThat(closed.raw((request + "\r\n").getBytes(StandardCharsets.US_ASCII)))
                    .startsWith("HTTP/1.1 401");
            assertThat(
                            closed.raw(
                                    (request + "Authorization: key-alice\r\n\r\n")
                                            .getBytes(StandardCharsets.US_ASCII)))
                    // Whatever becomes of it on a busy machine: it was let in.
                    .doesNotStartWith("HTTP/1.1 4");
        }
    }

    private static String status(String path, String headers) throws IOException {
        String request =
                "GET " + path + " HTTP/1.1\r\n" + headers + "\r\nConnection: close\r\n\r\n";
        String answer = open.raw(request.getBytes(StandardCharsets.US_ASCII));
        return answer.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length());
    }
}
