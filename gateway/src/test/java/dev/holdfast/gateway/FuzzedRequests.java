package dev.holdfast.gateway;

import java.util.random.RandomGenerator;

/** Makes requests that are nearly right, and bytes that once were. */
final class FuzzedRequests {
    private static final String[] METHODS = {
        "GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "CONNECT", "DELETE", "get", "G\tT", "",
        "PRI"
    };
    private static final String[] TARGETS = {
        "/livez",
        "/livez",
        "/livez",
        "/livez?a=b",
        "/x",
        "*",
        "http://h/livez",
        "http://h:80/livez",
        "https://h/livez",
        "http://u@h/livez",
        "h:443",
        "livez",
        "//x",
        "/a%00",
        "/\u00e4",
        "/a#b",
        ""
    };
    private static final String[] VERSIONS = {
        "HTTP/1.1",
        "HTTP/1.1",
        "HTTP/1.1",
        "HTTP/1.1",
        "HTTP/1.0",
        "HTTP/2.0",
        "HTTP/0.9",
        "HTTP/1.2",
        "http/1.1",
        "HTTP/1.10",
        "HTTP/1",
        ""
    };
    private static final String[] HOSTS = {
        "Host: h",
        "Host: h",
        "Host: h",
        "Host: h",
        "host:h",
        "Host: H:80",
        "Host: [::1]:8",
        "Host:",
        "Host: h/e",
        "Host: a@h",
        "Host : h",
        "Host: h:99999",
        "Host: h\r\nHost: h",
        "X: h"
    };
    private static final String[] FIELDS = {
        "A: b",
        "A:b",
        "A: ",
        "A: \u00e4",
        "A: b\tc",
        ": b",
        "A : b",
        " A: b",
        "A",
        "A: b\r\n c",
        "A: b\rc",
        "A: b\0",
        "A(: b",
        "Connection: keep-alive",
        "Connection: close",
        "TE: trailers",
        "Expect: 100-continue",
        "Upgrade: h2c",
        "Content-Length: 3",
        "Content-Length: +3",
        "Content-Length: 3, 3",
        "Content-Length: 03",
        "Content-Length: 0x3",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding:\u000bchunked",
        "Transfer-Encoding: identity"
    };
    private static final String[] CHUNKS = {
        "3\r\nabc\r\n",
        "3\r\nabc\r\n",
        "3;a\r\nabc\r\n",
        "3;a=\"b\"\r\nabc\r\n",
        "03\r\nabc\r\n",
        "3 ;a\r\nabc\r\n",
        " 3\r\nabc\r\n",
        "3 \r\nabc\r\n",
        "100000003\r\nabc\r\n",
        "3;a=\"b\r\nabc\r\n",
        "3\nabc\n",
        "3\r\nabcd\r\n",
        "-3\r\nabc\r\n",
        "0x3\r\nabc\r\n",
        "3\r\nabc",
        "\r\n"
    };
    private static final String[] ENDS = {
        "0\r\n\r\n",
        "0\r\n\r\n",
        "0\r\n\r\n",
        "0\r\nA: b\r\n\r\n",
        "000\r\n\r\n",
        "0\r\nA\r\n\r\n",
        "0\r\n: b\r\n\r\n",
        "0\n\n",
        "0;\r\n\r\n",
        "0\r\n"
    };
    private static final String[] PIECES = {
        "\r",
        "\n",
        "\r\n",
        "\0",
        " ",
        "\t",
        ":",
        ";",
        "\"",
        ",",
        "0",
        "\u00ff",
        "\r\n\r\n",
        "\u000b",
        "\u007f",
        "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "GET / HTTP/1.1\r\n"
    };

    private final RandomGenerator random;

    FuzzedRequests(RandomGenerator random) {
        this.random = random;
    }

    /** Bytes, a character each; now and then without the end of the last request. */
    String next(String last) {
        String text = requests() + last;
        return random.nextInt(15) > 0 ? text : text.substring(0, random.nextInt(text.length()));
    }

    private String requests() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(3); i >= 0; i--) {
            request(text);
        }
        if (random.nextInt(3) == 0) {
            for (int i = random.nextInt(3); i >= 0; i--) {
                mutate(text);
            }
        }
        return text.toString();
    }

    private String any(String[] choices, int often) {
        // Mostly the first, so that most of a request is right.
        return choices[random.nextInt(often) > 0 ? 0 : random.nextInt(choices.length)];
    }

    private void request(StringBuilder text) {
        text.append(random.nextInt(30) == 0 ? "\r\n" : "");
        text.append(any(METHODS, 12)).append(any(new String[] {" ", "  ", "\t", ""}, 60));
        text.append(any(TARGETS, 8)).append(any(new String[] {" ", "  ", "\t", ""}, 60));
        text.append(any(VERSIONS, 15)).append("\r\n").append(any(HOSTS, 12)).append("\r\n");
        for (int i = random.nextInt(3); i > 0; i--) {
            text.append(any(FIELDS, 5)).append(any(new String[] {"\r\n", "\n", "\r"}, 60));
        }
        switch (random.nextInt(4)) {
            case 0 -> text.append("Content-Length: 3\r\n\r\nabc");
            case 1 -> {
                text.append("Transfer-Encoding: chunked\r\n\r\n");
                for (int i = random.nextInt(3); i > 0; i--) {
                    text.append(any(CHUNKS, 6));
                }
                text.append(any(ENDS, 6));
            }
            default -> text.append("\r\n");
        }
    }

    private void mutate(StringBuilder text) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(5)) {
            case 0 -> text.setCharAt(at, (char) random.nextInt(256));
            case 1 -> text.deleteCharAt(at);
            case 2 -> text.insert(at, PIECES[random.nextInt(PIECES.length)]);
            case 3 -> text.delete(at, Math.min(text.length(), at + random.nextInt(20)));
            default -> text.insert(at, text.substring(at, Math.min(text.length(), at + 30)));
        }
        if (text.isEmpty()) {
            text.append(' ');
        }
    }
}
