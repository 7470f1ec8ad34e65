package dev.holdfast.app.sign;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file of messages in UTF-8, a line each; a byte order mark before the first is none of it. */
public final class Messages {
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    /** Largest file that is read, in bytes: millions of messages. */
    static final int MAX_FILE_BYTES = 256 << 20;

    private Messages() {}

    /** It is not UTF-8; the message says where. */
    static final class NotText extends IOException {
        private static final long serialVersionUID = 1L;

        NotText(String message) {
            super(message);
        }
    }

    /**
     * Its lines that are not empty.
     *
     * @throws NotText with the first line that is not UTF-8
     * @throws IOException if it cannot be read or is larger than {@link #MAX_FILE_BYTES}
     */
    static List<String> in(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(bounded(file));
        CharBuffer text = CharBuffer.allocate(bytes.remaining());
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CoderResult result = decoder.decode(bytes, text, true);
        text.flip();
        if (result.isError()) {
            long line = 1 + text.chars().filter(c -> c == '\n').count();
            throw new NotText(file + ":" + line + ": is not UTF-8 text");
        }
        if (!text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK) {
            text.get();
        }
        return text.toString().lines().filter(line -> !line.isEmpty()).toList();
    }

    private static byte[] bounded(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException("it is a folder");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
            if (bytes.length > MAX_FILE_BYTES) {
                throw new IOException(
                        "it is larger than " + (MAX_FILE_BYTES >> 20) + " MiB; split it");
            }
            return bytes;
        }
    }
}
