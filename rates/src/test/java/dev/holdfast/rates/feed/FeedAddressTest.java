package dev.holdfast.rates.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.outbound.OutboundTls;
import dev.holdfast.outbound.Proxies;
import io.vertx.core.http.WebSocketConnectOptions;
import java.net.URI;
import org.junit.jupiter.api.Test;

class FeedAddressTest {
    private static WebSocketConnectOptions connect(String uri) {
        return new FeedAddress(URI.create(uri), true, OutboundTls.PLAIN, Proxies.NONE).connect();
    }

    @Test
    void userAndPasswordAreSentAndShownNowhere() {
        var address =
                new FeedAddress(
                        URI.create("wss://u:p@feed.example.com/t?k=1"),
                        true,
                        OutboundTls.PLAIN,
                        Proxies.NONE);
        assertThat(address.connect().getHeaders().get("authorization")).isEqualTo("Basic dTpw");
        assertThat(address.connect().getURI()).isEqualTo("/t?k=1");
        assertThat(address.shown()).isEqualTo("wss://feed.example.com");
        assertThat(address.toString()).doesNotContain("u:p", "k=1");
    }

    @Test
    void aNameWithAnUnderscoreAndAnAddressOfIpv6AreHosts() {
        WebSocketConnectOptions named = connect("ws://trade_feed:8103");
        assertThat(named.getHost()).isEqualTo("trade_feed");
        assertThat(named.getPort()).isEqualTo(8103);
        assertThat(named.getHeaders().get("host")).isEqualTo("trade_feed:8103");
        assertThat(named.isSsl()).isFalse();
        assertThat(connect("wss://[::1]/").getHost()).isEqualTo("[::1]");
        assertThat(connect("wss://[::1]/").getPort()).isEqualTo(443);
    }

    @Test
    void aProxyIsTakenUnlessTheFeedIsOnThisMachine() {
        Proxies proxies = Proxies.at("http://u:p@proxy:3128");
        WebSocketConnectOptions far =
                new FeedAddress(
                                URI.create("wss://feed.example.com"),
                                true,
                                OutboundTls.PLAIN,
                                proxies)
                        .connect();
        assertThat(far.getProxyOptions().getHost()).isEqualTo("proxy");
        assertThat(far.getProxyOptions().getPort()).isEqualTo(3128);
        assertThat(far.getProxyOptions().getUsername()).isEqualTo("u");
        assertThat(
                        new FeedAddress(
                                        URI.create("ws://127.0.0.1:1"),
                                        true,
                                        OutboundTls.PLAIN,
                                        proxies)
                                .connect()
                                .getProxyOptions())
                .isNull();
    }

    @Test
    void whatIsNoWebSocketsAddressIsRefused() {
        for (String uri : new String[] {"http://feed", "ws:///path", "feed:1"}) {
            assertThatThrownBy(() -> connect(uri)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
