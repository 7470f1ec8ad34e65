package dev.holdfast.outbound.http;

import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The head of a final answer: its status and its headers, those of the transfer coding already
 * taken care of.
 *
 * @param status 200 to 999
 * @param codings what the body is coded with, in the order it was applied: Content-Encoding, then
 *     whatever Transfer-Encoding adds to it besides chunks; in lower case
 */
public record AnswerHead(int status, MultiMap headers, List<String> codings) {
    public AnswerHead {
        codings = List.copyOf(codings);
    }

    /** The words of a header that is a list (RFC 9110, section 5.6.1), in lower case. */
    static List<String> words(MultiMap headers, String name) {
        List<String> words = new ArrayList<>();
        for (String line : headers.getAll(name)) {
            for (String word : line.split(",", -1)) {
                if (!word.isBlank()) {
                    words.add(word.strip().toLowerCase(Locale.ROOT));
                }
            }
        }
        return words;
    }

    /** A header's value, the first if it is there more than once; or null. */
    public @Nullable String header(String name) {
        return headers.get(name);
    }
}
