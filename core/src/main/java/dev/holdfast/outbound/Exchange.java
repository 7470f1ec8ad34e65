package dev.holdfast.outbound;

import dev.holdfast.outbound.body.AnswerRoom;
import dev.holdfast.outbound.body.CallMemory;
import dev.holdfast.outbound.body.Looked;
import dev.holdfast.outbound.body.Pieces;
import dev.holdfast.outbound.http.AnswerHead;
import dev.holdfast.outbound.http.Connection;
import dev.holdfast.outbound.http.Connections;
import dev.holdfast.outbound.http.NotHttpException;
import dev.holdfast.outbound.http.Proxy;
import dev.holdfast.outbound.http.Target;
import dev.holdfast.request.Body;
import dev.holdfast.store.Collecting;
import dev.holdfast.store.Contents;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP call, from the wish for a connection to the end of the answer. Everything of it happens
 * on one event loop, so that the answer, the time limit and a broken connection never race.
 *
 * <p>Sends at most once: what fails is never sent again from here, and a connection that comes
 * after the time limit is given back unused.
 */
final class Exchange implements Connections.Asker, Connection.Listener {
    /** How much of an answer nobody needs is read, so that its connection can be used again. */
    static final int MAX_DRAINED_BYTES = 64 << 10;

    /** So much of a body that is kept is also at hand, to be looked into. */
    static final int MAX_START_BYTES = 64 << 10;

    /** How an exchange ended. */
    sealed interface Ending {}

    /**
     * The answer's status came.
     *
     * @param body what was wanted of the body, as it came
     * @param whole false if the body was longer than wanted
     * @param kept all of the body, where that was wanted; else null
     * @param looked what was seen of a large one, or null
     */
    record Answered(
            AnswerHead head,
            Buffer body,
            boolean whole,
            @Nullable Body kept,
            @Nullable Looked looked)
            implements Ending {
        Answered(AnswerHead head, Buffer body, boolean whole) {
            this(head, body, whole, null, null);
        }

        Answered with(Looked seen) {
            return new Answered(head, body, whole, kept, seen);
        }

        int status() {
            return head.status();
        }

        MultiMap headers() {
            return head.headers();
        }
    }

    /**
     * On what way a request leaves.
     *
     * @param server the address to connect to, where it was looked up already; or null
     * @param proxy what stands between, or null
     * @param fresh whether it needs a connection that no request was sent on
     */
    record Plan(@Nullable SocketAddress server, @Nullable Proxy proxy, boolean fresh) {}

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
     * @param inHand one of more bytes goes where large bodies are kept
     */
    record Wanted(int bytes, boolean startWillDo, int inHand) {
        static final Wanted NOTHING = new Wanted(0, true);

        Wanted(int bytes, boolean startWillDo) {
            this(bytes, startWillDo, Integer.MAX_VALUE);
        }
    }

    /** What broke an exchange. */
    enum Fault {
        NO_CONNECTION,
        TIMEOUT,
        RESET,
        GARBAGE
    }

    private final Connections connections;
    private final Vertx vertx;
    private final RequestOptions options;
    private final Plan plan;
    private final Sending body;
    private final IntFunction<Wanted> wanted;
    private final Promise<Ending> ending;
    private final Keeping keeping;

    private long timer;
    private boolean sent;
    private boolean settled;
    private boolean over;
    private @Nullable Connection connection;
    private @Nullable AnswerHead head;
    private Buffer received = Buffer.buffer();
    private @Nullable Collecting kept;
    private int limit;
    private int inHand;
    private int drained;

    /**
     * What is sent beside the head.
     *
     * @param bytes all of it, or none if it follows
     * @param pieces what follows, or null
     */
    record Sending(Buffer bytes, @Nullable Pieces pieces) {
        Sending(Buffer bytes) {
            this(bytes, null);
        }
    }

    /**
     * Where an answer goes.
     *
     * @param large makes what takes one that is kept
     * @param room for what is at hand of it
     */
    record Keeping(Supplier<Collecting> large, AnswerRoom room) {}

