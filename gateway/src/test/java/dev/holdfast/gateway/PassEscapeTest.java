package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.SafePath;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing that a caller writes leaves the upstream's URL or smuggles a header (P7): a corpus of
 * what has led elsewhere at some time, somewhere, and streams of what could; the peer shows what
 * arrived. {@code -Dholdfast.fuzz=1000000} is the long form, {@code -Dholdfast.fuzz.seed} begins
 * elsewhere.
 */
class PassEscapeTest {
    private static final int REQUESTS = Integer.getInteger("holdfast.fuzz", 2_000);
    private static final long FIRST_SEED = Long.getLong("holdfast.fuzz.seed", 1);

    /** Most wait: for what is not whole, until the gateway loses its patience. */
    private static final int SENDERS = 256;

    /** Targets that are refused, or lead to nothing; none of them comes to the upstream. */
    private static final List<String> REFUSED =
            List.of(
                    "/any/..",
                    "/any/../",
                    "/any/../admin",
                    "/any/a/../../admin",
                    "/any/a/..",
                    "/any/./a",
                    "/any/.",
                    "/any/%2e",
                    "/any/%2e/a",
                    "/any/%2e%2e",
                    "/any/%2e%2e/admin",
                    "/any/%2E%2E/admin",
                    "/any/.%2e/admin",
                    "/any/%2e./admin",
                    "/any/%2e%2e%2fadmin",
                    "/any/..%2fadmin",
                    "/any/..%2Fadmin",
                    "/any/..%5cadmin",
                    "/any/..\\admin",
                    "/any/%5c..%5cadmin",
                    "/any/..;/admin",
                    "/any/..;a=b/admin",
                    "/any/%2e%2e;/admin",
                    "/any/.;/a",
                    "/any/%252e%252e/admin",
                    "/any/%252E./admin",
                    "/any/%25252e%25252e/admin",
                    "/any/%2525252e%2525252e/admin",
                    "/any/a%252fb",
                    "/any/a%25255cb",
                    "/any/%c0%ae%c0%ae/admin",
                    "/any/%c0%2e/a",
                    "/any/%e0%80%ae%e0%80%ae/admin",
                    "/any/%f0%80%80%ae/a",
                    "/any/%c0%af",
                    "/any/%e0%80%af",
                    "/any/%ef%bc%8e%ef%bc%8e/admin",
                    "/any/%ef%bc%8f",
                    "/any/%ef%bc%bc",
                    "/any/%e2%80%a5/admin",
                    "/any/%u002e%u002e/admin",
                    "/any//evil.example/x",
                    "/any//",
                    "/any/a//b",
                    "/any///etc/passwd",
                    "/any/%2fevil.example",
                    "/any/%2f%2fevil.example",
                    "/any/\\\\evil.example",
                    "/any/a%00b",
                    "/any/a%00",
                    "/any/%00",
                    "/any/a%0a",
                    "/any/a%0d%0aX-Secret:%201",
                    "/any/a%0d%0a%0d%0aGET%20/admin",
                    "/any/a%250d%250ab",
                    "/any/a%09b",
                    "/any/a%1fb",
                    "/any/a%7f",
                    "/any/a%c2%85b",
                    "/any/a%",
                    "/any/a%2",
                    "/any/a%zz",
                    "/any/a%ff",
                    "/any/a#b",
                    "/any/a?b#c",
                    "/any/a?b c",
                    "/any/a b",
                    "/any/a\tb",
                    "/any/a\u0000b",
                    "/any/a\u0001b",
                    "/any/a\u007fb",
                    "/any/a\u00e9b",
                    "/any/a?\u00e9",
                    "/any/a?b\u0000",
                    "/any/a|b",
                    "/any/a\"b",
                    "/any/a<b>",
                    "/any/a{b}",
                    "/any/{rest}",
                    "/any/a^b",
                    "/any/a`b",
                    "/any/a[b]",
                    "/any/" + "a".repeat(SafePath.MAX_CHARS + 1),
                    "/any/a?" + "b".repeat(SafePath.MAX_CHARS + 1),
                    "/any/" + "../".repeat(500) + "admin",
                    "/any/v2/../x",
                    "/any/v2/%2e%2e/x",
                    "/any/v2/a%2fb/x",
                    "/any/v2//x",
                    "//any/a",
                    "/./any/a",
                    "/x/../any/a",
                    "any/a",
                    "*",
                    "http://evil.example",
                    "http://evil.example/",
                    "http://evil.example/admin",
                    "http://evil.example/any/../admin",
                    "https://evil.example:443/any/%2e%2e/a",
                    "http://user:pass@evil.example/any/../x",
                    "ftp://evil.example/any/../x");

