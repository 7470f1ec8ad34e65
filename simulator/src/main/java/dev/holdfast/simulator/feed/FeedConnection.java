package dev.holdfast.simulator.feed;

import dev.holdfast.simulator.door.CallLog;
import dev.holdfast.simulator.door.Wire;
import dev.holdfast.simulator.feed.FeedMessages.Sent;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/** One client of the trade feed: what it still owes, and how its heart beats. */
final class FeedConnection {
    /** Beyond this many open messages it gets no more. */
    static final int MAX_OPEN = 100_000;

    private static final String HEARTBEAT = "{\"type\":\"heartbeat\"}";

    private record Open(Sent sent, long at, boolean known) {}

    private final ServerWebSocket socket;
    private final Wire wire;
    private final FeedCheck check;
    private final FeedTally tally;
    private final FeedLimits limits;
    private final InstantSource clock;
    private final Map<Long, Open> open = new HashMap<>();
    private long lastHeartbeat = System.nanoTime();
    private boolean dead;
    private boolean provoked;

    FeedConnection(
            ServerWebSocket socket,
            Wire wire,
            FeedCheck check,
            FeedTally tally,
            FeedLimits limits,
            InstantSource clock) {
        this.socket = socket;
        this.wire = wire;
        this.check = check;
        this.tally = tally;
        this.limits = limits;
        this.clock = clock;
        socket.textMessageHandler(this::receive);
        socket.binaryMessageHandler(frame -> tally.problem("a client sent a binary frame"));
    }

    boolean dead() {
        return dead;
    }

    boolean owes() {
        return !open.isEmpty();
    }

    /** From now on its going away is our doing. */
    void provoke() {
        provoked = true;
    }

    void sendHeartbeat() {
        tally.heartbeatsSent++;
        socket.writeTextMessage(HEARTBEAT);
    }

    void send(Sent sent) {
        if (open.size() >= MAX_OPEN) {
            return;
        }
        boolean known = tally.knownDays.contains(sent.day());
        open.put(sent.id(), new Open(sent, System.nanoTime(), known));
        tally.messages++;
        socket.writeTextMessage(sent.text());
    }

    void sendGarbage(String text) {
        tally.garbage++;
        if (text.isEmpty()) {
            socket.writeBinaryMessage(Buffer.buffer(new byte[] {0, 1, (byte) 0xff}));
        } else {
            socket.writeTextMessage(text);
        }
    }

    void reset() {
        provoked = true;
        wire.reset();
    }

    void close(int status, String reason) {
        provoked = true;
        socket.close((short) status, reason);
    }

    /** Says and hears nothing more. */
    void halfOpen() {
        provoked = true;
        dead = true;
        wire.deafen();
        forget();
    }

    /** It is gone; says whether that was its own doing. */
    boolean gone() {
        beat(System.nanoTime());
        dead = true;
        forget();
        return !provoked;
    }

    /** No more is to come: what is open now stays unanswered. */
    void finish() {
        beat(System.nanoTime());
        tally.unanswered += open.size();
        open.clear();
    }

    private void forget() {
        tally.lostWithConnection += open.size();
        open.clear();
    }

    private void receive(String text) {
        if (dead) {
            return;
        }
        long now = System.nanoTime();
        if (text.equals(HEARTBEAT)) {
            heartbeat(now);
            return;
        }
        var frame = FeedFrame.parse(text);
        if (frame.isEmpty()) {
            tally.problem("a client sent what is no JSON object: " + CallLog.shorten(text));
        } else if (frame.get().text("/type").equals("heartbeat")) {
            heartbeat(now);
        } else {
            answer(frame.get(), now);
        }
    }

    private void heartbeat(long now) {
        tally.heartbeats++;
        beat(now);
        lastHeartbeat = now;
    }

    /** After a fault of ours, a client may be on its way out and is not held to its second. */
    private void beat(long now) {
        if (!provoked) {
            tally.longestHeartbeatGap = Math.max(tally.longestHeartbeatGap, now - lastHeartbeat);
        }
    }

    private void answer(FeedFrame frame, long now) {
        var message = open.remove(id(frame));
        if (message == null) {
            tally.problem("an answer to nothing that is open: " + frame.values());
            return;
        }
        long took = now - message.at;
        tally.latencies.add(took);
        if (message.known) {
            tally.knownLatencies.add(took);
        }
        if (took > limits.answerWithin().toNanos()) {
            tally.late++;
        }
        judge(message.sent, frame, clock.instant());
    }

    private void judge(Sent sent, FeedFrame frame, Instant now) {
        switch (check.judge(sent, frame, now)) {
            case FeedCheck.Finding.Converted _ -> {
                tally.converted++;
                tally.knownDays.add(sent.day());
            }
            case FeedCheck.Finding.RightlyRefused _ -> tally.rightlyRefused++;
            case FeedCheck.Finding.Refused _ -> tally.refused++;
            case FeedCheck.Finding.Wrong wrong -> {
                tally.wrong++;
                tally.problem(wrong.why());
            }
        }
    }

    private static long id(FeedFrame frame) {
        try {
            return Long.parseLong(frame.literal("/id"));
        } catch (NumberFormatException none) {
            return Long.MIN_VALUE;
        }
    }
}
