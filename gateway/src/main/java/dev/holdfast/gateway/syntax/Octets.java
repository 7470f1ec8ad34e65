package dev.holdfast.gateway.syntax;

/** What each byte may be part of (RFC 9110, sections 5.5 and 5.6.2; RFC 3986, section 3.2.2). */
final class Octets {
    private static final int TOKEN = 1;
    private static final int TARGET = 2;
    private static final int VALUE = 4;
    private static final int HOST = 8;
    private static final byte[] PARTS = parts();

    private Octets() {}

    private static byte[] parts() {
        byte[] parts = new byte[256];
        for (int c = 0; c < parts.length; c++) {
            boolean letter = isDigit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
            int part = 0;
            if (letter || "!#$%&'*+-.^_`|~".indexOf(c) >= 0) {
                part |= TOKEN;
            }
            // Browsers and people send more than RFC 3986 has: only what parts a line does harm,
            // and a fragment, which some readers would cut off.
            if (c > ' ' && c != 0x7f && c != '#') {
                part |= TARGET;
            }
            if ((c >= ' ' && c != 0x7f) || c == '\t') {
                part |= VALUE;
            }
            if (letter || "-._~!$&'()*+,;=".indexOf(c) >= 0) {
                part |= HOST;
            }
            parts[c] = (byte) part;
        }
        return parts;
    }

    static boolean isToken(int octet) {
        return (PARTS[octet & 0xff] & TOKEN) != 0;
    }

    static boolean isTarget(int octet) {
        return (PARTS[octet & 0xff] & TARGET) != 0;
    }

    static boolean isValue(int octet) {
        return (PARTS[octet & 0xff] & VALUE) != 0;
    }

    /** Of a name of a host, without what is percent-encoded. */
    static boolean isHost(int character) {
        return character < 0x80 && (PARTS[character] & HOST) != 0;
    }

    static boolean isSpace(int octet) {
        return octet == ' ' || octet == '\t';
    }

    static boolean isDigit(int octet) {
        return octet >= '0' && octet <= '9';
    }

    /** Its value, or -1 if it is no hexadecimal digit. */
    static int hex(int octet) {
        return octet < 0x80 ? Character.digit(octet, 16) : -1;
    }
}
