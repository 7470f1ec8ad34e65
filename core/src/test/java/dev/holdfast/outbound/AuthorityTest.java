package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AuthorityTest {
    @Test
    void namesWithUnderscoresAndAddressesAreHosts() {
        assertThat(of("http://signing_api:9100/x"))
                .hasValue(new Authority("signing_api", 9100, null));
        assertThat(of("https://API.Example.com"))
                .hasValue(new Authority("api.example.com", -1, null));
        assertThat(of("http://[::1]:9100")).hasValue(new Authority("::1", 9100, null));
        assertThat(of("http://127.0.0.1:1/")).hasValue(new Authority("127.0.0.1", 1, null));
        assertThat(of("http://host:/")).hasValue(new Authority("host", -1, null));
    }

    @Test
    void whatCannotBeConnectedToIsNoHost() {
        for (String url :
                new String[] {
                    "http:///path",
                    "http://:80/",
                    "http://a:0/",
                    "http://a:65536/",
                    "mailto:a@b",
                    "http://[::1%25eth0]/",
                    "http://a$b/",
                    "http://" + "a".repeat(254) + "/"
                }) {
            assertThat(of(url)).as(url).isEmpty();
        }
    }

    @Test
    void userAndPasswordAreBasicCredentialsAndShownNowhere() {
        Authority feed = of("wss://u%40x:p%3Aw+%25@trade_feed:8103/t").orElseThrow();
        assertThat(feed.user()).isEqualTo("u@x");
        assertThat(feed.password()).isEqualTo("p:w+%");
        assertThat(feed.basic()).isEqualTo("Basic dUB4OnA6dysl");
        assertThat(feed.toString()).isEqualTo("trade_feed:8103");
        assertThat(of("ws://only@feed/").orElseThrow().basic()).isEqualTo("Basic b25seTo=");
        assertThat(of("ws://feed/").orElseThrow().basic()).isNull();
    }

    private static Optional<Authority> of(String url) {
        return Authority.of(URI.create(url));
    }
}