    /** One whose answer is a short one. */
    Exchange(
            Vertx vertx,
            Connections connections,
            RequestOptions options,
            Plan plan,
            Buffer body,
            IntFunction<Wanted> wanted,
            Promise<Ending> ending) {
        this(
                vertx,
                connections,
                options,
                plan,
                new Sending(body),
                wanted,
                ending,
                new Keeping(
                        () -> new Collecting(Contents.NONE, Contents.Owner.JOB, new UUID(0, 0)),
                        new AnswerRoom(CallMemory.UNBOUNDED)));
    }

    /**
     * @param wanted what of the body is wanted, for a status
     * @param keeping takes an answer's body
     */
    Exchange(
            Vertx vertx,
            Connections connections,
            RequestOptions options,
            Plan plan,
            Sending body,
            IntFunction<Wanted> wanted,
            Promise<Ending> ending,
            Keeping keeping) {
        this.vertx = vertx;
        this.connections = connections;
        this.options = options;
        this.plan = plan;
        this.body = body;
        this.wanted = wanted;
        this.ending = ending;
        this.keeping = keeping;
    }

    /** Starts it; called on an event loop's context, where everything else happens as well. */
    void start(long timeoutMillis) {
        timer = vertx.setTimer(Math.max(1, timeoutMillis), id -> timedOut());
        connections.ask(Target.of(options, plan.server(), plan.proxy()), plan.fresh(), this);
    }

    @Override
    public boolean waits() {
        return !over;
    }

    @Override
    public void refused(Throwable cause) {
        breakOff(Fault.NO_CONNECTION, cause);
    }

    @Override
    public void connected(Connection made) {
        connection = made;
        try {
            sent = true;
            Pieces pieces = body.pieces();
            if (pieces == null) {
                made.send(options, body.bytes(), this);
            } else {
                made.send(options, pieces.size(), this);
                pieces.to(new Rest(made));
            }
        } catch (IllegalArgumentException unsendable) {
            sent = false;
            connection = null;
            made.release();
            breakOff(Fault.NO_CONNECTION, unsendable);
        }
    }

    /** Sends what follows, as long as the exchange goes on. */
    private final class Rest implements Pieces.Taker {
        private final Connection made;

        Rest(Connection made) {
            this.made = made;
        }

        @Override
        public Future<Void> take(Buffer piece, boolean last) {
            return connection == made
                    ? made.more(piece, last)
                    : Future.failedFuture(new IllegalStateException("it is over"));
        }

        @Override
        public void missing(Throwable cause) {
            if (connection == made) {
                breakOff(Fault.RESET, cause);
            }
        }
    }

    @Override
    public void head(AnswerHead answer) {
        if (over) {
            return;
        }
        head = answer;
        Wanted part = wanted.apply(answer.status());
        limit = part.bytes();
        inHand = part.inHand();
        if (limit == 0) {
            settle(answered(true));
            return;
        }
        long length = hasBody() ? contentLength(answer) : 0;
        if (!part.startWillDo() && length > limit) {
            cutOff();
        } else if (inHand == 0 || length > inHand) {
            kept = keeping.large().get();
        } else if (length > 0) {
            atHand(Math.min(length, limit), true);
        }
    }

    /**
     * So much of the answer is or will be in memory: no more of it is read before there is room.
     */
    private void atHand(long bytes, boolean isAll) {
        Connection from = connection;
        Context loop = vertx.getOrCreateContext();
        int most = Math.min(limit, inHand);
        if (from != null && !keeping.room().has(bytes, isAll, most, () -> readOn(loop, from))) {
            from.pause();
        }
    }

    private void readOn(Context loop, Connection from) {
        loop.runOnContext(
                _ -> {
                    if (keeping.room().has(0, false, 0, () -> {})) {
                        resume(from);
                    }
                });
    }

