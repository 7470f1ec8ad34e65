package dev.holdfast.request;

import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that a request carries or an answer brought. Small ones are at hand; large ones stay
 * where they are kept and are read piece by piece, so that nobody has a large one in memory whole.
 */
public sealed interface Body {
    /** Largest body that is at hand, in bytes. */
    int MAX_INLINE_BYTES = 64 << 10;

    /** Largest body of all, in bytes. */
    long MAX_BYTES = 64L << 20;

    /** No bytes. */
    static Body none() {
        return new Inline(new byte[0]);
    }

    /** How many bytes it has. */
    long size();

    /** Whether it has none. */
    default boolean isEmpty() {
        return size() == 0;
    }

    /**
     * One that is at hand.
     *
     * @param bytes at most {@link Result#MAX_BODY_BYTES}, and where they are as they came {@link
     *     #MAX_INLINE_BYTES}; nobody changes them
     */
    @SuppressWarnings("ArrayRecordComponent") // Compared by what is in it, below.
    record Inline(byte[] bytes) implements Body {
        public Inline {
            if (bytes.length > Result.MAX_BODY_BYTES) {
                throw new IllegalArgumentException("not a small body: " + bytes.length + " bytes");
            }
        }

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Inline that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }

        /** Without the bytes: they may be secret. */
        @Override
        public String toString() {
            return "Inline[" + bytes.length + " bytes]";
        }
    }

    /**
     * One that the store keeps in pieces.
     *
     * @param id its name there
     * @param size in bytes, at most {@link #MAX_BYTES}
     */
    record Kept(UUID id, long size) implements Body {
        public Kept {
            if (size < 0 || size > MAX_BYTES) {
                throw new IllegalArgumentException("a body of " + size + " bytes");
            }
        }
    }
}