    /** Headers that are refused with all that came, or do not come to the upstream. */
    private static final List<String> HIDDEN =
            List.of(
                    "X-Secret: 1\r\nConnection: X-Secret",
                    "Connection: close, x-secret\r\nX-SECRET: 1",
                    "Connection:x-secret\r\nConnection: close\r\nX-Secret: 1",
                    "Connection: \"x-secret\", x-secret\r\nx-secret: 1",
                    "Keep-Alive: x-secret",
                    "Proxy-Connection: x-secret",
                    "Proxy-Authorization: x-secret",
                    "TE: x-secret",
                    "Trailer: x-secret",
                    "Upgrade: x-secret",
                    "HTTP2-Settings: x-secret",
                    "Expect: x-secret",
                    "Cookie: x-secret",
                    "Cookie2: x-secret",
                    "Authorization: x-secret",
                    "X-Api-Key: x-secret",
                    "X-Forwarded-For: x-secret",
                    "X-Forwarded-Host: x-secret",
                    "X-Real-IP: x-secret",
                    "Forwarded: for=x-secret",
                    "Via: 1.1 x-secret",
                    "Host: x-secret",
                    "Transfer-Encoding: x-secret",
                    "Transfer-Encoding: chunked\r\nContent-Length: 3\r\nX-Secret: 1",
                    "Content-Length: 0\r\nContent-Length: 1\r\nX-Secret: 1",
                    "Content-Length: -1\r\nX-Secret: 1",
                    "Content-Length: 0x0\r\nX-Secret: 1",
                    "X-A: b\rX-Secret: 1",
                    "X-A: b\nX-Secret\u0000: 1",
                    "X-A: b\u0000x-secret",
                    "X-A: b\u0001x-secret",
                    "X-A: b\u007fx-secret",
                    "X-A : x-secret",
                    " X-A: x-secret",
                    "X-A: b\r\n x-secret",
                    "X-A: b\r\n\tx-secret",
                    "X A: x-secret",
                    ": x-secret",
                    "x-secret",
                    "X\u00e9: x-secret",
                    "X-\"A\": x-secret",
                    "X-A(: x-secret",
                    "Holdfast-Secret: x-secret",
                    "Traceparent: x-secret",
                    "X-A: " + "x-secret".repeat(9000));

    private static String request(String method, String target, String headers) {
        return method
                + " "
                + target
                + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: key-alice\r\n"
                + headers
                + "\r\n\r\n";
    }

    private static String status(String answer) {
        return answer.length() < 12 ? "nothing" : answer.substring(9, 12);
    }

    @Test
    @Timeout(120)
    void whatCouldLeadElsewhereIsRefused(@TempDir Path folder) {
        assertThat(REFUSED.size() + HIDDEN.size()).isGreaterThan(100);
        try (PassWorld world = new PassWorld(folder)) {
            for (String target : REFUSED) {
                for (String method : List.of("GET", "POST")) {
                    String answer =
                            world.raw(
                                    request(
                                            method,
                                            target,
                                            "Content-Length: 0\r\nConnection: close"));
                    assertThat(status(answer))
                            .as(method + " " + target)
                            .isIn("400", "403", "404", "405", "414", "431");
                }
            }
            assertThat(world.peer.came).isEmpty();
        }
    }

    @Test
    @Timeout(120)
    void noHeaderIsSmuggled(@TempDir Path folder) {
        try (PassWorld world = new PassWorld(folder)) {
            int arrived = 0;
            for (String headers : HIDDEN) {
                world.peer.came.clear();
                String answer =
                        world.raw(request("GET", "/any/a", "Connection: close\r\n" + headers));
                assertThat(status(answer)).as(headers).isNotEqualTo("500");
                for (PassPeer.Came came : world.peer.came) {
                    arrived++;
                    assertThat(came.target()).as(headers).isEqualTo("/base/a");
                    assertThat(came.head().toLowerCase(Locale.ROOT))
                            .as(headers)
                            .doesNotContain("x-secret", "key-alice");
                }
            }
            assertThat(arrived).as("some are right but for what is left out").isGreaterThan(10);
        }
    }

