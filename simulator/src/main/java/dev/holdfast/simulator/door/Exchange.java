package dev.holdfast.simulator.door;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Map;

/** One answer on its way out, through the fault that is in force. */
public final class Exchange {
    private static final int SLOW_PIECES = 20;
    private final Vertx vertx;
    private final HttpServerRequest request;

    public Exchange(Vertx vertx, HttpServerRequest request) {
        this.vertx = vertx;
        this.request = request;
    }

    /** Answers after the latency, as the fault lets it. */
    public void send(Reply answer, Duration latency, Fault fault) {
        if (latency.toMillis() == 0) {
            write(answer, fault);
        } else {
            vertx.setTimer(latency.toMillis(), _ -> write(answer, fault));
        }
    }

    private void write(Reply answer, Fault fault) {
        switch (fault.mode()) {
            case NONE, REFUSE -> whole(answer);
            case HANG -> {}
            case RESET -> new Wire(request.connection()).reset();
            case GARBAGE -> new Wire(request.connection()).garbage();
            case SLOW -> piecemeal(answer, fault.delay());
            case HTML -> {
                var page = errorPage(fault.statusToAnswer());
                whole(
                        new Reply(
                                fault.statusToAnswer(),
                                "text/html",
                                Buffer.buffer(page),
                                Map.of()));
            }
            case STATUS -> {
                var retryAfter = fault.retryAfter();
                if (retryAfter != null) {
                    request.response().putHeader("Retry-After", retryAfter.toString());
                }
                var status = fault.statusToAnswer();
                whole(Reply.text(status, "Error " + status + ": simulated.\n"));
            }
            case REDIRECT -> {
                request.response().putHeader("Location", "/_elsewhere");
                whole(Reply.text(fault.statusToAnswer(), ""));
            }
        }
    }

    private static String errorPage(int status) {
        return """
        <!DOCTYPE html>
        <html><head><title>%1$d</title></head>
        <body><center><h1>%1$d Something went wrong</h1></center><hr></body></html>
        """
                .formatted(status);
    }

    private void whole(Reply answer) {
        head(answer);
        request.response().end(answer.body());
    }

    private void head(Reply answer) {
        var response = request.response();
        response.setStatusCode(answer.status()).putHeader("Content-Type", answer.type());
        answer.headers().forEach(response::putHeader);
    }

    private void piecemeal(Reply answer, Duration time) {
        head(answer);
        var body = answer.body();
        request.response().putHeader("Content-Length", String.valueOf(body.length()));
        int piece = Math.max(1, (body.length() + SLOW_PIECES - 1) / SLOW_PIECES);
        int pieces = Math.max(1, (body.length() + piece - 1) / piece);
        drip(body, 0, piece, Math.max(1, time.toMillis() / pieces));
    }

    private void drip(Buffer body, int from, int piece, long everyMillis) {
        var response = request.response();
        if (response.closed()) {
            return;
        }
        int to = Math.min(body.length(), from + piece);
        if (to == body.length()) {
            response.end(body.getBuffer(from, to));
            return;
        }
        response.write(body.getBuffer(from, to));
        vertx.setTimer(everyMillis, _ -> drip(body, to, piece, everyMillis));
    }
}
