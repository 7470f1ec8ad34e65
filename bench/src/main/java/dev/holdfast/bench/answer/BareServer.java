package dev.holdfast.bench.answer;

import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.ListeningProcess;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The ceiling of an HTTP answer: a Vert.x handler that sends the bytes of a recorded one, whatever
 * is asked, with as many event loops as the gateway has. In a process of its own.
 */
public final class BareServer implements AutoCloseable {
    private final ListeningProcess process;

    /** Serves this answer: status line, headers, body. */
    public BareServer(Path answer) throws IOException {
        process = new ListeningProcess(BareServer.class, answer.toString());
    }

    public int port() {
        return process.port();
    }

    @Override
    public void close() {
        process.close();
    }

    /** Listens, and prints its port. */
    public static void main(String[] args) throws IOException {
        String answer = Files.readString(Path.of(args[0]), StandardCharsets.ISO_8859_1);
        int end = answer.indexOf("\r\n\r\n");
        List<String> head = answer.substring(0, end).lines().skip(1).toList();
        List<CharSequence> names = new ArrayList<>();
        List<CharSequence> values = new ArrayList<>();
        for (String line : head) {
            int colon = line.indexOf(':');
            names.add(HttpHeaders.createOptimized(line.substring(0, colon)));
            values.add(HttpHeaders.createOptimized(line.substring(colon + 1).strip()));
        }
        byte[] body = answer.substring(end + 4).getBytes(StandardCharsets.ISO_8859_1);
        Vertx vertx = Vertx.vertx();
        int loops = Math.max(1, Runtime.getRuntime().availableProcessors());
        int port = GatewayProcess.freePort();
        for (int i = 0; i < loops; i++) {
            vertx.createHttpServer(new HttpServerOptions().setTcpNoDelay(true))
                    .requestHandler(
                            request -> {
                                var response = request.response();
                                for (int h = 0; h < names.size(); h++) {
                                    response.headers().set(names.get(h), values.get(h));
                                }
                                var _ = response.end(Buffer.buffer(body));
                            })
                    .listen(port, "127.0.0.1")
                    .await();
        }
        System.out.println(port);
    }
}
