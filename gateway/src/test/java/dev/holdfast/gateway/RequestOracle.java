package dev.holdfast.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What RFC 9112 makes of bytes, read in another way than the gateway's: by regular expressions over
 * all of them at once. It shares no code with what it judges.
 */
final class RequestOracle {
    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    private static final Pattern LINE =
            Pattern.compile("(" + TOKEN + ") ([^\\x00-\\x20\\x7f#]+) HTTP/([0-9])\\.([0-9])");
    private static final Pattern FIELD =
            Pattern.compile("(" + TOKEN + "):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*?)[ \\t]*");
    private static final String HOST =
            "(?:\\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\\]|(?:[0-9A-Za-z._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)";
    private static final Pattern AUTHORITY = Pattern.compile(HOST + "(?::([0-9]*))?");
    private static final Pattern CHUNK =
            Pattern.compile(
                    "([0-9A-Fa-f]+)(?:[ \\t]*;[ \\t]*"
                            + TOKEN
                            + "(?:[ \\t]*=[ \\t]*(?:"
                            + TOKEN
                            + "|\"(?:[\\t\\x20-\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]"
                            + "|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*\"))?)*");
    private static final int MAX_FIELDS = 128;
    private static final int MAX_CHUNK_LINE = 256;

    private final String bytes;
    private int at;

    /** How a stream of bytes ends. */
    enum End {
        /** A request asked for its connection to be closed. */
        CLOSE,
        /** What follows the requests is none. */
        MALFORMED_HEAD,
        /** The last request's body is none. */
        MALFORMED_BODY,
        /** More would have to come. */
        INCOMPLETE
    }

    /**
     * @param methods of the requests whose head is well-formed
     */
    record Verdict(List<String> methods, End end) {}