    @Test
    void whateverIsSentNothingArrivesOutsideTheUpstreamsUrl(@TempDir Path folder) throws Exception {
        AtomicInteger next = new AtomicInteger();
        AtomicInteger answered = new AtomicInteger();
        try (PassWorld world = new PassWorld(folder);
                ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
            List<String> strays = new ArrayList<>();
            AtomicInteger arrived = new AtomicInteger();
            world.peer.forgets = true;
            world.peer.answers(
                    (came, out) -> {
                        arrived.incrementAndGet();
                        if (isStray(came)) {
                            synchronized (strays) {
                                strays.add(came.head());
                            }
                        }
                        PassPeer.text(out, "200 OK", "X-Ok: 1\r\n", "ok");
                    });
            Callable<Void> sender =
                    () -> {
                        for (int i; (i = next.getAndIncrement()) < REQUESTS; ) {
                            long seed = FIRST_SEED + i;
                            String sent = made(seed);
                            String status = status(world.start(sent));
                            assertThat(status)
                                    .as("-Dholdfast.fuzz.seed=" + seed + "\n" + sent)
                                    .isNotEqualTo("500");
                            if (status.equals("200")) {
                                answered.incrementAndGet();
                            }
                        }
                        return null;
                    };
            List<Future<Void>> done = new ArrayList<>();
            for (int i = 0; i < SENDERS; i++) {
                done.add(senders.submit(sender));
            }
            for (Future<Void> each : done) {
                each.get();
            }
            assertThat(strays).isEmpty();
            assertThat(arrived.get()).isGreaterThan(REQUESTS / 20);
            assertThat(answered.get()).isGreaterThan(REQUESTS / 20);
        }
    }

    private static boolean isStray(PassPeer.Came came) {
        String target = came.target();
        String head = came.head().toLowerCase(Locale.ROOT);
        String path = target.split("\\?", 2)[0];
        return !target.startsWith("/base/")
                || SafePath.wrong(path.substring("/base/".length())) != null
                || head.contains("key-alice")
                || head.contains("x-secret")
                || head.contains("\r\ncookie")
                || !head.contains("\r\nauthorization: upstream-secret\r\n");
    }

    private static final List<String> PARTS =
            List.of(
                    "a",
                    "b.c",
                    "..",
                    ".",
                    "%2e",
                    "%2E",
                    "%2f",
                    "%5c",
                    "%25",
                    "%252e",
                    "/",
                    "//",
                    "\\",
                    ";",
                    "..;",
                    "%00",
                    "%0d%0a",
                    "%c0%ae",
                    "%ef%bc%8e",
                    "?",
                    "&",
                    "=",
                    "#",
                    "%",
                    "%zz",
                    "\u00e9",
                    "\u0000",
                    " ",
                    "{x}",
                    "@",
                    ":",
                    "~",
                    "!",
                    "%20",
                    "%C3%A9",
                    "x");

    private static final List<String> LINES =
            List.of(
                    "Accept: a/b",
                    "X-One: 1",
                    "Connection: x-one",
                    "Cookie: x-secret",
                    "Transfer-Encoding: chunked",
                    "Content-Length: 3",
                    "Content-Type: text/plain",
                    "X-A: b\r\n c",
                    "X-B: c\u0000d",
                    "X-C : d",
                    "Upgrade: h2c",
                    "TE: trailers",
                    "Idempotency-Key: k",
                    "Prefer: wait=0",
                    "Holdfast-Expires-In: 60",
                    "Holdfast-Odd: 1",
                    "Host: other",
                    "Proxy-Authorization: key-alice");

    private static String made(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        String[] methods = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"};
        StringBuilder target = new StringBuilder(random.nextInt(20) == 0 ? "http://evil" : "");
        target.append(random.nextInt(5) == 0 ? "/any/v2/" : "/any/");
        for (int i = random.nextInt(6); i > 0; i--) {
            boolean plain = random.nextInt(3) > 0;
            target.append(plain ? "abc" : PARTS.get(random.nextInt(PARTS.size())));
        }
        StringBuilder headers = new StringBuilder("Connection: close");
        for (int i = random.nextInt(3); i > 0; i--) {
            headers.append("\r\n").append(LINES.get(random.nextInt(LINES.size())));
        }
        String method = methods[random.nextInt(methods.length)];
        String request = request(method, target.toString(), headers.toString());
        String body = random.nextBoolean() ? "abc" : "3\r\nabc\r\n0\r\n\r\n";
        // Now and then a letter is another one.
        if (random.nextInt(4) == 0) {
            int at = random.nextInt(request.length());
            request =
                    request.substring(0, at)
                            + (char) random.nextInt(256)
                            + request.substring(at + 1);
        }
        return request + body;
    }
}
