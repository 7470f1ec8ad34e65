package dev.holdfast.app.sign;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A line of what {@code sign} writes: {@code {"message",FIELD,"id","attempts"}} with the field of
 * the route's result, or {@code {"message","error"}}.
 *
 * @param message what was to be signed
 * @param signed whether it was
 */
record SignedLine(String message, boolean signed) {
    private static final String MESSAGE = "message";
    private static final String ID = "id";
    private static final String ATTEMPTS = "attempts";
    private static final String ERROR = "error";

    /** The usual result's field; lines that have it may lack what is told beside it. */
    private static final String SIGNATURE = "signature";

    /** A result whose own field's name is taken. */
    private static final String OTHERWISE = "result";

    /** What every line begins with, so that one that was cut off is known. */
    private static final String START = "{\"" + MESSAGE + "\":\"";

    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** The line of a message that ended, with its newline, in UTF-8. */
    static byte[] of(String message, Signing.Ended ended) {
        ObjectNode line = JSON.createObjectNode().put(MESSAGE, message);
        switch (ended) {
            case Signing.Ended.Signed s -> {
                boolean taken = Set.of(MESSAGE, ID, ATTEMPTS, ERROR).contains(s.field());
                line.set(taken ? OTHERWISE : s.field(), s.result());
                line.put(ID, s.id()).put(ATTEMPTS, s.attempts());
            }
            case Signing.Ended.Refused r -> line.put(ERROR, r.why());
        }
        return (line + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Reads a line; null when {@code sign} has not written it. */
    static @Nullable SignedLine read(byte[] line) {
        JsonNode node;
        try {
            node = JSON.readTree(line);
        } catch (IOException e) {
            return null;
        }
        if (node == null || !node.path(MESSAGE).isTextual()) {
            return null;
        }
        Set<String> others = new HashSet<>();
        node.fieldNames().forEachRemaining(others::add);
        others.remove(MESSAGE);
        String message = node.path(MESSAGE).asText();
        if (others.equals(Set.of(ERROR))) {
            return new SignedLine(message, false);
        }
        boolean told = others.removeAll(Set.of(ID, ATTEMPTS)) && node.has(ID) && node.has(ATTEMPTS);
        boolean ours = others.size() == 1 && (told || others.contains(SIGNATURE));
        return ours ? new SignedLine(message, true) : null;
    }

    /** Whether it may be the beginning of a line that a crash or a full disk cut off. */
    static boolean begun(byte[] line) {
        return new String(line, StandardCharsets.UTF_8).startsWith(START);
    }
}
