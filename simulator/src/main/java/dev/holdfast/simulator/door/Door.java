package dev.holdfast.simulator.door;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A simulator's HTTP listener on one event loop, with the commands that all simulators share:
 * {@code GET /_stats}, {@code GET /_control} and {@code POST /_control}.
 */
public final class Door extends VerticleBase {
    /** The longest request line and the most header bytes it takes: a message and its signature. */
    private static final int MAX_HEAD_BYTES = 64 * 1024;

    private static final int MAX_BODY_BYTES = 1024 * 1024;
    private static final int ACCEPT_BACKLOG = 4096;
    private static final long PATIENCE_SECONDS = 30;

    /** What the simulator does behind the door. All of it runs on the door's event loop. */
    public interface House {
        void call(HttpServerRequest request);

        JsonObject stats(HttpServerRequest request);

        /** A command that is not a {@link Fault}; whoever knows none leaves it to the fault. */
        default @Nullable JsonObject command(JsonObject json) {
            return null;
        }
    }

    private final Vertx owner;
    private final Listen listen;
    private final House house;

    private @Nullable HttpServer server;
    private volatile int port;
    private Fault fault;
    private long healing = -1;

    public Door(Vertx owner, Listen listen, Fault fault, House house) {
        this.owner = owner;
        this.listen = listen;
        this.fault = fault;
        this.house = house;
        this.port = listen.port();
    }

    /** Listens, or says why not. Not to be called on an event loop. */
    public void open() {
        try {
            await(owner.deployVerticle(this));
        } catch (IllegalStateException e) {
            var place = listen.host() + ":" + listen.port();
            throw new IllegalStateException("cannot listen on " + place + ": " + e.getMessage(), e);
        }
    }

    /** Ends all connections. Not to be called on an event loop. */
    public void close() {
        await(owner.undeploy(deploymentID()));
    }

    @Override
    public Future<?> start() {
        return listen();
    }

    private Future<?> listen() {
        var options =
                new HttpServerOptions()
                        .setHost(listen.host())
                        .setPort(port)
                        .setAcceptBacklog(ACCEPT_BACKLOG)
                        .setReuseAddress(true)
                        .setMaxInitialLineLength(MAX_HEAD_BYTES)
                        .setMaxHeaderSize(MAX_HEAD_BYTES)
                        .setMaxWebSocketFrameSize(MAX_HEAD_BYTES)
                        .setMaxWebSocketMessageSize(MAX_HEAD_BYTES)
                        .setWebSocketClosingTimeout(1);
        var opening = vertx.createHttpServer(options).requestHandler(this::handle);
        server = opening;
        return opening.listen().onSuccess(open -> port = open.actualPort());
    }

    public int port() {
        return port;
    }

    Context loop() {
        return context;
    }

    public Fault fault() {
        return fault;
    }

    /** Sets the fault; done when it is in force. On the loop. */
    public Future<?> set(Fault next) {
        vertx.cancelTimer(healing);
        fault = next;
        if (!next.lasting().isZero()) {
            healing = vertx.setTimer(next.lasting().toMillis(), _ -> set(Fault.NONE));
        }
        if (next.mode() == Fault.Mode.REFUSE) {
            return hide();
        }
        return server == null ? listen() : Future.succeededFuture();
    }

    private Future<?> hide() {
        var open = server;
        server = null;
        return open == null ? Future.succeededFuture() : open.close();
    }

    /** Sets the fault and waits until it is in force; not to be called on an event loop. */
    public void command(Fault next) {
        var done = Promise.<Object>promise();
        context.runOnContext(_ -> set(next).onSuccess(done::complete).onFailure(done::fail));
        await(done.future());
    }

    /** Runs it on the event loop and waits; not to be called on an event loop. */
    public <T> T ask(Supplier<T> question) {
        var answer = new CompletableFuture<T>();
        context.runOnContext(
                _ -> {
                    try {
                        answer.complete(question.get());
                    } catch (RuntimeException e) {
                        answer.completeExceptionally(e);
                    }
                });
        return await(answer);
    }

    private void handle(HttpServerRequest request) {
        switch (request.path()) {
            case "/_stats" -> json(request, 200, house.stats(request));
            case "/_control" -> control(request);
            case null, default -> house.call(request);
        }
    }

    private void control(HttpServerRequest request) {
        body(request)
                .onSuccess(
                        body -> {
                            if (body.length() == 0) {
                                json(request, 200, fault.toJson());
                            } else {
                                command(request, body);
                            }
                        });
    }

    private void command(HttpServerRequest request, Buffer body) {
        try {
            var json = body.toJsonObject();
            var known = house.command(json);
            if (known != null) {
                json(request, 200, known);
                return;
            }
            var next = Fault.parse(json);
            // Said before it is done: a refusing door would cut its own answer off.
            json(request, 200, next.toJson()).onComplete(_ -> set(next));
        } catch (DecodeException | ClassCastException | IllegalArgumentException e) {
            json(request, 400, new JsonObject().put("error", e.getMessage()));
        }
    }

    /** The request's body, or 413 and nothing. */
    public static Future<Buffer> body(HttpServerRequest request) {
        var whole = Buffer.buffer();
        var promise = Promise.<Buffer>promise();
        request.handler(
                piece -> {
                    if (whole.length() + piece.length() <= MAX_BODY_BYTES) {
                        whole.appendBuffer(piece);
                    } else if (promise.tryFail("the body is over " + MAX_BODY_BYTES + " bytes")) {
                        request.response().setStatusCode(413).end();
                    }
                });
        request.endHandler(_ -> promise.tryComplete(whole));
        request.exceptionHandler(promise::tryFail);
        return promise.future();
    }

    private static Future<Void> json(HttpServerRequest request, int status, JsonObject body) {
        return request.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .end(body.toBuffer());
    }

    private static <T> T await(Future<T> future) {
        return await(future.toCompletionStage().toCompletableFuture());
    }

    private static <T> T await(CompletableFuture<T> future) {
        try {
            return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            var cause = e.getCause();
            throw new IllegalStateException(cause == null ? e.getMessage() : cause.getMessage(), e);
        } catch (TimeoutException e) {
            throw new IllegalStateException("no answer in " + PATIENCE_SECONDS + " s", e);
        }
    }
}
