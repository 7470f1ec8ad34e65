package dev.holdfast.outbound;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/**
 * A block of addresses in CIDR notation (RFC 4632, RFC 4291).
 *
 * @param base 4 or 16 bytes, zero behind the prefix
 * @param prefix leading bits that all addresses of the block share
 */
public record Network(InetAddress base, int prefix) {
    private static final Pattern LITERAL =
            Pattern.compile("(?:[0-9]{1,3}\\.){3}[0-9]{1,3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

    /**
     * Reads {@code 10.0.0.0/8}, {@code fd00::/8} or a single address.
     *
     * @throws IllegalArgumentException if it is neither
     */
    public static Network parse(String cidr) {
        int slash = cidr.indexOf('/');
        String literal = slash < 0 ? cidr : cidr.substring(0, slash);
        try {
            if (!LITERAL.matcher(literal).matches()) {
                throw new IllegalArgumentException("not an address: " + literal);
            }
            InetAddress base = InetAddress.ofLiteral(literal);
            int bits = base.getAddress().length * 8;
            int prefix = slash < 0 ? bits : Integer.parseInt(cidr.substring(slash + 1));
            if (prefix < 0 || prefix > bits) {
                throw new IllegalArgumentException("a prefix is between 0 and " + bits);
            }
            return new Network(masked(base, prefix), prefix);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "not a network: '" + cidr + "'; write for example 127.0.0.0/8 or fd00::/8", e);
        }
    }

    /** Whether an address is in it. */
    public boolean contains(InetAddress address) {
        return address.getAddress().length == base.getAddress().length
                && masked(address, prefix).equals(base);
    }

    private static InetAddress masked(InetAddress address, int prefix) {
        byte[] bytes = address.getAddress();
        for (int i = 0; i < bytes.length; i++) {
            int kept = Math.clamp(prefix - 8L * i, 0, 8);
            bytes[i] &= (byte) (0xff << (8 - kept));
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of the same length", e);
        }
    }
}
