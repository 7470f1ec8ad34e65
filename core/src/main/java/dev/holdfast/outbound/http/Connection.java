package dev.holdfast.outbound.http;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection, which is sent one request at a time and has one answer to each. As soon as
 * anything else happens on it, it is closed. Only on its event loop.
 */
public final class Connection {
    /** Who sent a request. */
    public interface Listener {
        /** The head of the answer came; interim ones were passed over. */
        void head(AnswerHead head);

        /** More of the answer's body. */
        void body(Buffer bytes);

        /** The answer is complete; the connection is not the listener's any more. */
        void end();

        /**
         * No answer, or not all of it; the connection is closed.
         *
         * @param cause a {@link NotHttpException} if what came is not an answer
         */
        void broken(Throwable cause);
    }

    private final WireCounts counts;
    private final Consumer<Connection> idle;
    private final Consumer<Connection> gone;
    private final Target target;
    private final NetSocket socket;
    private final AnswerParser parser;

    private @Nullable Listener listener;
    private @Nullable Throwable fault;
    private boolean sending;
    private boolean closed;
    private boolean last;
    private boolean paused;
    private boolean allRead;
    private boolean cut;

    /**
     * @param counts told what came besides answers
     * @param idle takes it back when it may be used again
     * @param gone told that it is closed
     */
    Connection(
            Target target,
            NetSocket socket,
            int maxHeadBytes,
            WireCounts counts,
            Consumer<Connection> idle,
            Consumer<Connection> gone) {
        this.counts = counts;
        this.idle = idle;
        this.gone = gone;
        this.target = target;
        this.socket = socket;
        parser = new AnswerParser(maxHeadBytes, new Answers());
        socket.exceptionHandler(cause -> fault = cause);
        socket.endHandler(none -> allRead());
        socket.closeHandler(none -> cut());
        socket.handler(this::came);
    }

    /** Passes on what the parser reads. */
    private final class Answers implements AnswerParser.Sink {
        @Override
        public void head(AnswerHead head) {
            if (listener != null) {
                listener.head(head);
            }
        }

        @Override
        public void body(Buffer bytes) {
            if (listener != null) {
                listener.body(bytes);
            }
        }

        @Override
        public void end() {
            counts.interim(parser.interim());
            Listener told = listener;
            listener = null;
            resume(); // whoever has it next reads
            // What answers before it has all of the request may still read it, or may not.
            if (sending || !usable()) {
                close();
            } else {
                idle.accept(Connection.this);
            }
            if (told != null) {
                told.end();
            }
        }
    }

    /**
     * Sends a request. What is sent is sent once.
     *
     * @throws IllegalArgumentException for one that cannot be sent; nothing was
     */
    public void send(RequestOptions request, Buffer body, Listener sender) {
        Buffer bytes = RequestHead.write(target, request, body);
        if (closed || listener != null) {
            throw new IllegalStateException("this connection takes no request");
        }
        listener = sender;
        parser.expect(request.getMethod().name());
        Future<Void> sent = socket.write(bytes);
        if (!sent.isComplete()) {
            sending = true;
            sent.onComplete(done -> sending = false);
        }
    }

    /**
     * Sends a request whose body follows by {@link #more}.
     *
     * @param size of the body, in bytes, at least 1
     * @throws IllegalArgumentException for one that cannot be sent; nothing was
     */
    public void send(RequestOptions request, long size, Listener sender) {
        Buffer head = RequestHead.write(target, request, Buffer.buffer(), size);
        if (closed || listener != null) {
            throw new IllegalStateException("this connection takes no request");
        }
        listener = sender;
        parser.expect(request.getMethod().name());
        sending = true;
        var _ = socket.write(head);
    }

    /** Sends more of a request's body; the future completes when the next may follow. */
    public Future<Void> more(Buffer piece, boolean last) {
        if (closed || !sending) {
            return Future.failedFuture(new IOException("the answer came before its request"));
        }
        Future<Void> sent = socket.write(piece);
        return last ? sent.onComplete(done -> sending = false) : sent;
    }

    /** Reads nothing more of an answer until {@link #resume}. */
    public void pause() {
        if (!paused && !closed) {
            paused = true;
            socket.pause();
        }
    }

    /** Reads on. */
    public void resume() {
        if (paused) {
            paused = false;
            socket.resume();
        }
    }

    /** Whether a request may be sent on it now. */
    boolean usable() {
        return !closed && !last && listener == null && parser.reusable();
    }

    /** No other request is sent on it. */
    void useNoMore() {
        last = true;
    }

    Target target() {
        return target;
    }

    private void came(Buffer bytes) {
        if (closed) {
            return;
        }
        try {
            parser.bytes(bytes);
        } catch (NotHttpException e) {
            counts.notHttp();
            fail(e);
            return;
        }
        if (parser.surplus()) {
            counts.surplus();
            close();
        }
    }

    /** All that came was given to the parser. */
    private void allRead() {
        allRead = true;
        if (cut) {
            gone();
        }
    }

    /**
     * The other side closed it; what it sent before may not have been read yet, also when reading
     * went on by now.
     */
    private void cut() {
        cut = true;
        if (allRead) {
            gone();
        }
    }

    private void fail(Throwable cause) {
        Listener told = listener;
        listener = null;
        close();
        if (told != null) {
            told.broken(cause);
        }
    }

    private void gone() {
        boolean complete = fault == null && listener != null && parser.closed();
        if (!complete) {
            fail(fault == null ? new IOException("the connection was closed") : fault);
        }
    }

    /** Closes it; whoever waits for an answer is told nothing more. */
    public void close() {
        listener = null;
        if (!closed) {
            closed = true;
            gone.accept(this);
            socket.close();
        }
    }

    /** Gives it back unused. */
    public void release() {
        if (usable()) {
            idle.accept(this);
        } else {
            close();
        }
    }
}
