package dev.holdfast.gateway.server;

import dev.holdfast.engine.AskedPath;
import dev.holdfast.engine.BasePath;
import dev.holdfast.gateway.syntax.Answers;
import dev.holdfast.gateway.syntax.Malformed;
import dev.holdfast.http.Headers;
import dev.holdfast.http.Problem;
import dev.holdfast.http.ProblemWriter;
import dev.holdfast.http.Responder;
import dev.holdfast.store.StoreUnavailable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.ServerWebSocket;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP request and its answer. Belongs to its connection's event loop; the first answer counts
 * and later ones are dropped, so a guard may answer in place of whoever is late.
 */
public final class Exchange implements Responder {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
    private static final long NO_TIMER = -1;

    /** RFC 9113, section 7: the stream is not needed any more, nothing went wrong. */
    private static final long HTTP2_NO_ERROR = 0;

    /**
     * Time that a caller is left to read a refusal while it still sends, in milliseconds; what it
     * sends is dropped.
     */
    static final long LINGER_MILLIS = 500;

    /** The status of a request that became a WebSocket. */
    private static final int SWITCHED = 101;

    private final Vertx vertx;
    private final HttpServerRequest request;
    private final Peer peer;
    private final String id;
    private final AskedPath asked;
    private final long arrivedNanos = System.nanoTime();
    private long askedNanos = arrivedNanos;
    private long answeredNanos = arrivedNanos;
    private @Nullable Endpoint endpoint;
    private @Nullable Caller caller;
    private RequestTraces.@Nullable Span span;
    private long guard = NO_TIMER;
    private boolean answered;
    private boolean bodyRead;
    private boolean closing;
    private boolean finished;
    private boolean waits;
    private boolean left;
    private long held;

    Exchange(Vertx vertx, HttpServerRequest request, Peer peer, String id, AskedPath asked) {
        this.asked = asked;
        this.vertx = vertx;
        this.request = request;
        this.peer = peer;
        this.id = id;
        peer.line().busy();
        if (isHttp2()) {
            // Its stream may end without its connection.
            request.response().closeHandler(_ -> streamEnded());
        }
        if (Bodies.isAnnounced(request)) {
            request.exceptionHandler(this::bodyFailed);
        }
    }

    /** The event loop it belongs to, on which this is called. */
    Context loop() {
        return vertx.getOrCreateContext();
    }

    private boolean isHttp2() {
        return request.version() == HttpVersion.HTTP_2;
    }

    /** Its connection. */
    Peer peer() {
        return peer;
    }

    @Override
    public HttpServerRequest request() {
        return request;
    }

    public HttpServerResponse response() {
        return request.response();
    }

    /** Its name in logs and in X-Request-Id. */
    String id() {
        return id;
    }

    /** The path that was asked, or null where the request was too broken to have one. */
    @Nullable String instance() {
        return request.decoderResult().isSuccess() && request.path() != null
                ? asked.outside()
                : null;
    }

    /** A path of ours as the caller has to ask for it. */
    public String link(String path) {
        return asked.base().outside(path);
    }

    /** What links begin with where the caller is. */
    public BasePath base() {
        return asked.base();
    }

    /** Where it was asked. */
    AskedPath asked() {
        return asked;
    }

    void enter(Endpoint found, @Nullable Caller who) {
        endpoint = found;
        caller = who;
    }

    /** What this is part of, where it is traced. */
    void trace(RequestTraces.@Nullable Span span) {
        this.span = span;
    }

    public @Nullable String traceparent() {
        return span == null ? null : span.traceparent();
    }

    /** Who asks; only where the endpoint lets in nobody else. */
    public Caller caller() {
        return Objects.requireNonNull(caller, "an endpoint for anybody has no caller");
    }

    /** Whether there is one who asks. */
    public boolean isByKey() {
        return caller != null;
    }

    /** Has {@code then} run when whoever asks is gone before the answer. */
    public void whenGone(Runnable then) {
        response()
                .closeHandler(
                        _ -> {
                            if (isHttp2()) {
                                streamEnded();
                            }
                            then.run();
                        });
    }

    public @Nullable String header(CharSequence name) {
        return request.headers().get(name);
    }

    public boolean isAnswered() {
        return answered;
    }

    /** Its body was read to the end. */
    void bodyWasRead() {
        bodyRead = true;
        askedNanos = System.nanoTime();
    }

    /** The rest of its body will not come; that it is malformed is told if nothing else was. */
    void bodyFailed(Throwable error) {
        if (error instanceof Malformed malformed && !response().headWritten()) {
            problem(Problem.malformed(malformed.field(), malformed.detail()));
        }
    }

