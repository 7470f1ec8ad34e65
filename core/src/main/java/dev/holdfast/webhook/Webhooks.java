package dev.holdfast.webhook;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The way webhooks leave, as the delivery dispatcher sees it. */
public interface Webhooks {

    /**
     * Posts {@code body} once. The stage always completes normally, not later than the configured
     * timeout, on any thread. Redirects are not followed; the address is checked at connect time.
     *
     * @param url where to, its own query kept
     * @param headers signature and caller's headers, names in lower case
     * @param body JSON, UTF-8
     */
    CompletionStage<Told> post(URI url, Map<String, String> headers, byte[] body);

    /** How one try to deliver ended. */
    sealed interface Told {
        /** A 2xx. */
        record Delivered(int status, Duration latency) implements Told {}

        /** 410: the receiver wants no more. */
        record Gone(Duration latency) implements Told {}

        /**
         * Anything else; tried again by the schedule.
         *
         * @param status the answer's status, or null if there was none
         * @param retryAfter Retry-After of a 429 or 503, or null
         * @param error in words, without the URL's secrets
         * @param hostDown whether it speaks of the host, not of this delivery (no connection,
         *     timeout)
         */
        record NotDelivered(
                @Nullable Integer status,
                @Nullable Duration retryAfter,
                String error,
                boolean hostDown,
                Duration latency)
                implements Told {}

        /** The address is forbidden, found when connecting; final. */
        record Forbidden(String reason) implements Told {}
    }
}
