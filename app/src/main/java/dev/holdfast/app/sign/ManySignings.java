package dev.holdfast.app.sign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Many messages, asked for in batches, each one's line written as it is told. Messages that are
 * asked for again the way they were, with nothing written since to a file, are the same batch.
 */
final class ManySignings {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final GatewayClient gateway;
    private final Asked asked;
    private final SignedLines lines;
    private final Progress progress;
    private int failed;

    /**
     * How a message is asked for.
     *
     * @param route the route's path
     * @param field the route's parameter that it is sent as
     * @param json whether it is JSON, and not a text
     * @param beside what else is said of each, such as {@code priority}
     */
    record Asked(String route, String field, boolean json, Map<String, String> beside) {
        Asked {
            beside = Map.copyOf(beside);
        }

        /** The line of a batch, with its newline. */
        byte[] line(String message) {
            ObjectNode line = JSON.createObjectNode().put("route", route);
            line.putObject("params").set(field, json ? json(message) : TextNode.valueOf(message));
            beside.forEach(line::put);
            return (line + "\n").getBytes(StandardCharsets.UTF_8);
        }

        static JsonNode json(String message) {
            try {
                return JSON.readTree(message);
            } catch (IOException e) {
                throw Failure.usage(
                        "holdfast: with --json each message is JSON, unlike " + message);
            }
        }
    }

    ManySignings(GatewayClient gateway, Asked asked, SignedLines lines, Progress progress) {
        this.gateway = gateway;
        this.asked = asked;
        this.lines = lines;
        this.progress = progress;
    }

    /**
     * Asks for all; how many failed.
     *
     * @throws IOException if the gateway was out of reach for long
     * @throws Failure if going on is no use: the route is none, or nothing can be written
     */
    int sign(List<String> messages) throws IOException, InterruptedException {
        for (int from = 0; from < messages.size(); from += LineBatch.MAX_LINES) {
            List<String> part =
                    messages.subList(from, Math.min(messages.size(), from + LineBatch.MAX_LINES));
            new LineBatch(gateway, () -> new Asks(asked, part), key(part))
                    .run(0, (number, result) -> tell(part.get(number - 1), result));
        }
        return failed;
    }

    /** The lines of messages, each made when it is read. */
    private static final class Asks extends InputStream {
        private final Asked asked;
        private final Iterator<String> messages;
        private byte[] line = {};
        private int at;

        Asks(Asked asked, List<String> messages) {
            this.asked = asked;
            this.messages = messages.iterator();
        }

        private boolean isOver() {
            if (at == line.length && messages.hasNext()) {
                line = asked.line(messages.next());
                at = 0;
            }
            return at == line.length;
        }

        @Override
        public int read() {
            return isOver() ? -1 : line[at++] & 0xff;
        }

        @Override
        public int read(byte[] into, int from, int most) {
            if (isOver()) {
                return -1;
            }
            int count = Math.min(most, line.length - at);
            System.arraycopy(line, at, into, from, count);
            at += count;
            return count;
        }
    }

    /** By what is asked, and how often each failed before: what failed is asked for anew. */
    private String key(List<String> part) {
        if (!lines.continues()) {
            return "sign-" + UUID.randomUUID();
        }
        MessageDigest digest = sha256();
        for (String message : part) {
            digest.update(asked.line(message));
            digest.update((lines.failures(message) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return "sign-" + HexFormat.of().formatHex(digest.digest());
    }

    private void tell(String message, ObjectNode result) {
        Signing.Ended ended;
        if (result.has("problem")) {
            checkRoute(result.path("problem"));
            ended = new Signing.Ended.Refused(problem(result.path("problem")));
        } else {
            ended = Signing.ended(result);
        }
        lines.write(message, ended);
        boolean good = ended instanceof Signing.Ended.Signed;
        failed += good ? 0 : 1;
        progress.step(good);
    }

    /** What is wrong with the route is wrong with every line. */
    private void checkRoute(JsonNode problem) {
        for (JsonNode mistake : problem.path("errors")) {
            if (mistake.path("field").asText().equals("route")) {
                throw Failure.usage(
                        "holdfast: the gateway at "
                                + gateway.url()
                                + " has no route "
                                + asked.route()
                                + " that takes parameters; name one of its routes with --route");
            }
        }
    }

    private static String problem(JsonNode problem) {
        return problem.path("status").asText()
                + " "
                + problem.path("detail").asText(problem.path("title").asText());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
