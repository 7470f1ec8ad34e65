package dev.holdfast.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * JSON lines, one for each message that ended. An existing file is continued: what is signed in it
 * is not asked for again, and a last line that a crash cut off is removed.
 */
final class SignedFile implements AutoCloseable {
    private final ObjectMapper json = new ObjectMapper();
    private final PrintWriter out;
    private final Set<String> signed;
    private final boolean ours;

    /** Lines to {@code file}, or to {@code otherwise} if there is none. */
    SignedFile(@Nullable Path file, Writer otherwise) throws IOException {
        if (file == null) {
            signed = Set.of();
            ours = false;
            out = new PrintWriter(otherwise);
            return;
        }
        if (file.toAbsolutePath().getParent() != null) {
            Files.createDirectories(file.toAbsolutePath().getParent());
        }
        ours = true;
        cutOffPartialLine(file);
        signed = read(file);
        out =
                new PrintWriter(
                        Files.newBufferedWriter(
                                file,
                                StandardCharsets.UTF_8,
                                StandardOpenOption.CREATE,
                                StandardOpenOption.APPEND));
    }

    private static void cutOffPartialLine(Path file) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
            long end = bytes.length();
            while (end > 0) {
                bytes.seek(end - 1);
                if (bytes.read() == '\n') {
                    break;
                }
                end--;
            }
            bytes.setLength(end);
        }
    }

    private Set<String> read(Path file) throws IOException {
        Set<String> found = new HashSet<>();
        if (Files.exists(file)) {
            try (Stream<String> lines = Files.lines(file)) {
                lines.forEach(line -> add(found, line));
            }
        }
        return found;
    }

    private void add(Set<String> found, String line) {
        try {
            JsonNode node = json.readTree(line);
            if (node.hasNonNull("message") && node.hasNonNull("signature")) {
                found.add(node.get("message").asText());
            }
        } catch (JsonProcessingException e) {
            throw Failure.failed(
                    "holdfast: the file of --out holds a line that is not JSON; give another file");
        }
    }

    /** Whether an earlier run has signed it. */
    boolean has(String message) {
        return signed.contains(message);
    }

    /** Writes a line down; it is in the file when this returns. Safe for any thread. */
    synchronized void write(String message, Signing.Ended ended) {
        ObjectNode line = json.createObjectNode().put("message", message);
        switch (ended) {
            case Signing.Ended.Signed s ->
                    line.put("signature", s.result())
                            .put("id", s.id())
                            .put("attempts", s.attempts());
            case Signing.Ended.Refused r -> line.put("error", r.why());
        }
        out.print(line + "\n");
        out.flush();
    }

    @Override
    public void close() {
        out.flush();
        if (ours) {
            out.close();
        }
    }
}
