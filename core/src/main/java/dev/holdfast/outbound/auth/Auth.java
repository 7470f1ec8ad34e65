package dev.holdfast.outbound.auth;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Who calls an upstream: {@code upstreams.NAME.auth} in the configuration. */
public sealed interface Auth {

    /** Whatever its headers say. */
    record None() implements Auth {}

    /**
     * A user and a password (RFC 7617).
     *
     * @param user without a colon
     */
    record Basic(String user, String password) implements Auth {
        public Basic {
            if (user.indexOf(':') >= 0) {
                throw new IllegalArgumentException("a user has no colon in its name");
            }
        }

        /** What the Authorization header says. */
        public String header() {
            return "Basic " + base64(user + ":" + password);
        }

        /** Without the password. */
        @Override
        public String toString() {
            return "Basic[" + user + "]";
        }
    }

    /**
     * A token that is given out for the credentials of a client (RFC 6749, section 4.4).
     *
     * @param tokenUrl where it is given out; http or https
     * @param scope what it is for, or null
     * @param inBody whether the credentials go into the body, not into a header (section 2.3.1)
     * @param early how long before its end a token is renewed; of a short one, at half its time
     */
    record OAuth2(
            URI tokenUrl,
            String clientId,
            String clientSecret,
            @Nullable String scope,
            boolean inBody,
            Duration early)
            implements Auth {

        /** Without the secret. */
        @Override
        public String toString() {
            return "OAuth2[" + tokenUrl + ", " + clientId + "]";
        }
    }

    /** Text in UTF-8 as Base64. */
    static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
