package dev.holdfast.bench.webhook;

import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A webhook receiver that answers 204 as fast as it can, in a process of its own. */
final class BenchReceiver implements AutoCloseable {
    private static final int NO_CONTENT = 204;

    private final Process process;
    private final int port;

    BenchReceiver() throws IOException {
        process =
                new ProcessBuilder(
                                List.of(
                                        Path.of(System.getProperty("java.home"), "bin", "java")
                                                .toString(),
                                        "-Xmx256m",
                                        "-cp",
                                        System.getProperty("java.class.path"),
                                        BenchReceiver.class.getName()))
                        .redirectError(Redirect.INHERIT)
                        .start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the receiver did not start");
        }
        port = Integer.parseInt(line);
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        process.destroy();
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
