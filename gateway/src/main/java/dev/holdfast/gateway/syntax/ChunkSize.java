package dev.holdfast.gateway.syntax;

/** The line before a chunk (RFC 9112, sections 7.1 and 7.1.1); its extensions are passed over. */
final class ChunkSize {
    private final byte[] line;
    private final int length;
    private int at;

    private ChunkSize(byte[] line, int length) {
        this.line = line;
        this.length = length;
    }

    /**
     * Bytes of the chunk; 0 for the last.
     *
     * @throws Malformed if it is no such line, or one of a chunk over 2^31 - 1 bytes
     */
    static int of(byte[] line, int length) {
        ChunkSize chunk = new ChunkSize(line, length);
        int size = chunk.size();
        chunk.extensions();
        return size;
    }

    private int size() {
        long size = 0;
        int digit;
        while (at < length && (digit = Octets.hex(line[at] & 0xff)) >= 0) {
            size = 16 * size + digit;
            if (size > Integer.MAX_VALUE) {
                throw malformed();
            }
            at++;
        }
        if (at == 0) {
            throw malformed();
        }
        return (int) size;
    }

    private void extensions() {
        while (at < length) {
            spaces();
            expect(';');
            spaces();
            token();
            int end = at;
            spaces();
            if (at < length && line[at] == '=') {
                at++;
                spaces();
                if (at < length && line[at] == '"') {
                    quoted();
                } else {
                    token();
                }
            } else {
                at = end;
            }
        }
    }

    /** Spaces and tabs that nobody should send here and everybody must read. */
    private void spaces() {
        while (at < length && Octets.isSpace(line[at])) {
            at++;
        }
    }

    private void expect(char wanted) {
        if (at == length || line[at] != wanted) {
            throw malformed();
        }
        at++;
    }

    private void token() {
        int begin = at;
        while (at < length && Octets.isToken(line[at])) {
            at++;
        }
        if (at == begin) {
            throw malformed();
        }
    }

    private void quoted() {
        expect('"');
        while (at < length && line[at] != '"') {
            if (line[at] == '\\') {
                at++;
            }
            if (at == length || !Octets.isValue(line[at])) {
                throw malformed();
            }
            at++;
        }
        expect('"');
    }

    static Malformed malformed() {
        return new Malformed("body", "is not well-formed chunks");
    }
}
