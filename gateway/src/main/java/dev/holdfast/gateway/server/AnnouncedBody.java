package dev.holdfast.gateway.server;

import dev.holdfast.gateway.syntax.Malformed;
import dev.holdfast.http.Problem;
import dev.holdfast.http.Responder;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * A body that a request says it has, read or not. The rest of one that nobody reads would be taken
 * for the next request: whoever is answered before it came loses the connection, or the stream,
 * once there was time to read the answer.
 */
public final class AnnouncedBody implements Handler<Throwable> {
    /**
     * Time that a caller is left to read a refusal while it still sends, in milliseconds; what it
     * sends is dropped.
     */
    static final long LINGER_MILLIS = 500;

    /** RFC 9113, section 7: the stream is not needed any more, nothing went wrong. */
    private static final long HTTP2_NO_ERROR = 0;

    private final Responder responder;
    private boolean read;
    private boolean closing;

    private AnnouncedBody(Responder responder) {
        this.responder = responder;
    }

    /** The body of a request, which is told if it does not come, or null if there is none. */
    static @Nullable AnnouncedBody of(Responder responder) {
        if (!isIn(responder.request())) {
            return null;
        }
        AnnouncedBody body = new AnnouncedBody(responder);
        responder.request().exceptionHandler(body);
        return body;
    }

    /** Whether the head of a request announces a body. */
    public static boolean isIn(HttpServerRequest request) {
        String length = request.headers().get(HttpHeaders.CONTENT_LENGTH);
        return length != null
                ? !length.equals("0")
                : request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
    }

    /** It was read to the end. */
    void wasRead() {
        read = true;
    }

    /** The rest of it will not come; that it is malformed is told if nothing else was. */
    @Override
    public void handle(Throwable error) {
        boolean untold = !responder.request().response().headWritten();
        if (error instanceof Malformed malformed && untold) {
            responder.problem(Problem.malformed(malformed.field(), malformed.detail()));
        }
    }

    /** The answer begins, and its head was not sent yet. */
    void answering() {
        closing = !read;
        if (closing && !isHttp2()) {
            responder.request().response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
    }

    /** The answer is whole. */
    void answered(Vertx vertx) {
        if (closing) {
            vertx.setTimer(LINGER_MILLIS, _ -> cutOff());
        }
    }

    private void cutOff() {
        if (isHttp2()) {
            responder.request().response().reset(HTTP2_NO_ERROR);
        } else {
            responder.request().connection().close();
        }
    }

    private boolean isHttp2() {
        return responder.request().version() == HttpVersion.HTTP_2;
    }
}
