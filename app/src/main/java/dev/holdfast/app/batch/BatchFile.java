package dev.holdfast.app.batch;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** A file of lines, in parts that a gateway takes as a batch each. */
final class BatchFile {
    private static final int BUFFER_BYTES = 1 << 16;

    private final Path path;
    private final List<Part> parts = new ArrayList<>();

    /**
     * Some of the lines.
     *
     * @param before lines of the file before its first one
     * @param lines how many it has
     * @param from where it begins, in bytes
     * @param bytes how long it is
     * @param digest tells what is in it from anything else
     */
    record Part(int before, int lines, long from, long bytes, String digest) {}

    /** Reads where the parts are. */
    BatchFile(Path path, int partLines) throws IOException {
        this.path = path;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path), BUFFER_BYTES)) {
            cut(in, partLines);
        }
    }

    private void cut(InputStream in, int partLines) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        MessageDigest digest = sha256();
        int before = 0;
        int lines = 0;
        long from = 0;
        long at = 0;
        boolean open = false;
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            int begun = 0;
            for (int i = 0; i < count; i++) {
                open = buffer[i] != '\n';
                if (!open && ++lines == partLines) {
                    digest.update(buffer, begun, i + 1 - begun);
                    begun = i + 1;
                    long end = at + begun;
                    parts.add(part(before, lines, from, end, digest));
                    before += lines;
                    lines = 0;
                    from = end;
                }
            }
            digest.update(buffer, begun, count - begun);
            at += count;
        }
        lines += open ? 1 : 0;
        if (lines > 0) {
            parts.add(part(before, lines, from, at, digest));
        }
    }

    private static Part part(int before, int lines, long from, long end, MessageDigest digest) {
        String sum = HexFormat.of().formatHex(digest.digest());
        return new Part(before, lines, from, end - from, sum);
    }

    List<Part> parts() {
        return List.copyOf(parts);
    }

    int lines() {
        return parts.stream().mapToInt(Part::lines).sum();
    }

    /** The line of this number, from 1; nothing if there is none. */
    String line(int number) throws IOException {
        try (Stream<String> all = Files.lines(path, StandardCharsets.ISO_8859_1)) {
            return all.skip(number - 1L)
                    .findFirst()
                    .map(line -> line.getBytes(StandardCharsets.ISO_8859_1))
                    .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                    .orElse("");
        }
    }

    /** What is in a part. */
    InputStream open(Part part) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(path), BUFFER_BYTES);
        in.skipNBytes(part.from());
        return new Bounded(in, part.bytes());
    }

    /** So much of a stream. */
    private static final class Bounded extends InputStream {
        private final InputStream in;
        private long left;

        Bounded(InputStream in, long bytes) {
            this.in = in;
            this.left = bytes;
        }

        @Override
        public int read() throws IOException {
            int next = left == 0 ? -1 : in.read();
            left -= next < 0 ? 0 : 1;
            return next;
        }

        @Override
        public int read(byte[] bytes, int from, int most) throws IOException {
            int count = left == 0 ? -1 : in.read(bytes, from, (int) Math.min(most, left));
            left -= Math.max(0, count);
            return count;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
