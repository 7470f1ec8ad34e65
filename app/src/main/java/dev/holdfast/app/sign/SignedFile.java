package dev.holdfast.app.sign;

import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.FileTrouble;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The lines of {@code sign} in a file. An existing one is continued: what is signed in it is not
 * asked for again, a last line that was cut off is removed, one that only lacks its newline is
 * kept. A file that holds anything else is refused and stays as it is; nothing is written before
 * {@link #begin}.
 */
public final class SignedFile implements SignedLines {
    /** Longest line that is taken for one of ours, in bytes. */
    private static final int MAX_LINE_BYTES = 32 << 20;

    private static final int BUFFER_BYTES = 1 << 16;

    private final Path file;

    /** A device or a pipe is written to, but nothing can be read back from it. */
    private final boolean continued;

    private final Set<String> signed = new HashSet<>();
    private final Map<String, Integer> failures = new HashMap<>();

    /** Where the last whole line ends, in bytes. */
    private long end;

    /** How long the file was when it was read, in bytes. */
    private long length;

    private boolean newlineMissing;
    private @Nullable FileChannel channel;

    /**
     * Reads what the file holds, if it is there.
     *
     * @throws Failure if it cannot be read or is none of ours
     */
    public SignedFile(Path file) {
        this.file = file;
        if (Files.isDirectory(file)) {
            throw Failure.usage("holdfast: --out " + file + " is a folder; name a file in it");
        }
        continued = !Files.exists(file) || Files.isRegularFile(file);
        if (Files.isRegularFile(file)) {
            try (InputStream in =
                    new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES)) {
                read(in);
            } catch (IOException e) {
                throw Failure.failed("holdfast: cannot read " + file + ": " + FileTrouble.words(e));
            }
        }
    }

    private void read(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        long number = 1;
        for (int b = in.read(); b >= 0; b = in.read()) {
            length++;
            if (b == '\n') {
                if (line.size() > 0 && !take(line.toByteArray())) {
                    throw notOurs(number);
                }
                line.reset();
                number++;
                end = length;
            } else if (line.size() < MAX_LINE_BYTES && (line.size() > 0 || b == '{' || b == '\r')) {
                line.write(b);
            } else {
                throw notOurs(number);
            }
        }
        if (line.size() > 0) {
            newlineMissing = take(line.toByteArray());
            if (newlineMissing) {
                end = length;
            } else if (!SignedLine.begun(line.toByteArray())) {
                throw notOurs(number);
            }
        }
    }

    private boolean take(byte[] bytes) {
        SignedLine line = SignedLine.read(bytes);
        if (line != null && line.signed()) {
            signed.add(line.message());
        } else if (line != null) {
            failures.merge(line.message(), 1, Integer::sum);
        }
        return line != null || (bytes.length == 1 && bytes[0] == '\r');
    }

    private Failure notOurs(long line) {
        return Failure.usage(
                "holdfast: "
                        + file
                        + ":"
                        + line
                        + ": is not a line that `sign` writes; the file stays as it is, give --out"
                        + " another");
    }

    @Override
    public boolean has(String message) {
        return signed.contains(message);
    }

    @Override
    public boolean continues() {
        return continued;
    }

    @Override
    public int failures(String message) {
        return failures.getOrDefault(message, 0);
    }

    @Override
    public void begin() {
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null && !Files.isDirectory(folder)) {
                Files.createDirectories(folder);
            }
            if (!continued) {
                channel = FileChannel.open(file, StandardOpenOption.WRITE);
                return;
            }
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!alone(channel) || channel.size() != length) {
                channel.close();
                throw Failure.failed(
                        "holdfast: another program is writing to " + file + "; give --out another");
            }
            channel.truncate(end).position(end);
            if (newlineMissing) {
                append(new byte[] {'\n'});
            }
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** Whether no other process writes to it; where nothing can be locked, so it is taken. */
    private static boolean alone(FileChannel channel) {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public void write(String message, Signing.Ended ended) {
        try {
            append(SignedLine.of(message, ended));
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** Writes all of it or, as far as the file allows, nothing. */
    private void append(byte[] bytes) throws IOException {
        FileChannel open = channel;
        if (open == null) {
            throw new IllegalStateException("the file has not begun");
        }
        ByteBuffer left = ByteBuffer.wrap(bytes);
        try {
            while (left.hasRemaining()) {
                open.write(left);
            }
            end += bytes.length;
        } catch (IOException e) {
            if (continued && open.isOpen()) {
                open.truncate(end);
            }
            throw e;
        }
    }

    private Failure lost(IOException e) {
        return Failure.failed(
                "holdfast: cannot write "
                        + file
                        + ": "
                        + FileTrouble.words(e)
                        + "; what it holds is kept, and the same command goes on from there");
    }

    @Override
    public void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw lost(e);
        }
    }
}