    @Override
    public void body(Buffer bytes) {
        if (limit == 0) {
            drain(bytes);
        } else {
            keep(bytes);
        }
    }

    @Override
    public void end() {
        connection = null;
        complete();
    }

    @Override
    public void broken(Throwable cause) {
        connection = null;
        breakOff(faultOf(cause), cause);
    }

    private void keep(Buffer chunk) {
        if (over) {
            return;
        }
        if (kept == null && received.length() + chunk.length() > inHand) {
            kept = keeping.large().get();
            chunk = received.appendBuffer(chunk);
            received = Buffer.buffer();
        }
        if (kept != null) {
            keep(kept, chunk);
            return;
        }
        int room = limit - received.length();
        received.appendBuffer(chunk, 0, Math.min(room, chunk.length()));
        if (chunk.length() > room) {
            cutOff();
        } else {
            atHand(received.length(), false);
        }
    }

    /** No more is read than can be written. */
    private void keep(Collecting all, Buffer chunk) {
        if (all.size() + chunk.length() > limit) {
            cutOff();
            return;
        }
        int start = Math.min(MAX_START_BYTES - received.length(), chunk.length());
        if (start > 0) {
            received.appendBuffer(chunk, 0, start);
        }
        CompletableFuture<Void> room = all.add(chunk.getBytes()).toCompletableFuture();
        Connection from = connection;
        if (!room.isDone() && from != null) {
            from.pause();
            Context loop = vertx.getOrCreateContext();
            var _ = room.whenComplete((_, _) -> loop.runOnContext(_ -> resume(from)));
        }
    }

    /** Unless another call is on that connection by now. */
    private void resume(Connection from) {
        if (connection == from) {
            from.resume();
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
        if (over) {
            return;
        }
        if (kept == null) {
            finish();
            settle(answered(true));
            return;
        }
        Context loop = vertx.getOrCreateContext();
        kept.end().whenComplete((all, error) -> loop.runOnContext(_ -> kept(all, error)));
    }

    private void kept(@Nullable Body all, @Nullable Throwable error) {
        if (over) {
            return;
        }
        AnswerHead answer = head;
        if (all == null || answer == null) {
            breakOff(Fault.RESET, error == null ? new IOException("not kept") : error);
            return;
        }
        finish();
        kept = null;
        settle(new Answered(answer, received, true, all, null));
    }

    private void cutOff() {
        finish();
        forget();
        settle(answered(false));
        drop();
    }

    private void timedOut() {
        breakOff(Fault.TIMEOUT, new TimeoutException("time limit"));
    }

    private void breakOff(Fault fault, Throwable cause) {
        if (over) {
            return;
        }
        finish();
        forget();
        settle(new Broken(fault, sent, cause, head == null ? null : answered(false)));
        drop();
    }

    private Answered answered(boolean whole) {
        AnswerHead answer = head;
        if (answer == null) {
            throw new IllegalStateException("no answer yet");
        }
        return new Answered(answer, received, whole);
    }

    private void finish() {
        over = true;
        vertx.cancelTimer(timer);
    }

    private void forget() {
        if (kept != null) {
            kept.drop();
            kept = null;
        }
    }

    private void settle(Ending how) {
        if (!settled) {
            settled = true;
            ending.complete(how);
        }
    }

    /** An HTTP/1.1 connection in the middle of an exchange serves no other: it is closed. */
    private void drop() {
        if (connection != null) {
            connection.close();
            connection = null;
        }
    }

    /** The answer to a HEAD says the length of what it does not have (RFC 9110, section 9.3.2). */
    private boolean hasBody() {
        return !HttpMethod.HEAD.equals(options.getMethod());
    }

    private static long contentLength(AnswerHead head) {
        String length = head.header("content-length");
        try {
            return length == null ? -1 : Long.parseLong(length.strip());
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static Fault faultOf(Throwable cause) {
        return cause instanceof NotHttpException ? Fault.GARBAGE : Fault.RESET;
    }
}
