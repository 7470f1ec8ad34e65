package dev.holdfast.app.sign;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SigningTest {
    /** Nobody knows whether it was kept, though it has its id. */
    private static final String UNCERTAIN =
            "{\"type\":\"http://localhost/problems/store-unavailable\",\"status\":503,"
                    + "\"id\":\"0198\"}";

    private static final String SIGNED =
            "{\"id\":\"0198\",\"status\":\"succeeded\",\"attempts\":1,\"signature\":\"c2ln\"}";

    private final List<String> asked = new CopyOnWriteArrayList<>();

    @Test
    void whatMayNotHaveBeenKeptIsAskedForAgainAsTheSame() throws Exception {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        try (var client = new GatewayClient(url, null)) {
            URI webhook = URI.create("http://127.0.0.1:9/hook");
            GatewayClient.Reply first =
                    client.ask("/crypto/sign", "message", "m", webhook, "\"once\"");
            assertThat(first.status()).isEqualTo(503);

            Signing.Ended ended =
                    new Signing(client, "/crypto/sign", webhook).follow("m", "\"once\"", first);

            assertThat(ended).isInstanceOf(Signing.Ended.Signed.class);
            assertThat(asked).hasSize(2);
            assertThat(asked.getFirst()).contains("once", "webhook_url=");
            assertThat(asked.getLast()).isEqualTo(asked.getFirst());
        } finally {
            server.stop(0);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        asked.add(exchange.getRequestHeaders().getFirst("Idempotency-Key") + " " + body);
        byte[] answer = (asked.size() == 1 ? UNCERTAIN : SIGNED).getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(asked.size() == 1 ? 503 : 200, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }
}
