package dev.holdfast.outbound.http;

import io.vertx.core.MultiMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the lines of one head. Accepts what RFC 9112 allows a reader to accept from old senders and
 * remembers that it did: such a connection is not used again.
 */
final class HeadReader {
    private static final Pattern STATUS_LINE =
            Pattern.compile("HTTP/1\\.([0-9]) ([1-9][0-9]{2})(?: .*)?", Pattern.DOTALL);
    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    private MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    private String name = "";
    private String value = "";
    private int status;
    private boolean old;
    private boolean odd;

    /** Begins with the status line. */
    void begin(String line) {
        Matcher parts = STATUS_LINE.matcher(line);
        if (!parts.matches()) {
            throw new NotHttpException("the first line is not a status line");
        }
        status = Integer.parseInt(parts.group(2));
        old = parts.group(1).equals("0");
        beginTrailer();
    }

    /** Begins without a status line: trailers, which nobody wants. */
    void beginTrailer() {
        headers = MultiMap.caseInsensitiveMultiMap();
        name = "";
        odd = false;
    }

    /** Takes a line that is not empty. */
    void take(String line) {
        if (line.charAt(0) == ' ' || line.charAt(0) == '\t') {
            if (name.isEmpty()) {
                throw new NotHttpException("a header goes on that has not begun");
            }
            // An obsolete line folding (section 5.2).
            odd = true;
            value = (value + " " + line.strip()).strip();
            return;
        }
        put();
        int colon = line.indexOf(':');
        String before = colon < 0 ? "" : line.substring(0, colon);
        // Blanks before the colon are taken out, as section 5.1 has it for answers.
        name = before.stripTrailing();
        odd |= name.length() < before.length();
        if (!NAME.matcher(name).matches()) {
            throw new NotHttpException("a line of the head is not a header");
        }
        value = line.substring(colon + 1).strip();
    }

    private void put() {
        if (!name.isEmpty()) {
            headers.add(name, value);
        }
    }

    /** Ends with the empty line. */
    MultiMap end() {
        put();
        name = "";
        return headers;
    }

    int status() {
        return status;
    }

    /** Whether something was accepted that no sender should send today. */
    boolean odd() {
        return odd;
    }

    /** Whether its sender says that it keeps the connection. */
    boolean persistent() {
        var words = AnswerHead.words(headers, "connection");
        return !words.contains("close") && (!old || words.contains("keep-alive"));
    }
}
