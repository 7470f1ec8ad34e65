package dev.holdfast.gateway.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineSplitterTest {
    private static final int MAX_BYTES = 600;

    private record Line(String text, String digest) {}

    private static List<Line> lines(String text, int piece) {
        LineSplitter splitter = new LineSplitter(MAX_BYTES);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        List<Line> lines = new ArrayList<>();
        for (int from = 0; from < bytes.length; from += piece) {
            int count = Math.min(piece, bytes.length - from);
            splitter.give(Arrays.copyOfRange(bytes, from, from + count), count);
            for (LineSplitter.Cut cut = splitter.next(); cut != null; cut = splitter.next()) {
                lines.add(line(cut, splitter));
            }
        }
        LineSplitter.Cut last = splitter.last();
        if (last != null) {
            lines.add(line(last, splitter));
        }
        return lines;
    }

    private static Line line(LineSplitter.Cut cut, LineSplitter splitter) {
        byte[] bytes = cut.bytes();
        String text = bytes == null ? "too long" : new String(bytes, StandardCharsets.UTF_8);
        return new Line(text, splitter.digest());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 1_000_000})
    void linesAndTheirSumsDoNotDependOnThePiecesThatCome(int piece) {
        String most = "m".repeat(MAX_BYTES);
        String text = "a\n\nb\u00e4\n" + most + "x\n" + most + "\nend";
        List<Line> lines = lines(text, piece);

        assertThat(lines.stream().map(Line::text))
                .containsExactly("a", "", "b\u00e4", "too long", most, "end");
        assertThat(lines).isEqualTo(lines(text + "\n", 3));
        assertThat(lines.stream().map(Line::digest).distinct()).hasSize(6);
        assertThat(lines(text.replace('x', 'y'), piece).get(3).digest())
                .isNotEqualTo(lines.get(3).digest());
    }
}
