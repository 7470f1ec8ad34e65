package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.outbound.http.Proxy;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProxiesTest {
    private static final Proxy HTTP = new Proxy("proxy", 3128, null, null);
    private static final Proxy HTTPS = new Proxy("secure", 80, "u", "p");

    private static Proxies environment(Map<String, String> variables) {
        return Proxies.environment(variables::get);
    }

    @Test
    void theSchemeOfTheCallChoosesTheVariable() {
        Proxies proxies =
                environment(Map.of("HTTP_PROXY", "http://proxy:3128", "HTTPS_PROXY", "u:p@secure"));
        assertThat(proxies.of(false, "api.example.com", 80)).isEqualTo(HTTP);
        assertThat(proxies.of(true, "api.example.com", 443)).isEqualTo(HTTPS);
        assertThat(proxies.any()).isTrue();
        assertThat(proxies.toString()).doesNotContain("u:p").contains("secure:80");
    }

    @Test
    void lowerCaseGoesFirstAndEmptyIsNotSet() {
        assertThat(
                        environment(
                                        Map.of(
                                                "http_proxy",
                                                "http://proxy:3128",
                                                "HTTP_PROXY",
                                                "http://other"))
                                .of(false, "a", 80))
                .isEqualTo(HTTP);
        assertThat(environment(Map.of("HTTP_PROXY", " ")).any()).isFalse();
        assertThat(environment(Map.of()).any()).isFalse();
    }

    @Test
    void noProxyNamesHostsDomainsPortsAndNetworks() {
        Proxies proxies =
                environment(
                        Map.of(
                                "HTTP_PROXY",
                                "proxy:3128",
                                "NO_PROXY",
                                "example.com, .corp.test  *.lan,one.test:8080;,10.0.0.0/8,fd00::/8,192.0.2.7"));
        for (String direct :
                new String[] {
                    "example.com",
                    "A.EXAMPLE.com",
                    "x.corp.test",
                    "corp.test",
                    "nas.lan",
                    "10.1.2.3",
                    "fd00::1",
                    "192.0.2.7"
                }) {
            assertThat(proxies.of(false, direct, 80)).as(direct).isNull();
        }
        for (String proxied :
                new String[] {"notexample.com", "example.com.test", "11.0.0.1", "192.0.2.8"}) {
            assertThat(proxies.of(false, proxied, 80)).as(proxied).isEqualTo(HTTP);
        }
        assertThat(
                        environment(Map.of("HTTP_PROXY", "proxy:3128", "no_proxy", "one.test:8080"))
                                .of(false, "one.test", 8080))
                .isNull();
        assertThat(
                        environment(Map.of("HTTP_PROXY", "proxy:3128", "no_proxy", "one.test:8080"))
                                .of(false, "one.test", 80))
                .isEqualTo(HTTP);
        assertThat(environment(Map.of("HTTP_PROXY", "proxy:3128", "no_proxy", "*")).any())
                .isFalse();
    }

    @Test
    void theMachineItselfIsNeverCalledThroughAProxy() {
        for (String itself : new String[] {"localhost", "a.localhost", "127.0.0.1", "::1"}) {
            assertThat(Proxies.at("http://proxy:3128").of(false, itself, 80)).as(itself).isNull();
        }
        assertThat(Proxies.at("http://proxy:3128").of(true, "api.test", 443)).isEqualTo(HTTP);
    }

    @Test
    void aProxyThatCannotBeUsedIsRefusedWithoutItsPassword() {
        assertThatThrownBy(() -> environment(Map.of("https_proxy", "socks5://u:secret@p:1080")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("https_proxy")
                .hasMessageNotContaining("secret");
        assertThatThrownBy(() -> Proxies.at("http://u:sec ret@p"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("sec");
        assertThatThrownBy(() -> Proxies.at("http://:80"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
