package dev.holdfast.outbound;

import io.vertx.core.AsyncResult;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP call, from the wish for a connection to the end of the answer. Everything of it happens
 * on one event loop, so that the answer, the time limit and a broken connection never race.
 *
 * <p>Sends at most once: what fails is never sent again from here, and a connection that comes
 * after the time limit is given back unused.
 */
final class Exchange {
    /** How much of an answer nobody needs is read, so that its connection can be used again. */
    static final int MAX_DRAINED_BYTES = 64 << 10;

    /** How an exchange ended. */
    sealed interface Ending {}

    /**
     * The answer's status came.
     *
     * @param body what was wanted of the body
     * @param whole false if the body was longer than wanted
     */
    record Answered(int status, MultiMap headers, Buffer body, boolean whole) implements Ending {}

    /**
     * No answer, or not all of it.
     *
     * @param sent whether anything may have reached the other side
     * @param partial what came of the answer, or null
     */
    record Broken(Fault fault, boolean sent, Throwable cause, @Nullable Answered partial)
            implements Ending {}

    /**
     * How much of a body is wanted.
     *
     * @param bytes at most so many; with 0 the exchange settles as soon as the status is known
     * @param startWillDo whether the first bytes of a longer body are of use
     */
    record Wanted(int bytes, boolean startWillDo) {
        static final Wanted NOTHING = new Wanted(0, true);
    }

    /** What broke an exchange. */
    enum Fault {
        NO_CONNECTION,
        TIMEOUT,
        RESET,
        GARBAGE
    }

    private final HttpClient client;
    private final Vertx vertx;
    private final RequestOptions options;
    private final Buffer body;
    private final IntFunction<Wanted> wanted;
    private final Promise<Ending> ending;

    private long timer;
    private boolean sent;
    private boolean settled;
    private boolean over;
    private @Nullable HttpClientRequest request;
    private @Nullable HttpClientResponse response;
    private Buffer received = Buffer.buffer();
    private int limit;
    private int drained;

    /**
     * @param wanted what of the body is wanted, for a status
     */
    Exchange(
            Vertx vertx,
            HttpClient client,
            RequestOptions options,
            Buffer body,
            IntFunction<Wanted> wanted,
            Promise<Ending> ending) {
        this.vertx = vertx;
        this.client = client;
        this.options = options;
        this.body = body;
        this.wanted = wanted;
        this.ending = ending;
    }

    /** Starts it; called on an event loop's context, where everything else happens as well. */
    void start(long timeoutMillis) {
        timer = vertx.setTimer(Math.max(1, timeoutMillis), id -> timedOut());
        client.request(options).onComplete(this::connected);
    }

    private void connected(AsyncResult<HttpClientRequest> connection) {
        if (connection.failed()) {
            breakOff(Fault.NO_CONNECTION, connection.cause());
            return;
        }
        HttpClientRequest unsent = connection.result();
        if (over) {
            unsent.reset();
            return;
        }
        request = unsent;
        sent = true;
        (body.length() == 0 ? unsent.send() : unsent.send(body)).onComplete(this::head);
    }

    private void head(AsyncResult<HttpClientResponse> answer) {
        if (over) {
            return;
        }
        if (answer.failed()) {
            breakOff(faultOf(answer.cause()), answer.cause());
            return;
        }
        HttpClientResponse head = answer.result();
        response = head;
        Wanted part = wanted.apply(head.statusCode());
        limit = part.bytes();
        head.exceptionHandler(cause -> breakOff(faultOf(cause), cause));
        head.handler(limit == 0 ? this::drain : this::keep);
        head.endHandler(v -> complete());
        if (limit == 0) {
            settle(answered(true));
        } else if (!part.startWillDo() && contentLength(head) > limit) {
            cutOff();
        }
    }

    private void keep(Buffer chunk) {
        if (over) {
            return;
        }
        int room = limit - received.length();
        received.appendBuffer(chunk, 0, Math.min(room, chunk.length()));
        if (chunk.length() > room) {
            cutOff();
        }
    }

    private void drain(Buffer chunk) {
        drained += chunk.length();
        if (drained > MAX_DRAINED_BYTES) {
            finish();
            drop();
        }
    }

    private void complete() {
        if (!over) {
            finish();
            settle(answered(true));
        }
    }

    private void cutOff() {
        finish();
        settle(answered(false));
        drop();
    }

    private void timedOut() {
        breakOff(Fault.TIMEOUT, new HttpClosedException("time limit"));
    }

    private void breakOff(Fault fault, Throwable cause) {
        if (over) {
            return;
        }
        finish();
        settle(new Broken(fault, sent, cause, response == null ? null : answered(false)));
        drop();
    }

    private Answered answered(boolean whole) {
        HttpClientResponse head = response;
        if (head == null) {
            throw new IllegalStateException("no answer yet");
        }
        return new Answered(head.statusCode(), head.headers(), received, whole);
    }

    private void finish() {
        over = true;
        vertx.cancelTimer(timer);
    }

    private void settle(Ending how) {
        if (!settled) {
            settled = true;
            ending.complete(how);
        }
    }

    /** An HTTP/1.1 connection in the middle of an exchange serves no other: it is closed. */
    private void drop() {
        if (request != null) {
            request.reset();
        }
    }

    private static long contentLength(HttpClientResponse head) {
        String length = head.getHeader("content-length");
        try {
            return length == null ? -1 : Long.parseLong(length.strip());
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static Fault faultOf(Throwable cause) {
        return cause instanceof HttpClosedException || cause instanceof IOException
                ? Fault.RESET
                : Fault.GARBAGE;
    }
}