    /**
     * Answers with a problem if nothing else did within {@code millis} of the whole request: the
     * steps of one answer have that time together, however often it is set.
     */
    public void guard(long millis, Supplier<Problem> late) {
        long gone = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - askedNanos);
        guardFromNow(millis - gone, late);
    }

    /** The same from now on, for an answer that is held. */
    public void guardFromNow(long millis, Supplier<Problem> late) {
        disarm();
        guard = vertx.setTimer(Math.max(1, millis), _ -> problem(late.get()));
    }

    /**
     * Goes on with what a stage brings, on this exchange's event loop, unless a guard answered
     * meanwhile; its failure is answered.
     */
    public <T> void when(CompletionStage<T> stage, Consumer<T> then) {
        Context context = loop();
        stage.whenComplete(
                (value, error) -> {
                    if (error != null) {
                        context.runOnContext(_ -> failed(error));
                    } else {
                        Handing.over(context, () -> unlessAnswered(() -> then.accept(value)));
                    }
                });
    }

    /** Runs a step; what it throws is answered and logged, never lost. */
    void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private void unlessAnswered(Runnable step) {
        if (!answered) {
            guarded(step);
        }
    }

    void failed(Throwable error) {
        Throwable cause =
                error instanceof CompletionException && error.getCause() != null
                        ? error.getCause()
                        : error;
        if (cause instanceof StoreUnavailable) {
            problem(
                    StoreUnavailable.isUncertain(cause)
                            ? Problem.storeSilent()
                            : Problem.storeUnavailable());
        } else if (cause instanceof Blocking.TooManyReads) {
            problem(Blocking.tooMany());
        } else {
            LOG.atError().addKeyValue("request_id", id).setCause(cause).log("a request failed");
            problem(
                    new Problem.Plain(
                            Problem.Kind.INTERNAL_ERROR,
                            "The operator finds the reason in the log by this request_id."));
        }
    }

    @Override
    public void problem(Problem problem) {
        if (!answered) {
            ProblemWriter.headers(response(), problem, base());
            send(
                    problem.kind().status(),
                    Headers.PROBLEM,
                    ProblemWriter.render(problem, base(), instance(), id));
        }
    }

    @Override
    public Future<ServerWebSocket> upgrade() {
        answered = true;
        disarm();
        Peers.upgrading(request.connection());
        response().endHandler(_ -> finished(System.nanoTime())).putHeader(Headers.REQUEST_ID, id);
        return request.toWebSocket()
                .onComplete(made -> told(made.succeeded() ? SWITCHED : response().getStatusCode()));
    }

    @Override
    public void json(int status, Buffer body) {
        send(status, Headers.JSON, body);
    }

    /** Sends an answer with what headers were set on the response before. */
    public void send(int status, CharSequence contentType, Buffer body) {
        if (begin(status, contentType)) {
            if (leave(body.length())) {
                Answers.end(request, body);
                finished(answeredNanos);
            } else {
                peer.line().close();
            }
        }
    }

    /**
     * Has so many bytes of an answer in memory until whoever asked takes them: over HTTP/2 they
     * wait where its connection's size does not show, until they are asked for.
     *
     * @return whether there is room for them
     */
    public boolean leave(int bytes) {
        if (!isHttp2() || left) {
            return true;
        }
        if (!peer.line().take(bytes)) {
            return false;
        }
        held += bytes;
        return true;
    }

    /** Sends an answer without a body, such as 304. */
    public void send(int status) {
        if (begin(status, null)) {
            response().end();
            finished(answeredNanos);
        }
    }

    /** Nothing more will be written; over HTTP/2 it is in memory until its stream ends. */
    public void finished(long nowNanos) {
        if (finished) {
            return;
        }
        finished = true;
        peer.line().idle(nowNanos);
        if (closing) {
            vertx.setTimer(LINGER_MILLIS, _ -> cutOff());
        }
        if (!isHttp2() || response().closed()) {
            gone();
        } else {
            waits = true;
            peer.line().answersLeft(1);
        }
    }

    private void streamEnded() {
        finished(System.nanoTime());
        gone();
    }

    /** Nothing of it is in memory any more. */
    private void gone() {
        if (!left) {
            left = true;
            peer.line().give(held);
            if (waits) {
                peer.line().answersLeft(-1);
            }
        }
    }

    /**
     * Keeps so many bytes in memory until it is answered and gone; refuses, and returns false, if
     * there is no room for them.
     */
    public boolean hold(long bytes) {
        if (left) {
            return true;
        }
        if (!peer.line().take(bytes)) {
            problem(Problem.overloaded());
            return false;
        }
        held += bytes;
        return true;
    }

    private void cutOff() {
        if (isHttp2()) {
            response().reset(HTTP2_NO_ERROR);
        } else {
            request.connection().close();
        }
    }

    /** Claims the answer and sets what every answer has; false if there is nobody to answer. */
    public boolean begin(int status, @Nullable CharSequence contentType) {
        if (answered) {
            return false;
        }
        answered = true;
        disarm();
        HttpServerResponse response = response();
        if (response.closed() || response.ended()) {
            return false;
        }
        response.setStatusCode(status).putHeader(Headers.REQUEST_ID, id);
        if (caller != null) {
            Headers.keepPrivate(response);
        }
        if (contentType != null) {
            response.putHeader(HttpHeaders.CONTENT_TYPE, contentType);
        }
        if (!bodyRead && Bodies.isAnnounced(request)) {
            // The rest of a body nobody reads would be taken for the next request otherwise.
            closing = true;
            if (!isHttp2()) {
                response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            }
        }
        told(status);
        return true;
    }

    /** It is known what the answer is: for figures, traces and the log. */
    private void told(int status) {
        answeredNanos = System.nanoTime();
        if (endpoint != null) {
            endpoint.answered(status, answeredNanos - arrivedNanos);
            if (span != null) {
                span.answered(status);
            }
            if (LOG.isDebugEnabled()) {
                log(endpoint, status);
            }
        }
    }

    private void log(Endpoint at, int status) {
        LOG.atDebug()
                .addKeyValue("request_id", id)
                .addKeyValue("method", request.method().name())
                .addKeyValue("route", at.template())
                .addKeyValue("status", status)
                .addKeyValue("micros", (answeredNanos - arrivedNanos) / 1000)
                .log("answered");
    }

    private void disarm() {
        if (guard != NO_TIMER) {
            vertx.cancelTimer(guard);
            guard = NO_TIMER;
        }
    }
}
