package dev.holdfast.rates.feed;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.ServerWebSocket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The open streams of {@code /v1/convert/stream}, each on the event loop of its connection. */
final class Streams {
    /** Time after which a stream that says nothing, not even a heartbeat, is closed. */
    static final Duration IDLE_LIMIT = Duration.ofSeconds(60);

    /**
     * Most of its answers that a stream's client leaves unread, in bytes; then nothing more of it
     * is read. As much as an event loop reads of a connection in one go: those answers leave with
     * one call of the system, what is read after a pause with one each.
     */
    static final int MAX_UNREAD_BYTES = 1 << 20;

    /** The least of it, where there are many streams. */
    static final int MIN_UNREAD_BYTES = 64 << 10;

    /** So many streams may have the most; each further one has less, so that all have a bound. */
    static final int STREAMS_WITH_MOST = 16;

    private static final short NORMAL = 1000;
    private static final short GOING_AWAY = 1001;
    private static final short TOO_BIG = 1009;

    private final Vertx vertx;
    private final Answering answering;
    private final Set<Stream> open = ConcurrentHashMap.newKeySet();

    Streams(Vertx vertx, Answering answering) {
        this.vertx = vertx;
        this.answering = answering;
    }

    int count() {
        return open.size();
    }

    void open(ServerWebSocket socket) {
        var stream = new Stream(socket, vertx.getOrCreateContext());
        open.add(stream);
        stream.begin();
    }

    /** What the newest of the open streams may leave unread: its part of what some share. */
    private int unreadBytes() {
        int part = STREAMS_WITH_MOST * MAX_UNREAD_BYTES / Math.max(1, open.size());
        return Math.clamp(part, MIN_UNREAD_BYTES, MAX_UNREAD_BYTES);
    }

    /** Answers what is in hand and closes with 1001; done within 5 s. */
    Future<Void> stop() {
        List<Future<Void>> all = open.stream().map(Stream::goAway).toList();
        return Future.join(all).otherwiseEmpty().mapEmpty();
    }

    /** One client's connection. */
    private final class Stream {
        private final ServerWebSocket socket;
        private final Context loop;
        private final Conversation conversation;
        private long lastFrame = System.nanoTime();
        private boolean goingAway;

        Stream(ServerWebSocket socket, Context loop) {
            this.socket = socket;
            this.loop = loop;
            this.conversation =
                    new Conversation(
                            answering, task -> loop.runOnContext(none -> task.run()), this::send);
        }

        void begin() {
            socket.setWriteQueueMaxSize(unreadBytes());
            long timer = vertx.setPeriodic(Feed.HEARTBEAT_EVERY.toMillis(), each -> beat());
            socket.textMessageHandler(this::receive);
            socket.binaryMessageHandler(binary -> answering.garbage("a binary frame"));
            // Such as a message without end: what follows it makes no sense.
            socket.exceptionHandler(broken -> socket.close(TOO_BIG));
            socket.closeHandler(
                    none -> {
                        vertx.cancelTimer(timer);
                        conversation.end();
                        open.remove(this);
                    });
            beat();
        }

        private void beat() {
            if (System.nanoTime() - lastFrame > IDLE_LIMIT.toNanos()) {
                socket.close(NORMAL, "idle");
            } else {
                socket.writeTextMessage(MessageWriter.HEARTBEAT);
            }
        }

        private void receive(String frame) {
            lastFrame = System.nanoTime();
            if (!goingAway) {
                conversation.take(frame);
            }
        }

        private void send(String text) {
            socket.writeTextMessage(text);
            if (socket.writeQueueFull()) {
                socket.pause();
                socket.drainHandler(none -> socket.resume());
            }
        }

        Future<Void> goAway() {
            Promise<Void> drained = Promise.promise();
            loop.runOnContext(
                    none -> {
                        goingAway = true;
                        conversation.whenDone(drained::tryComplete);
                    });
            return drained.future()
                    .timeout(Feed.DRAIN_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                    .otherwiseEmpty()
                    .compose(none -> socket.close(GOING_AWAY))
                    .timeout(
                            Feed.DRAIN_WITHIN.plus(Feed.CLOSE_WITHIN).toMillis(),
                            TimeUnit.MILLISECONDS);
        }
    }
}
