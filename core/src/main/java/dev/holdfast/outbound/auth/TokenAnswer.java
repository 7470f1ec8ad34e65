package dev.holdfast.outbound.auth;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a token endpoint answered. Nothing of it is ever in a message: it is secret. */
public sealed interface TokenAnswer {
    /** Largest answer that is read, in bytes. */
    int MAX_BYTES = 64 << 10;

    /** Longest token, in characters. */
    int MAX_TOKEN_CHARS = 16 << 10;

    /** Longest time that a token is used; one that says more, or nothing, is renewed by then. */
    Duration LONGEST = Duration.ofHours(24);

    /** How long a token that does not say for how long it is one is used. */
    Duration USUAL = Duration.ofHours(1);

    /** Shortest time that a token is used. */
    Duration SHORTEST = Duration.ofSeconds(1);

    /**
     * A token.
     *
     * @param lifetime how long it is one, {@link #SHORTEST} to {@link #LONGEST}
     */
    record Token(String value, Duration lifetime) implements TokenAnswer {
        /** Without the token. */
        @Override
        public String toString() {
            return "Token[" + lifetime + "]";
        }
    }

    /** It refuses the client (RFC 6749, section 5.2): somebody has to do something about it. */
    record Refused(int status) implements TokenAnswer {}

    /**
     * No token this time.
     *
     * @param why in a few words, nothing that was received among them
     * @param after when it may be asked again, if it says; or null
     */
    record Failed(String why, @Nullable Duration after) implements TokenAnswer {}

    /** Letters of a token (RFC 6750, section 2.1), and whatever else a header takes as one word. */
    Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]{1," + MAX_TOKEN_CHARS + "}");

    /** Seconds, which some send as a string. */
    Pattern SECONDS = Pattern.compile("[0-9]{1,12}(\\.[0-9]{1,9})?");

    /**
     * Reads an answer.
     *
     * @param body its first {@link #MAX_BYTES} as text
     * @param after what its Retry-After says, or null
     */
    static TokenAnswer of(int status, String body, @Nullable Duration after) {
        if (status == 400 || status == 401 || status == 403) {
            return new Refused(status);
        }
        if (status != 200 && status != 201) {
            return new Failed("it answered " + status, after);
        }
        Map<String, String> said = scalars(body);
        if (said == null) {
            return new Failed("its answer is not JSON", null);
        }
        String type = said.getOrDefault("token_type", "bearer");
        String token = said.getOrDefault("access_token", "");
        if (!type.equalsIgnoreCase("bearer")) {
            return new Failed("its token is not a bearer's", null);
        }
        return TOKEN.matcher(token).matches()
                ? new Token(token, lifetime(said.get("expires_in")))
                : new Failed("its answer has no token that a header could carry", null);
    }

    private static Duration lifetime(@Nullable String seconds) {
        if (seconds == null || !SECONDS.matcher(seconds).matches()) {
            return USUAL;
        }
        Duration said = Duration.ofSeconds(Long.parseLong(seconds.split("\\.", 2)[0]));
        return said.compareTo(SHORTEST) < 0
                ? SHORTEST
                : said.compareTo(LONGEST) > 0 ? LONGEST : said;
    }

    /** The strings and numbers of an object, or null if it is none. */
    private static @Nullable Map<String, String> scalars(String body) {
        Map<String, String> scalars = new TreeMap<>();
        try (JsonParser json = new JsonFactory().createParser(body)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                if (value == JsonToken.VALUE_STRING || value.isNumeric()) {
                    scalars.putIfAbsent(name, json.getText());
                } else {
                    json.skipChildren();
                }
            }
            return json.currentToken() == JsonToken.END_OBJECT ? scalars : null;
        } catch (IOException e) {
            return null;
        }
    }
}
