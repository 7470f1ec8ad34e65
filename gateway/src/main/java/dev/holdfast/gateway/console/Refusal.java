package dev.holdfast.gateway.console;

import dev.holdfast.engine.BasePath;
import dev.holdfast.gateway.syntax.Answers;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;

/** What the console's own paths cannot answer, in the form that all of Holdfast has (RFC 9457). */
enum Refusal {
    NO_SUCH_FILE(404, "not-found", "There is no such thing", "There is no such path here."),
    NOT_ALLOWED(405, "method-not-allowed", "Not with this method", "Use GET or HEAD here."),
    TOO_MANY_VIEWERS(
            503,
            "too-many-held",
            "Too many answers are being held",
            "Too many consoles are open; close one.");

    private final int status;
    private final String slug;
    private final String title;
    private final String detail;

    Refusal(int status, String slug, String title, String detail) {
        this.status = status;
        this.slug = slug;
        this.title = title;
        this.detail = detail;
    }

    void write(HttpServerRequest request, BasePath base) {
        HttpServerResponse response = request.response();
        if (response.closed() || response.ended()) {
            return;
        }
        if (status == 405) {
            response.putHeader("allow", "GET, HEAD");
        }
        response.setStatusCode(status)
                .putHeader("content-type", "application/problem+json")
                .putHeader("cache-control", "no-store");
        Answers.end(
                request,
                new JsonObject()
                        .put("type", base.outside("/problems/" + slug))
                        .put("title", title)
                        .put("status", status)
                        .put("detail", detail)
                        .put("request_id", response.headers().get("x-request-id"))
                        .toBuffer());
    }
}
