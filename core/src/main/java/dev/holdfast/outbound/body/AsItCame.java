package dev.holdfast.outbound.body;

import dev.holdfast.request.Body;
import dev.holdfast.request.HeaderChoice;

/**
 * A route whose answers are kept as they came: {@code pass}, or {@code result.from: bytes}, in the
 * configuration.
 *
 * @param passes whether the request is passed on as it came, too
 * @param answerHeaders which headers of an answer are kept
 * @param maxBytes largest answer, in bytes, 1 to {@link Body#MAX_BYTES}
 */
public record AsItCame(boolean passes, HeaderChoice answerHeaders, int maxBytes) {
    public AsItCame {
        if (maxBytes < 1 || maxBytes > Body.MAX_BYTES) {
            throw new IllegalArgumentException("an answer has 1 to " + Body.MAX_BYTES + " bytes");
        }
    }
}
