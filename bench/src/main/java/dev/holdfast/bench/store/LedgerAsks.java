package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Upstreams;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.LongUnaryOperator;

/** Asks for receipts at once, each for another message and in the partition that it is given. */
final class LedgerAsks implements Load.Asks {
    private final String name;
    private final LongUnaryOperator partition;

    /**
     * @param name what their messages begin with
     * @param partition the number of a request's partition, by its own
     */
    LedgerAsks(String name, LongUnaryOperator partition) {
        this.name = name;
        this.partition = partition;
    }

    @Override
    public void fill(ByteBuffer buffer, long number) {
        buffer.clear();
        buffer.put(bytes(number));
        buffer.flip();
    }

    private byte[] bytes(long number) {
        return String.format(
                        Locale.ROOT,
                        "GET /crypto/sign?message=%s+%012d HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                + "Authorization: %s\r\nPrefer: respond-async\r\nX-Tenant: %s\r\n\r\n",
                        name,
                        number,
                        Upstreams.KEY,
                        LedgerRows.key(partition.applyAsLong(number)))
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public int length() {
        return bytes(0).length;
    }
}
