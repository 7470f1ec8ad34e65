package dev.holdfast.app.sign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.holdfast.app.command.Figures;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SignedFileTest {
    @TempDir Path folder;

    private static SignedFile opened(Path file) {
        var signed = new SignedFile(file);
        signed.begin();
        return signed;
    }

    private static Signing.Ended signed(String id, String result, int attempts) {
        return new Signing.Ended.Signed(id, "signature", TextNode.valueOf(result), attempts);
    }

    @Test
    void whatIsSignedIsKnownToTheNextRunAndFailuresAreTriedAgain() throws IOException {
        Path file = folder.resolve("deep/out.jsonl");
        try (var first = opened(file)) {
            first.write("a \"quoted\" ü", signed("id-1", "sig", 2));
            first.write("b", new Signing.Ended.Refused("422 no"));
        }

        try (var second = opened(file)) {
            assertThat(second.has("a \"quoted\" ü")).isTrue();
            assertThat(second.has("b")).isFalse();
        }
        assertThat(Files.readAllLines(file))
                .containsExactly(
                        "{\"message\":\"a \\\"quoted\\\" ü\",\"signature\":\"sig\",\"id\":\"id-1\",\"attempts\":2}",
                        "{\"message\":\"b\",\"error\":\"422 no\"}");
    }

    @Test
    void aLineThatAKillCutOffIsRemovedAndItsMessageAskedAgain() throws IOException {
        Path file = folder.resolve("out.jsonl");
        Files.writeString(
                file, "{\"message\":\"a\",\"signature\":\"s\"}\n{\"message\":\"b\",\"signat");

        try (var signed = opened(file)) {
            assertThat(signed.has("a")).isTrue();
            assertThat(signed.has("b")).isFalse();
            signed.write("b", signed("i", "t", 1));
        }

        assertThat(Files.readAllLines(file)).hasSize(2).last().asString().contains("\"t\"");
    }

    @Test
    void whatWasSignedFromAFileWithAByteOrderMarkIsKnownToTheNextRun() throws IOException {
        Path messages = Files.writeString(folder.resolve("messages"), "\uFEFFfirst\nsecond\n");
        Path file = folder.resolve("out.jsonl");
        try (var first = opened(file)) {
            for (String message : Messages.in(messages)) {
                first.write(message, signed("id", "sig", 1));
            }
        }

        try (var second = opened(file)) {
            assertThat(Messages.in(messages)).hasSize(2).allMatch(second::has);
        }
        assertThat(file).content().startsWith("{\"message\":\"first\",");
    }

    @Test
    void aFileOfSomethingElseIsNotTouched() throws IOException {
        Path file = folder.resolve("notes.txt");
        Files.writeString(file, "dear diary\n");

        assertThatThrownBy(() -> opened(file).close())
                .isInstanceOf(Failure.class)
                .hasMessageContaining("notes.txt:1: is not a line that `sign` writes");
        assertThat(file).content().isEqualTo("dear diary\n");
    }

    @Test
    void figuresAreSummedOverTheirLabels() {
        Figures figures =
                Figures.parse(
                        """
                        # HELP a words
                        a{x="1 2"} 3.0
                        a{x="2"} 4.0
                        b 1.5E3
                        c NaN
                        """);

        assertThat(figures.whole("a")).isEqualTo(7);
        assertThat(figures.whole("b")).isEqualTo(1500);
        assertThat(figures.whole("c")).isZero();
        assertThat(figures.has("d")).isFalse();
    }

    @Test
    void timesAreShownInTheirTwoLargestUnits() {
        assertThat(Progress.clock(59)).isEqualTo("59s");
        assertThat(Progress.clock(192)).isEqualTo("3m12s");
        assertThat(Progress.clock(3700)).isEqualTo("1h01m");
    }
}
