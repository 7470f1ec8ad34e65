package dev.holdfast.outbound.http;

import io.vertx.core.MultiMap;
import java.util.List;

/**
 * Where an answer's body ends (RFC 9112, section 6.3).
 *
 * @param how what tells the end
 * @param length of the body in bytes, where that tells it
 * @param clean whether the head left no doubt about it; after any other the connection is not used
 *     again
 * @param codings what Transfer-Encoding adds besides chunks
 */
record AnswerFraming(How how, long length, boolean clean, List<String> codings) {
    private static final int NO_CONTENT = 204;
    private static final int NOT_MODIFIED = 304;

    /** Digits of a length that a long always holds. */
    private static final int MAX_DIGITS = 18;

    enum How {
        LENGTH,
        CHUNKED,
        UNTIL_CLOSE
    }

    private static final AnswerFraming NONE = new AnswerFraming(How.LENGTH, 0, true, List.of());

    /**
     * The framing that a head says.
     *
     * @param toHead whether it answers a HEAD
     * @throws NotHttpException if it says two things at once, or nothing that can be followed
     */
    static AnswerFraming of(int status, MultiMap headers, boolean toHead) {
        if (toHead || status == NO_CONTENT || status == NOT_MODIFIED) {
            return NONE;
        }
        boolean withLength = headers.contains("content-length");
        List<String> transfer = AnswerHead.words(headers, "transfer-encoding");
        transfer.removeIf("identity"::equals);
        if (!transfer.isEmpty()) {
            boolean chunked = transfer.getLast().equals("chunked");
            List<String> others = transfer.subList(0, transfer.size() - (chunked ? 1 : 0));
            if (others.contains("chunked")) {
                throw new NotHttpException("chunks within other codings");
            }
            return new AnswerFraming(
                    chunked ? How.CHUNKED : How.UNTIL_CLOSE, 0, chunked && !withLength, others);
        }
        return withLength
                ? ofLengths(AnswerHead.words(headers, "content-length"))
                : new AnswerFraming(How.UNTIL_CLOSE, 0, false, List.of());
    }

    /** One length said twice is one length (RFC 9112, section 6.3, item 5); two are none. */
    private static AnswerFraming ofLengths(List<String> lengths) {
        long length = lengths.isEmpty() ? -1 : length(lengths.getFirst());
        if (length < 0 || lengths.stream().anyMatch(other -> length(other) != length)) {
            throw new NotHttpException("no length, or more than one");
        }
        return new AnswerFraming(How.LENGTH, length, lengths.size() == 1, List.of());
    }

    private static long length(String text) {
        boolean digits = text.chars().allMatch(c -> c >= '0' && c <= '9');
        return digits && text.length() <= MAX_DIGITS ? Long.parseLong(text) : -1;
    }
}
