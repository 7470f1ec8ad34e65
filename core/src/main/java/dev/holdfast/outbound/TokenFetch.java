package dev.holdfast.outbound;

import dev.holdfast.outbound.auth.Auth;
import dev.holdfast.outbound.auth.TokenAnswer;
import dev.holdfast.outbound.auth.Tokens;
import dev.holdfast.outbound.http.Connections;
import dev.holdfast.outbound.http.Proxy;
import dev.holdfast.outbound.http.RetryAfter;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks a token endpoint (RFC 6749, sections 4.4.2 and 2.3.1). Follows no redirect. */
final class TokenFetch implements Tokens.Fetcher {
    private final Vertx vertx;
    private final Connections connections;
    private final Auth.OAuth2 auth;
    private final Authority authority;
    private final boolean tls;
    private final int port;
    private final @Nullable Proxy proxy;
    private final long timeoutMillis;
    private final InstantSource wall;

    TokenFetch(
            Vertx vertx,
            Connections connections,
            Auth.OAuth2 auth,
            Proxies proxies,
            long timeoutMillis,
            InstantSource wall) {
        this.vertx = vertx;
        this.connections = connections;
        this.auth = auth;
        this.timeoutMillis = timeoutMillis;
        this.wall = wall;
        URI url = auth.tokenUrl();
        tls = "https".equalsIgnoreCase(url.getScheme());
        authority = Authority.checked(url);
        port = authority.portOr(tls ? 443 : 80);
        proxy = proxies.of(tls, authority.host(), port);
    }

    @Override
    public void fetch(Consumer<TokenAnswer> told) {
        Promise<Exchange.Ending> ending = Promise.promise();
        ending.future()
                .map(this::read)
                .otherwise(broken -> new TokenAnswer.Failed("it could not be asked", null))
                .onComplete(answer -> told.accept(answer.result()));
        new Exchange(
                        vertx,
                        connections,
                        request(),
                        new Exchange.Plan(null, proxy, true),
                        body(),
                        status -> new Exchange.Wanted(TokenAnswer.MAX_BYTES, false),
                        ending)
                .start(timeoutMillis);
    }

    private RequestOptions request() {
        URI url = auth.tokenUrl();
        String path =
                url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
        RequestOptions request =
                new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setHost(authority.host())
                        .setPort(port)
                        .setSsl(tls)
                        .setURI(path + query)
                        .putHeader("user-agent", "Holdfast")
                        .putHeader("accept", "application/json")
                        .putHeader("content-type", "application/x-www-form-urlencoded");
        if (!auth.inBody()) {
            String pair = form(auth.clientId()) + ":" + form(auth.clientSecret());
            request.putHeader("authorization", "Basic " + Auth.base64(pair));
        }
        return request;
    }

    private Buffer body() {
        StringBuilder form = new StringBuilder("grant_type=client_credentials");
        if (auth.scope() != null) {
            form.append("&scope=").append(form(auth.scope()));
        }
        if (auth.inBody()) {
            form.append("&client_id=").append(form(auth.clientId()));
            form.append("&client_secret=").append(form(auth.clientSecret()));
        }
        return Buffer.buffer(form.toString());
    }

    private static String form(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private TokenAnswer read(Exchange.Ending ending) {
        return switch (ending) {
            case Exchange.Answered answer when !answer.whole() ->
                    new TokenAnswer.Failed("its answer is too large", null);
            case Exchange.Answered answer ->
                    TokenAnswer.of(
                            answer.status(),
                            AnswerText.start(
                                    answer.head(), answer.body().getBytes(), TokenAnswer.MAX_BYTES),
                            RetryAfter.parse(
                                    answer.headers().get("retry-after"),
                                    answer.headers().get("date"),
                                    wall.instant()));
            case Exchange.Broken broken ->
                    new TokenAnswer.Failed(
                            switch (broken.fault()) {
                                case NO_CONNECTION -> "no connection";
                                case TIMEOUT -> "no answer in time";
                                case RESET -> "the connection broke";
                                case GARBAGE -> "its answer is not HTTP";
                            },
                            null);
        };
    }
}
