package dev.holdfast.gateway.server;

import dev.holdfast.gateway.syntax.Answers;
import dev.holdfast.http.Headers;
import dev.holdfast.http.Problem;
import dev.holdfast.http.ProblemWriter;
import dev.holdfast.http.Responder;
import dev.holdfast.store.Contents;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.wire.AskedPath;
import dev.holdfast.wire.BasePath;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.ServerWebSocket;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
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

    /** The status of a request that became a WebSocket. */
    private static final int SWITCHED = 101;

    private final Vertx vertx;
    private final Context loop;
    private final HttpServerRequest request;
    private final Peer peer;
    private final String id;
    private final AskedPath asked;
    private final long arrivedNanos;
    private long askedNanos;
    private long answeredNanos;
    private final @Nullable AnnouncedBody body;
    private @Nullable AnswerTimes times;
    private @Nullable Caller caller;
    private RequestTraces.@Nullable Span span;
    private @Nullable Guard guard;
    private boolean answered;
    private boolean finished;
    private boolean waits;
    private boolean heldAsAsked;
    private boolean left;
    private Runnable over = () -> {};
    private long held;

    Exchange(Vertx vertx, HttpServerRequest request, Peer peer, String id, AskedPath asked) {
        this.asked = asked;
        this.vertx = vertx;
        this.loop = vertx.getOrCreateContext();
        this.request = request;
        this.peer = peer;
        this.id = id;
        arrivedNanos = peer.line().cameNanos();
        askedNanos = arrivedNanos;
        answeredNanos = arrivedNanos;
        peer.line().busy();
        if (isHttp2()) {
            // Its stream may end without its connection.
            request.response().closeHandler(_ -> streamEnded());
        }
        body = AnnouncedBody.of(this);
    }

    /** The event loop it belongs to, whoever asks. */
    public Context loop() {
        return loop;
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
    public String id() {
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

    /** Its caller, or its route, asked that it be held for longer than an answer takes. */
    public void heldAsAsked() {
        heldAsAsked = true;
    }

    /**
     * It came to an endpoint.
     *
     * @param where that endpoint's answers are counted
     */
    void enter(AnswerTimes where, @Nullable Caller who) {
        times = where;
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

    /** Has {@code then} run when whoever asks is gone before the answer; at once if so by now. */
    public void whenGone(Runnable then) {
        if (finished || response().closed()) {
            then.run();
            return;
        }
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
        if (body != null) {
            body.wasRead();
        }
        askedNanos = peer.line().cameNanos();
    }

    /** The rest of its body will not come. */
    void bodyFailed(Throwable error) {
        if (body != null) {
            body.handle(error);
        }
    }

    /** How long ago the last of it came, at most; what waited to be read counts as well. */
    public Duration age() {
        return Duration.ofNanos(System.nanoTime() - askedNanos);
    }

    /** How long those take, about, who came as early and are taken up behind it. */
    public Duration behind() {
        return Duration.ofNanos(peer.line().behindNanos());
    }

    /**
     * Answers with a problem if nothing else did within {@code millis} of the whole request: the
     * steps of one answer have that time together, however often it is set.
     */
    public void guard(long millis, Supplier<Problem> late) {
        guardFromNow(millis - age().toMillis(), late);
    }

    /** The same from now on, for an answer that is held. */
    public void guardFromNow(long millis, Supplier<Problem> late) {
        atLatest(millis, () -> problem(late.get()));
    }

    /** Has {@code then} answer if nothing else did {@code millis} from now. */
    public void atLatest(long millis, Runnable then) {
        disarm();
        guard = new Guard(vertx, millis, () -> guarded(then));
    }

    /** Whether somebody answers in its place when it is late. */
    boolean isGuarded() {
        return guard != null;
    }

    /** Nobody answers in its place for now: it waits for its caller. */
    public void guardOff() {
        disarm();
    }

    /**
     * Goes on with what a stage brings, on this exchange's event loop, unless a guard answered
     * meanwhile; its failure is answered.
     */
    public <T> void when(CompletionStage<T> stage, Consumer<T> then) {
        stage.whenComplete(
                (value, error) -> {
                    if (error != null) {
                        loop.runOnContext(_ -> failed(error));
                    } else {
                        Handing.over(loop, () -> unlessAnswered(() -> then.accept(value)));
                    }
                });
    }

    /**
     * As {@link #when}, but before this returns if the stage has brought something: for a step of
     * its event loop that has nothing to do after it.
     */
    public <T> void whenAtHand(CompletionStage<T> stage, Consumer<T> then) {
        CompletableFuture<T> future = stage.toCompletableFuture();
        if (future.isDone() && !future.isCompletedExceptionally()) {
            unlessAnswered(() -> then.accept(future.join()));
        } else {
            when(stage, then);
        }
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
        } else if (cause instanceof Contents.TooManyPending) {
            problem(Problem.tooManyPending(Problem.AGAIN));
        } else if (cause instanceof Blocking.TooManyReads) {
            problem(Blocking.tooMany());
        } else {
            LOG.atError()
                    .addKeyValue("http_request_id", id)
                    .setCause(cause)
                    .log("a request could not be answered");
            problem(
                    new Problem.Plain(
                            Problem.Kind.INTERNAL_ERROR,
                            "The operator finds the reason in the log by this request_id,"
                                    + " which is http_request_id there."));
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
        if (body != null) {
            // It would be waited for, and for ever.
            Problem problem = Problem.malformed("body", "a request to speak WebSocket has none");
            problem(problem);
            return Future.failedFuture(problem.kind().toString());
        }
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
                peer.line().cut();
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

    /** The rest of an answer that was begun does not come, and whoever reads it sees that. */
    public void breakOff() {
        if (isHttp2()) {
            response().reset();
        } else {
            request.connection().close();
        }
        finished(System.nanoTime());
    }

    /** Has {@code then} run when nothing more will be written; at once if so by now. */
    public void whenOver(Runnable then) {
        if (finished) {
            then.run();
        } else {
            over = then;
        }
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
        over.run();
        peer.line().idle(nowNanos);
        if (body != null) {
            body.answered(vertx);
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
        if (body != null) {
            body.answering();
        }
        told(status);
        return true;
    }

    /** It is known what the answer is: for figures, traces and the log. */
    private void told(int status) {
        answeredNanos = System.nanoTime();
        if (times != null) {
            times.add(
                    status, answeredNanos - arrivedNanos, request.method().name(), id, heldAsAsked);
            if (span != null) {
                span.answered(status);
            }
        }
    }

    private void disarm() {
        if (guard != null) {
            guard.callOff();
            guard = null;
        }
    }
}
