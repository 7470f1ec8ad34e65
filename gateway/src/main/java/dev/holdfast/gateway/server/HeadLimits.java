package dev.holdfast.gateway.server;

/** How large the head of a request may be. */
public final class HeadLimits {
    /** Longest request line, in bytes: the longest parameters, percent-encoded. */
    public static final int MAX_REQUEST_LINE_BYTES = 64 * 1024;

    /** All headers of a request together, in bytes. */
    public static final int MAX_HEADER_BYTES = 16 * 1024;

    /** Headers of a request. */
    public static final int MAX_HEADERS = 128;

    private HeadLimits() {}
}
