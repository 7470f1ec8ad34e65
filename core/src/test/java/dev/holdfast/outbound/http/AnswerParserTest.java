package dev.holdfast.outbound.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.outbound.corpus.Corpus;
import dev.holdfast.outbound.corpus.Script;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** However the network cuts what comes, it is read the same. */
class AnswerParserTest {
    private static final int MAX_HEAD_BYTES = 32 << 10;
    private static final int LARGEST_BYTES = 100_000;
    private static final String Q = "12345678";

    static Stream<Script> scripts() {
        return Stream.of("interim.txt", "surplus.txt", "framing.txt", "text.txt", "receivers.txt")
                .flatMap(file -> Corpus.read(Corpus.class, file).stream())
                .filter(script -> bytes(script).length <= LARGEST_BYTES);
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void anAnswerIsTheSameHoweverItIsCut(Script script) {
        byte[] bytes = bytes(script);
        boolean closes = script.steps().contains(Script.CLOSE);
        List<String> whole = read(bytes, closes, bytes.length);
        assertThat(read(bytes, closes, 1)).isEqualTo(whole);
        for (int seed = 0; seed < 20; seed++) {
            assertThat(readCut(bytes, closes, new Random(seed))).isEqualTo(whole);
        }
    }

    @Test
    void anAnswerToHeadHasNoBodyWhateverItSays() {
        var seen = new Seen();
        var parser = new AnswerParser(MAX_HEAD_BYTES, seen);
        parser.expect("HEAD");
        parser.bytes(Buffer.buffer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"));
        assertThat(seen.all()).containsExactly("200", "end");
        assertThat(parser.reusable()).isTrue();
        parser.expect("HEAD");
        parser.bytes(Buffer.buffer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
        assertThat(seen.all()).containsExactly("200", "end", "200", "end");
    }

    @Test
    void whatIsNotHttpIsKnownByItsFirstByte() {
        var parser = new AnswerParser(MAX_HEAD_BYTES, new Seen());
        parser.expect("GET");
        assertThatThrownBy(() -> parser.bytes(Buffer.buffer("S")))
                .isInstanceOf(NotHttpException.class);
        assertThat(parser.reusable()).isFalse();
    }

    private static byte[] bytes(Script script) {
        var all = new ByteArrayOutputStream();
        for (String step : script.steps()) {
            if (!step.startsWith("!")) {
                all.writeBytes(Corpus.bytes(step, Q));
            }
        }
        return all.toByteArray();
    }

    private static List<String> read(byte[] bytes, boolean closes, int piece) {
        List<Integer> ends = new ArrayList<>();
        for (int at = piece; at < bytes.length; at += Math.max(1, piece)) {
            ends.add(at);
        }
        ends.add(bytes.length);
        return read(bytes, closes, ends);
    }

    private static List<String> readCut(byte[] bytes, boolean closes, Random random) {
        List<Integer> ends =
                new ArrayList<>(random.ints(5, 0, bytes.length + 1).boxed().sorted().toList());
        ends.add(bytes.length);
        return read(bytes, closes, ends);
    }

    private static List<String> read(byte[] bytes, boolean closes, List<Integer> ends) {
        var seen = new Seen();
        var parser = new AnswerParser(MAX_HEAD_BYTES, seen);
        parser.expect("GET");
        try {
            int from = 0;
            for (int end : ends) {
                parser.bytes(Buffer.buffer(bytes).slice(from, end));
                from = end;
            }
            if (closes) {
                parser.closed();
            }
        } catch (NotHttpException e) {
            seen.say("not HTTP");
        }
        seen.say("reusable " + parser.reusable());
        return seen.all();
    }

    private static final class Seen implements AnswerParser.Sink {
        private final List<String> said = new ArrayList<>();
        private final StringBuilder body = new StringBuilder();

        void say(String what) {
            said.add(what);
        }

        List<String> all() {
            return said;
        }

        @Override
        public void head(AnswerHead head) {
            say(Integer.toString(head.status()));
        }

        @Override
        public void body(Buffer bytes) {
            body.append(bytes.toString(StandardCharsets.ISO_8859_1));
        }

        @Override
        public void end() {
            if (!body.isEmpty()) {
                say(body.toString());
            }
            body.setLength(0);
            say("end");
        }
    }
}
