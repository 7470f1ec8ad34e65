package dev.holdfast.gateway.syntax;

/** A host with or without a port, as {@code Host} has it (RFC 9110, section 7.2; RFC 3986, 3.2). */
final class Authority {
    private static final int MAX_PORT = 65_535;

    /** Longest text of an IPv6 address, with an IPv4 address at its end. */
    private static final int MAX_ADDRESS = 45;

    private Authority() {}

    /** Whether it is a host, which may be empty, with or without a port, and nobody's name. */
    static boolean isValid(String text) {
        int end = hostEnd(text);
        return end >= 0 && (end == text.length() || isPort(text, end));
    }

    /** Whether it is a host and a port, as the target of CONNECT is. */
    static boolean isWithPort(String text) {
        int end = hostEnd(text);
        return end > 0 && end + 1 < text.length() && isPort(text, end);
    }

    /** Whether both name the same host and port by this scheme. */
    static boolean isSame(String one, String other, String scheme) {
        return one.equalsIgnoreCase(other)
                || withoutPort(one, scheme).equalsIgnoreCase(withoutPort(other, scheme));
    }

    private static String withoutPort(String text, String scheme) {
        String usual = scheme.equalsIgnoreCase("https") ? ":443" : ":80";
        if (text.endsWith(usual)) {
            return text.substring(0, text.length() - usual.length());
        }
        return text.endsWith(":") ? text.substring(0, text.length() - 1) : text;
    }

    /** Where its host ends, or -1 if there is none. */
    private static int hostEnd(String text) {
        if (text.startsWith("[")) {
            int close = text.indexOf(']');
            return close > 0 && isAddress(text, close) ? close + 1 : -1;
        }
        int at = 0;
        while (at < text.length() && text.charAt(at) != ':') {
            char c = text.charAt(at);
            if (c == '%') {
                if (at + 2 >= text.length()
                        || Octets.hex(text.charAt(at + 1)) < 0
                        || Octets.hex(text.charAt(at + 2)) < 0) {
                    return -1;
                }
                at += 3;
            } else if (Octets.isHost(c)) {
                at++;
            } else {
                return -1;
            }
        }
        return at;
    }

    private static boolean isAddress(String text, int end) {
        boolean colon = false;
        for (int i = 1; i < end; i++) {
            char c = text.charAt(i);
            colon |= c == ':';
            if (Octets.hex(c) < 0 && c != ':' && c != '.') {
                return false;
            }
        }
        return colon && end - 1 <= MAX_ADDRESS;
    }

    /** Whether the rest is a colon and a port, which may be empty. */
    private static boolean isPort(String text, int from) {
        if (text.charAt(from) != ':') {
            return false;
        }
        int port = 0;
        for (int i = from + 1; i < text.length(); i++) {
            if (!Octets.isDigit(text.charAt(i))) {
                return false;
            }
            port = 10 * port + text.charAt(i) - '0';
            if (port > MAX_PORT) {
                return false;
            }
        }
        return true;
    }
}
