package dev.holdfast.store.sql;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** UUIDs as 16 bytes, in the order of their making (version 7, RFC 9562). */
public final class UuidBytes {
    private static final long VERSION_7 = 0x7000L;
    private static final long VARIANT = 0x8000_0000_0000_0000L;
    private static final int RANDOM_HIGH_BITS = 0xFFF;

    private UuidBytes() {}

    static byte[] of(UUID id) {
        return ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
    }

    static UUID read(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    /** When it was made, wall time. */
    static Instant time(UUID id) {
        return Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16);
    }

    /** The first id that can be made at that time or later, wall time: an id knows milliseconds. */
    static UUID first(Instant wall) {
        long begun = wall.toEpochMilli();
        long millis = Instant.ofEpochMilli(begun).isBefore(wall) ? begun + 1 : begun;
        return new UUID(millis << 16 | VERSION_7, VARIANT);
    }

    public static UUID make(long wallMillis, RandomGenerator random) {
        long high = wallMillis << 16 | VERSION_7 | (random.nextLong() & RANDOM_HIGH_BITS);
        return new UUID(high, random.nextLong() >>> 2 | VARIANT);
    }

    /** The order of the bytes; {@link UUID#compareTo} compares signed. */
    public static int compare(UUID a, UUID b) {
        int high = Long.compareUnsigned(a.getMostSignificantBits(), b.getMostSignificantBits());
        return high != 0
                ? high
                : Long.compareUnsigned(a.getLeastSignificantBits(), b.getLeastSignificantBits());
    }
}
