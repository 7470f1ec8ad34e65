package dev.holdfast.simulator.feed;

import dev.holdfast.simulator.rates.RateTable;
import dev.holdfast.simulator.rates.ReferenceRates;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/** A small converter for a feed's tests: heartbeats, answers by the history, connects anew. */
final class FeedClient {
    private static final LocalDate FIRST = LocalDate.parse("1999-01-04");

    private final Vertx vertx;
    private final ReferenceRates history;
    private final int port;
    private final UnaryOperator<String> spoil;
    private final CompletableFuture<Void> closedOnce = new CompletableFuture<>();
    private final WebSocketClient client;
    private long lastHeartbeat;

    FeedClient(Vertx vertx, ReferenceRates history, int port, UnaryOperator<String> spoil) {
        this.vertx = vertx;
        this.history = history;
        this.port = port;
        this.spoil = spoil;
        this.client =
                vertx.createWebSocketClient(new WebSocketClientOptions().setClosingTimeout(1));
    }

    void connect() {
        vertx.runOnContext(_ -> connectNow());
    }

    private void connectNow() {
        try {
            client.connect(port, "127.0.0.1", "/")
                    .onSuccess(this::talk)
                    .onFailure(_ -> vertx.setTimer(100, _ -> connectNow()));
        } catch (IllegalStateException closed) {
            closedOnce.complete(null); // the test is over
        }
    }

    CompletableFuture<Void> closedOnce() {
        return closedOnce;
    }

    private void talk(WebSocket socket) {
        lastHeartbeat = System.nanoTime();
        socket.writeTextMessage("{\"type\":\"heartbeat\"}");
        var beat = new AtomicLong();
        beat.set(
                vertx.setPeriodic(
                        500,
                        _ -> {
                            socket.writeTextMessage("{\"type\":\"heartbeat\"}");
                            if (System.nanoTime() - lastHeartbeat > 2_000_000_000L) {
                                renew(socket, beat.get());
                            }
                        }));
        socket.textMessageHandler(text -> receive(socket, text));
        socket.closeHandler(_ -> renew(socket, beat.get()));
    }

    /** Not by way of the closing handshake: nobody may be there to shake hands with. */
    private void renew(WebSocket socket, long beat) {
        if (vertx.cancelTimer(beat)) {
            closedOnce.complete(null);
            connect();
            socket.close();
        }
    }

    private void receive(WebSocket socket, String text) {
        var frame = FeedFrame.parse(text);
        if (frame.isEmpty() || frame.get().literal("/id").isEmpty()) {
            if (text.contains("heartbeat")) {
                lastHeartbeat = System.nanoTime();
            }
            return;
        }
        socket.writeTextMessage(spoil.apply(answer(frame.get(), text)));
    }

    private String answer(FeedFrame frame, String text) {
        var stake = frame.literal("/payload/stake");
        var currency = frame.text("/payload/currency");
        var date = frame.text("/payload/date");
        var day = LocalDate.parse(date.substring(0, 10));
        if (day.isBefore(FIRST) || day.getYear() > 2900) {
            return error(frame, "the date has no rates");
        }
        var table = RateTable.of(history, day, "USD", 10).orElseThrow();
        var converted = table.convert(new BigDecimal(stake), currency, "EUR", 5, RoundingMode.DOWN);
        if (converted.isEmpty()) {
            return error(frame, "unsupported currency " + currency);
        }
        var now = Instant.now().truncatedTo(ChronoUnit.MILLIS).plusNanos(1).toString();
        return text.replace("\"stake\":" + stake + ",", "\"stake\":" + converted.get() + ",")
                .replace("\"currency\":\"" + currency, "\"currency\":\"EUR")
                .replace(date, now.substring(0, 23) + "Z");
    }

    private static String error(FeedFrame frame, String why) {
        return "{\"type\":\"error\",\"id\":"
                + frame.literal("/id")
                + ",\"message\":\"Unable to convert stake. Error: "
                + why
                + "\"}";
    }
}
