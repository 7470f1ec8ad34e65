package dev.holdfast.app.sign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MessagesTest {
    @TempDir Path folder;

    @Test
    void theLinesThatAreNotEmptyAreTheMessages() throws IOException {
        assertThat(Messages.in(file("a\r\n\n b ü \n\nlast", StandardCharsets.UTF_8)))
                .containsExactly("a", " b ü ", "last");
        assertThat(Messages.in(file("", StandardCharsets.UTF_8))).isEmpty();
    }

    @Test
    void aByteOrderMarkIsNotPartOfTheFirstMessage() throws IOException {
        assertThat(Messages.in(file("\uFEFFa\n\uFEFFb\n", StandardCharsets.UTF_8)))
                .containsExactly("a", "\uFEFFb");
        assertThat(Messages.in(file("\uFEFF\nb", StandardCharsets.UTF_8))).containsExactly("b");
        assertThat(Messages.in(file("\uFEFF", StandardCharsets.UTF_8))).isEmpty();
    }

    @Test
    void theFirstLineThatIsNotUtf8IsNamed() throws IOException {
        Path file = file("eins\nzwei\nfünf\nüber", StandardCharsets.ISO_8859_1);

        assertThatThrownBy(() -> Messages.in(file))
                .isInstanceOf(Messages.NotText.class)
                .hasMessage(file + ":3: is not UTF-8 text");
    }

    @Test
    void aCharacterThatTheFileEndsInIsNamedToo() throws IOException {
        Path file = folder.resolve("messages");
        Files.write(file, new byte[] {'a', '\n', (byte) 0xc3});

        assertThatThrownBy(() -> Messages.in(file)).hasMessage(file + ":2: is not UTF-8 text");
    }

    private Path file(String text, Charset charset) throws IOException {
        return Files.writeString(folder.resolve("messages"), text, charset);
    }
}
