package dev.holdfast.app.batch;

import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.FileTrouble;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where the results of {@code batch} go. An existing file of them is continued: a last line that
 * was cut off is removed. A file that holds anything else is refused and stays as it is; nothing is
 * written before {@link #begin}.
 */
final class ResultLines implements AutoCloseable {
    /** What of a line tells its number, its request and how that ended, in bytes. */
    private static final int HEAD_BYTES = 128;

    private static final String GOOD = "\"status\":\"succeeded\"";

    private static final String START = "{\"line\":";
    private static final Pattern HEAD =
            Pattern.compile("\\{\"line\":([1-9][0-9]{0,8}),.*", Pattern.DOTALL);
    private static final int BUFFER_BYTES = 1 << 16;

    private final @Nullable Path file;
    private final PrintWriter out;
    private @Nullable FileChannel channel;
    private int last;
    private int failed;
    private long end;
    private long length;
    private long goodFrom;
    private long goodBytes;

    /**
     * @param file null: to {@code out}
     * @throws Failure if the file cannot be read or is none of ours
     */
    ResultLines(@Nullable Path file, PrintWriter out) {
        this.file = file;
        this.out = out;
        if (file == null || !Files.exists(file)) {
            return;
        }
        if (!Files.isRegularFile(file)) {
            throw Failure.usage("holdfast: --out " + file + " is not a file");
        }
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES)) {
            read(in, file);
        } catch (IOException e) {
            throw Failure.failed("holdfast: cannot read " + file + ": " + FileTrouble.words(e));
        }
    }

    private void read(InputStream in, Path from) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int lines = 1;
        for (int b = in.read(); b >= 0; b = in.read()) {
            length++;
            if (b != '\n') {
                if (head.size() < HEAD_BYTES) {
                    head.write(b);
                }
                continue;
            }
            Matcher ours = HEAD.matcher(head.toString(StandardCharsets.UTF_8));
            if (!ours.matches() || Integer.parseInt(ours.group(1)) <= last) {
                throw notOurs(from, lines);
            }
            last = Integer.parseInt(ours.group(1));
            boolean good = ours.group().contains(GOOD);
            failed += good ? 0 : 1;
            if (good) {
                goodFrom = end;
                goodBytes = length - end;
            }
            head.reset();
            lines++;
            end = length;
        }
        String rest = head.toString(StandardCharsets.UTF_8);
        boolean begun = rest.startsWith(START) || START.startsWith(rest);
        if (!begun) {
            throw notOurs(from, lines);
        }
    }

    private static Failure notOurs(Path file, int line) {
        return Failure.usage(
                "holdfast: "
                        + file
                        + ":"
                        + line
                        + ": is not a line that `batch` writes; the file stays as it is, give --out"
                        + " another");
    }

    /** The number of the last line whose result is there; 0 for none. */
    int last() {
        return last;
    }

    /** The last line that tells of a success; null if there is none. */
    @Nullable String lastGood() throws IOException {
        if (file == null || goodBytes == 0) {
            return null;
        }
        try (InputStream in = Files.newInputStream(file)) {
            in.skipNBytes(goodFrom);
            return new String(in.readNBytes((int) goodBytes), StandardCharsets.UTF_8);
        }
    }

    /** How many lines without a result are there. */
    int failed() {
        return failed;
    }

    /** Makes it ready to be written. */
    void begin() {
        if (file == null) {
            return;
        }
        try {
            FileChannel open =
                    FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            channel = open;
            if (!alone(open) || open.size() != length) {
                throw Failure.failed(
                        "holdfast: another program is writing to " + file + "; give --out another");
            }
            open.truncate(end).position(end);
        } catch (IOException e) {
            throw lost(file, e);
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

    /** Writes a line down. */
    void write(String line) {
        FileChannel open = channel;
        if (file == null || open == null) {
            out.println(line);
            out.flush();
            return;
        }
        ByteBuffer left = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (left.hasRemaining()) {
                open.write(left);
            }
        } catch (IOException e) {
            throw lost(file, e);
        }
    }

    private static Failure lost(Path file, IOException e) {
        return Failure.failed(
                "holdfast: cannot write "
                        + file
                        + ": "
                        + FileTrouble.words(e)
                        + "; what it holds is kept, and the same command goes on from there");
    }

    @Override
    public void close() {
        FileChannel open = channel;
        if (file != null && open != null) {
            try {
                open.close();
            } catch (IOException e) {
                throw lost(file, e);
            }
        }
    }
}
