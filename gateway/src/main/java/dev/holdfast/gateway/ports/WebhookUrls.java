package dev.holdfast.gateway.ports;

import java.net.URI;

/** Judges the text of a webhook's URL, without any look-up; the address guard's side of an ask. */
@FunctionalInterface
public interface WebhookUrls {
    /** Whether this may be called. */
    Verdict check(String url);

    /** What is thought of a URL. */
    sealed interface Verdict {
        /** May be called; a name still has to lead to an allowed address. */
        record Allowed(URI url) implements Verdict {}

        /**
         * May not be called.
         *
         * @param words what to do about it
         */
        record Forbidden(String words) implements Verdict {}
    }
}
