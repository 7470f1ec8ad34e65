package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.ListeningProcess;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * The ceiling of a receipt: a Vert.x handler that answers 202 once the rows of an ask are on disk,
 * and does nothing else, with as many event loops as the gateway has and one writer, which commits
 * in one transaction what came during the one before. In a process of its own.
 */
final class BareReceipts implements AutoCloseable {
    private static final String POSTGRESQL = "jdbc:postgresql:";
    private static final int MAX_WAITING = 32_768;
    private static final int MAX_BATCH = 512;

    private final ListeningProcess process;

    /**
     * Starts it.
     *
     * @param store a file of SQLite that is not there yet, or the JDBC URL of a database of
     *     PostgreSQL that has the store's tables
     */
    BareReceipts(String store) throws IOException {
        process = new ListeningProcess(BareReceipts.class, store);
    }

    int port() {
        return process.port();
    }

    @Override
    public void close() {
        process.close();
    }

    /** Who waits for a commit. */
    private record Asked(Context context, String params, HttpServerResponse response) {
        void accepted() {
            context.runOnContext(
                    _ -> {
                        var _ = response.setStatusCode(202).end();
                    });
        }
    }

    /** Listens, and prints its port. */
    public static void main(String[] args) throws IOException, SQLException {
        BareRows rows =
                args[0].startsWith(POSTGRESQL)
                        ? new PostgresRawRows(args[0])
                        : new RawRows(Path.of(args[0]));
        BlockingQueue<Asked> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
        Vertx vertx = Vertx.vertx();
        int loops = Math.max(1, Runtime.getRuntime().availableProcessors());
        int port = GatewayProcess.freePort();
        for (int i = 0; i < loops; i++) {
            vertx.createHttpServer(new HttpServerOptions().setTcpNoDelay(true))
                    .requestHandler(request -> waiting.add(asked(vertx, request)))
                    .listen(port, "127.0.0.1")
                    .await();
        }
        Thread.ofPlatform().name("writer").start(() -> write(rows, waiting));
        System.out.println(port);
    }

    private static Asked asked(Vertx vertx, HttpServerRequest request) {
        return new Asked(
                vertx.getOrCreateContext(), String.valueOf(request.query()), request.response());
    }

    private static void write(BareRows rows, BlockingQueue<Asked> waiting) {
        List<Asked> batch = new ArrayList<>();
        while (true) {
            try {
                batch.add(waiting.take());
                waiting.drainTo(batch, MAX_BATCH - 1);
                rows.write(batch.stream().map(Asked::params).toList());
            } catch (SQLException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
            batch.forEach(Asked::accepted);
            batch.clear();
        }
    }
}
