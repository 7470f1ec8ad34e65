package dev.holdfast.app.config;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Networks as {@code address/prefix}; RFC 4632 and RFC 4291. */
final class Cidr {
    private Cidr() {}

    /** The same text, or an {@link IllegalArgumentException} that says what is wrong with it. */
    static String checked(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        byte[] bytes = bytes(address);
        int bits = bytes.length * 8;
        int prefix = slash < 0 ? bits : prefix(text.substring(slash + 1), bits);
        byte[] network = bytes.clone();
        for (int i = prefix; i < bits; i++) {
            network[i / 8] &= (byte) ~(0x80 >> (i % 8));
        }
        if (!java.util.Arrays.equals(network, bytes)) {
            throw new IllegalArgumentException(
                    "has bits beyond its prefix; did you mean "
                            + literal(network)
                            + "/"
                            + prefix
                            + "?");
        }
        return slash < 0 ? text + "/" + bits : text;
    }

    private static byte[] bytes(String address) {
        try {
            return InetAddress.ofLiteral(address).getAddress();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("is not an address in CIDR notation", e);
        }
    }

    private static int prefix(String text, int bits) {
        int prefix = text.matches("[0-9]{1,3}") ? Integer.parseInt(text) : -1;
        if (prefix < 0 || prefix > bits) {
            throw new IllegalArgumentException("its prefix must be 0 to " + bits);
        }
        return prefix;
    }

    private static String literal(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are always an address", e);
        }
    }
}
