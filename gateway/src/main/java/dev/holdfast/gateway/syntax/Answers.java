package dev.holdfast.gateway.syntax;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;

/** Ends answers. */
public final class Answers {
    private Answers() {}

    /**
     * Ends an answer with a body, of which HEAD gets the length alone: Vert.x would send it over
     * HTTP/2, where it is a protocol error (RFC 9110, section 9.3.2; RFC 9113, section 8.1.1).
     */
    public static void end(HttpServerRequest request, Buffer body) {
        if (request.method().equals(HttpMethod.HEAD)) {
            request.response()
                    .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()))
                    .end();
        } else {
            request.response().end(body);
        }
    }
}
