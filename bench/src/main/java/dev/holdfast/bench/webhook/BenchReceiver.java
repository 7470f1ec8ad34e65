package dev.holdfast.bench.webhook;

import dev.holdfast.bench.kit.ListeningProcess;
import io.vertx.core.Vertx;
import java.io.IOException;

/** A webhook receiver that answers 204 as fast as it can, in a process of its own. */
final class BenchReceiver implements AutoCloseable {
    private static final int NO_CONTENT = 204;

    private final ListeningProcess process;

    BenchReceiver() throws IOException {
        process = new ListeningProcess(BenchReceiver.class);
    }

    int port() {
        return process.port();
    }

    @Override
    public void close() {
        process.close();
    }

    /** Listens, and prints its port. */
    public static void main(String[] args) {
        System.out.println(
                Vertx.vertx()
                        .createHttpServer()
                        .requestHandler(
                                request ->
                                        request.endHandler(
                                                _ -> {
                                                    var _ =
                                                            request.response()
                                                                    .setStatusCode(NO_CONTENT)
                                                                    .end();
                                                }))
                        .listen(0, "127.0.0.1")
                        .await()
                        .actualPort());
    }
}