    private static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;
    }

    private static final class Incomplete extends Exception {
        private static final long serialVersionUID = 1;
    }

    private record Head(String method, boolean keepAlive, long length) {}

    private RequestOracle(String bytes) {
        this.bytes = bytes;
    }

    static Verdict of(String bytes) {
        return new RequestOracle(bytes).read();
    }

    private Verdict read() {
        List<String> methods = new ArrayList<>();
        try {
            while (true) {
                Head head;
                try {
                    head = head();
                } catch (Malformed e) {
                    return new Verdict(methods, End.MALFORMED_HEAD);
                }
                methods.add(head.method());
                try {
                    body(head.length());
                } catch (Malformed e) {
                    return new Verdict(methods, End.MALFORMED_BODY);
                }
                if (!head.keepAlive()) {
                    return new Verdict(methods, End.CLOSE);
                }
            }
        } catch (Incomplete e) {
            return new Verdict(methods, End.INCOMPLETE);
        }
    }

    private String line() throws Malformed, Incomplete {
        int end = bytes.indexOf('\n', at);
        if (end < 0) {
            throw new Incomplete();
        }
        if (end == at || bytes.charAt(end - 1) != '\r') {
            throw new Malformed();
        }
        String line = bytes.substring(at, end - 1);
        at = end + 1;
        return line;
    }

    private static Matcher matched(Pattern pattern, String text) throws Malformed {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.matches()) {
            throw new Malformed();
        }
        return matcher;
    }

    private Head head() throws Malformed, Incomplete {
        String first = line();
        Matcher line = matched(LINE, first.isEmpty() ? line() : first);
        String version = line.group(3) + "." + line.group(4);
        if (!version.equals("1.0") && !version.equals("1.1")) {
            throw new Malformed();
        }
        boolean old = version.equals("1.0");
        List<String[]> fields = fields();
        String host = host(line.group(1), line.group(2), fields, old);
        if (host.length() > 0 && !isAuthority(host)) {
            throw new Malformed();
        }
        boolean close = has(fields, "connection", "close");
        boolean keep = !old || has(fields, "connection", "keep-alive");
        return new Head(line.group(1), keep && !close, length(fields, old));
    }

    private List<String[]> fields() throws Malformed, Incomplete {
        List<String[]> fields = new ArrayList<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            Matcher field = matched(FIELD, line);
            fields.add(new String[] {field.group(1).toLowerCase(Locale.ROOT), field.group(2)});
            if (fields.size() > MAX_FIELDS) {
                throw new Malformed();
            }
        }
        return fields;
    }

    private static List<String> all(List<String[]> fields, String name) {
        return fields.stream().filter(f -> f[0].equals(name)).map(f -> f[1]).toList();
    }

    private static boolean has(List<String[]> fields, String name, String token) {
        return all(fields, name).stream()
                .flatMap(v -> List.of(v.split(",")).stream())
                .anyMatch(v -> v.strip().equalsIgnoreCase(token));
    }

    private static String host(String method, String target, List<String[]> fields, boolean old)
            throws Malformed {
        List<String> hosts = all(fields, "host");
        if (hosts.size() > 1 || (hosts.isEmpty() && !old)) {
            throw new Malformed();
        }
        String host = hosts.isEmpty() ? "" : hosts.getFirst();
        if (method.equals("CONNECT")) {
            if (!target.matches("[^:]+:[0-9]+|\\[.*\\]:[0-9]+") || !isAuthority(target)) {
                throw new Malformed();
            }
        } else if (!target.startsWith("/") && !(target.equals("*") && method.equals("OPTIONS"))) {
            Matcher url = matched(Pattern.compile("(?i)(https?)://([^/?]+)([/?].*)?"), target);
            String port = url.group(1).equalsIgnoreCase("http") ? ":80" : ":443";
            String named = url.group(2);
            boolean same = plain(named, port).equalsIgnoreCase(plain(host, port));
            if (!isAuthority(named) || (!hosts.isEmpty() && !same)) {
                throw new Malformed();
            }
        }
        return host;
    }

    private static String plain(String authority, String port) {
        return authority.replaceFirst("(" + port + "|:)$", "");
    }

    private static boolean isAuthority(String text) {
        Matcher matcher = AUTHORITY.matcher(text);
        if (!matcher.matches()) {
            return false;
        }
        String port = matcher.group(1);
        return port == null
                || port.isEmpty()
                || (port.replaceFirst("^0+(?=.)", "").length() < 6
                        && Integer.parseInt(port) < 65_536);
    }

    private static long length(List<String[]> fields, boolean old) throws Malformed {
        List<String> lengths = all(fields, "content-length");
        List<String> encodings = all(fields, "transfer-encoding");
        if (!encodings.isEmpty()) {
            if (old || !lengths.isEmpty() || encodings.size() > 1) {
                throw new Malformed();
            }
            if (!encodings.getFirst().equalsIgnoreCase("chunked")) {
                throw new Malformed();
            }
            return -1;
        }
        if (lengths.isEmpty()) {
            return 0;
        }
        if (lengths.size() > 1 || !lengths.getFirst().matches("[0-9]{1,18}")) {
            throw new Malformed();
        }
        return Long.parseLong(lengths.getFirst());
    }

    private void body(long length) throws Malformed, Incomplete {
        if (length >= 0) {
            skip(length);
            return;
        }
        while (true) {
            int from = at;
            String line = line();
            String size = matched(CHUNK, line).group(1).replaceFirst("^0+(?=.)", "");
            if (at - from - 2 > MAX_CHUNK_LINE || size.length() > 8) {
                throw new Malformed();
            }
            long bytes = Long.parseLong(size, 16);
            if (bytes > Integer.MAX_VALUE) {
                throw new Malformed();
            }
            if (bytes == 0) {
                fields();
                return;
            }
            skip(bytes);
            if (at + 2 > this.bytes.length()) {
                throw new Incomplete();
            }
            if (!this.bytes.startsWith("\r\n", at)) {
                throw new Malformed();
            }
            at += 2;
        }
    }

    private void skip(long length) throws Incomplete {
        if (length > bytes.length() - at) {
            throw new Incomplete();
        }
        at += (int) length;
    }
}
