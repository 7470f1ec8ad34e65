package dev.holdfast.simulator.door;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/** A log file that is appended to; a line is in the file when {@link #accept} returns. */
public final class LineFile implements Consumer<String>, AutoCloseable {
    private final BufferedWriter writer;

    /**
     * Opens or creates it.
     *
     * @throws IOException if it cannot be written
     */
    public LineFile(Path file) throws IOException {
        this.writer =
                Files.newBufferedWriter(
                        file,
                        StandardCharsets.UTF_8,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
    }

    @Override
    public synchronized void accept(String line) {
        try {
            writer.write(line);
            writer.write('\n');
            writer.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        writer.close();
    }
}
