package dev.holdfast.outbound;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The addresses that are not plain public ones: the IANA special-purpose registries (RFC 6890 and
 * its updates) and what clouds use for themselves.
 */
final class SpecialNetworks {
    private record Special(Network network, String what) {}

    private static final List<Special> IPV4 =
            specials(
                    Map.ofEntries(
                            Map.entry("0.0.0.0/8", "this network"),
                            Map.entry("10.0.0.0/8", "private"),
                            Map.entry("100.64.0.0/10", "shared by carriers"),
                            Map.entry("127.0.0.0/8", "loopback"),
                            Map.entry("168.63.129.16/32", "a cloud's metadata service"),
                            Map.entry("169.254.0.0/16", "link-local"),
                            Map.entry("172.16.0.0/12", "private"),
                            Map.entry("192.0.0.0/24", "reserved for protocols"),
                            Map.entry("192.0.2.0/24", "for documentation"),
                            Map.entry("192.88.99.0/24", "a 6to4 relay"),
                            Map.entry("192.168.0.0/16", "private"),
                            Map.entry("198.18.0.0/15", "for benchmarks"),
                            Map.entry("198.51.100.0/24", "for documentation"),
                            Map.entry("203.0.113.0/24", "for documentation"),
                            Map.entry("224.0.0.0/4", "multicast"),
                            Map.entry("240.0.0.0/4", "reserved")));

    /** Beside these, everything outside of 2000::/3 is special. */
    private static final List<Special> IPV6 =
            specials(
                    Map.ofEntries(
                            Map.entry("::/128", "unspecified"),
                            Map.entry("::1/128", "loopback"),
                            Map.entry("64:ff9b:1::/48", "a private translation to IPv4"),
                            Map.entry("2001::/23", "reserved for protocols"),
                            Map.entry("2001:db8::/32", "for documentation"),
                            Map.entry("2002::/16", "6to4"),
                            Map.entry("3fff::/20", "for documentation"),
                            Map.entry("fc00::/7", "private"),
                            Map.entry("fe80::/10", "link-local"),
                            Map.entry("fec0::/10", "site-local"),
                            Map.entry("ff00::/8", "multicast")));

    private static final Network GLOBAL_UNICAST = Network.parse("2000::/3");

    /** Prefixes behind which an IPv4 address is reached: mapped (RFC 4291), NAT64 (RFC 6052). */
    private static final List<byte[]> TRANSLATED =
            List.of(
                    new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff, (byte) 0xff},
                    new byte[] {0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 0, 0, 0, 0, 0, 0, 0});

    private SpecialNetworks() {}

    /** The address that is reached in the end: the IPv4 one inside of a translated IPv6 one. */
    static InetAddress reached(InetAddress address) {
        byte[] bytes = address.getAddress();
        boolean translated =
                address instanceof Inet6Address
                        && TRANSLATED.stream().anyMatch(prefix -> startsWith(bytes, prefix));
        try {
            return InetAddress.getByAddress(translated ? Arrays.copyOfRange(bytes, 12, 16) : bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes", e);
        }
    }

    /** What is special about {@code address}; empty for a plain public one. */
    static Optional<String> special(InetAddress address) {
        InetAddress reached = reached(address);
        Stream<Special> specials = (reached instanceof Inet4Address ? IPV4 : IPV6).stream();
        Optional<String> what =
                specials.filter(special -> special.network().contains(reached))
                        .findFirst()
                        .map(Special::what);
        return what.isEmpty()
                        && reached instanceof Inet6Address
                        && !GLOBAL_UNICAST.contains(reached)
                ? Optional.of("not public")
                : what;
    }

    private static boolean startsWith(byte[] bytes, byte[] prefix) {
        return Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static List<Special> specials(Map<String, String> networks) {
        return networks.entrySet().stream()
                .map(entry -> new Special(Network.parse(entry.getKey()), entry.getValue()))
                .toList();
    }
}
