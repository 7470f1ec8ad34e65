package dev.holdfast.app.power;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a process did with its files, as {@code disk.c} wrote it down.
 *
 * @param path of the file or folder; of {@link Kind#UNKNOWN} what was called
 * @param nanos the monotonic clock before it was done, of {@link Kind#SYNCED} after it was; the
 *     same clock as that of {@link System#nanoTime}
 * @param offset where it was written, or the length a file was cut to
 * @param bytes what was written
 * @param thread who did it
 */
record Operation(Kind kind, String path, long nanos, long offset, ByteBuffer bytes, long thread) {
    /** In the order of {@code disk.c}, from 1. */
    enum Kind {
        CREATE,
        FOLDER,
        REMOVE,
        WRITE,
        TRUNCATE,
        SYNC,
        SYNCED,
        UNKNOWN
    }

    private static final List<Kind> KINDS = List.of(Kind.values());
    private static final int HEAD_BYTES = 40;

    /** How many bytes were written. */
    int length() {
        return bytes.capacity();
    }

    /** All of a log but a last one that its process did not write to the end. */
    static List<Operation> read(Path log) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(log)).order(ByteOrder.nativeOrder());
        List<Operation> operations = new ArrayList<>();
        while (in.remaining() >= HEAD_BYTES) {
            Kind kind = KINDS.get(in.getInt() - 1);
            byte[] path = new byte[in.getInt()];
            long nanos = in.getLong();
            long offset = in.getLong();
            long length = in.getLong();
            long thread = in.getLong();
            int written = kind == Kind.WRITE ? Math.toIntExact(length) : 0;
            if (in.remaining() < path.length + written) {
                break;
            }
            in.get(path);
            ByteBuffer bytes = in.slice(in.position(), written);
            in.position(in.position() + written);
            String name = new String(path, StandardCharsets.UTF_8);
            operations.add(new Operation(kind, name, nanos, offset, bytes, thread));
        }
        return operations;
    }
}
