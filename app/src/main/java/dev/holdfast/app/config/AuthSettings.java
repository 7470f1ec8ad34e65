package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import dev.holdfast.outbound.auth.Auth;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/** Reads {@code upstreams.NAME.auth}: who calls, where no fixed header says it. */
final class AuthSettings {
    private static final Duration LONGEST_EARLY = Duration.ofHours(1);

    /** How the client's credentials are sent (RFC 6749, section 2.3.1). */
    private enum Sent {
        HEADER,
        BODY
    }

    private AuthSettings() {}

    static Auth read(Section upstream, Map<String, String> headers) {
        if (!upstream.has("auth")) {
            return new Auth.None();
        }
        Section s = upstream.section("auth");
        Auth basic = s.has("basic") ? basic(s.section("basic")) : new Auth.None();
        Auth oauth2 = s.has("oauth2") ? oauth2(s.section("oauth2")) : new Auth.None();
        boolean two = !(basic instanceof Auth.None) && !(oauth2 instanceof Auth.None);
        boolean header =
                headers.keySet().stream()
                        .anyMatch(name -> name.toLowerCase(Locale.ROOT).equals("authorization"));
        if (two || header) {
            upstream.mistake(
                    "auth",
                    "one of `basic`, `oauth2` and an Authorization in `headers` says who calls");
        }
        return basic instanceof Auth.None ? oauth2 : basic;
    }

    private static Auth basic(Section s) {
        String user = s.field("user", "user of Basic authorization").required().text();
        String password = s.field("password", "its password").masked().required().text();
        if (user.indexOf(':') >= 0) {
            s.mistake("user", "has a colon, which ends a user's name");
            return new Auth.None();
        }
        return new Auth.Basic(user, password);
    }

    private static Auth oauth2(Section s) {
        URI url =
                s.field(
                                "token-url",
                                "where a token is given out for a client's credentials (RFC 6749,"
                                        + " section 4.4)")
                        .shown()
                        .required()
                        .uri("https", "http");
        if (url.getRawAuthority().indexOf('@') >= 0 || url.getRawFragment() != null) {
            s.mistake("token-url", "cannot hold credentials or a fragment");
        }
        String scope = s.field("scope", "what the token is for").optionalText();
        return new Auth.OAuth2(
                url,
                s.field("client-id", "the client's name").required().text(),
                s.field("client-secret", "its secret").masked().required().text(),
                scope,
                s.field("client-in", "where the client's name and secret are sent")
                                .orElse("header")
                                .choice(Sent.class, Sent.HEADER)
                        == Sent.BODY,
                s.field(
                                "early",
                                "how long before its end a token is renewed; of a short one, at"
                                        + " half its time")
                        .orElse("60s")
                        .duration(Duration.ZERO, LONGEST_EARLY));
    }
}
