package dev.holdfast.outbound;

import dev.holdfast.outbound.http.AnswerHead;
import dev.holdfast.outbound.http.Connection;
import dev.holdfast.outbound.http.Connections;
import dev.holdfast.outbound.http.NotHttpException;
import dev.holdfast.outbound.http.Proxy;
import dev.holdfast.outbound.http.Target;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
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

    /** How an exchange ended. */
    sealed interface Ending {}

    /**
     * The answer's status came.
     *
     * @param body what was wanted of the body, as it came
     * @param whole false if the body was longer than wanted
     */
    record Answered(AnswerHead head, Buffer body, boolean whole) implements Ending {
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

    private final Connections connections;
    private final Vertx vertx;
    private final RequestOptions options;
    private final Plan plan;
    private final Buffer body;
    private final IntFunction<Wanted> wanted;
    private final Promise<Ending> ending;

    private long timer;
    private boolean sent;
    private boolean settled;
    private boolean over;
    private @Nullable Connection connection;
    private @Nullable AnswerHead head;
    private Buffer received = Buffer.buffer();
    private int limit;
    private int drained;

    /**
     * @param wanted what of the body is wanted, for a status
     */
    Exchange(
            Vertx vertx,
            Connections connections,
            RequestOptions options,
            Plan plan,
            Buffer body,
            IntFunction<Wanted> wanted,
            Promise<Ending> ending) {
        this.vertx = vertx;
        this.connections = connections;
        this.options = options;
        this.plan = plan;
        this.body = body;
        this.wanted = wanted;
        this.ending = ending;
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
            made.send(options, body, this);
        } catch (IllegalArgumentException unsendable) {
            sent = false;
            connection = null;
            made.release();
            breakOff(Fault.NO_CONNECTION, unsendable);
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
        if (limit == 0) {
            settle(answered(true));
        } else if (!part.startWillDo() && contentLength(answer) > limit) {
            cutOff();
        }
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
        breakOff(Fault.TIMEOUT, new TimeoutException("time limit"));
    }

    private void breakOff(Fault fault, Throwable cause) {
        if (over) {
            return;
        }
        finish();
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
