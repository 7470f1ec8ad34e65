package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.webhook.Webhooks.Told;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AddressGuardTest {
    private static final Pattern ESCAPED = Pattern.compile("\\\\u([0-9a-f]{4})");
    private static final AddressGuard PUBLIC_ONLY = new AddressGuard(List.of());

    private record Case(String reason, String url) {}

    @Test
    void everyForbiddenUrlOfTheCorpusIsRefusedForItsReason() throws Exception {
        List<Case> cases = forbidden().filter(c -> !c.reason().startsWith("CONNECT")).toList();

        assertThat(cases).hasSizeGreaterThan(200);
        for (Case c : cases) {
            AddressGuard.Verdict verdict = PUBLIC_ONLY.check(c.url());
            assertThat(verdict).as(c.url()).isInstanceOf(AddressGuard.Forbidden.class);
            AddressGuard.Forbidden no = (AddressGuard.Forbidden) verdict;
            assertThat(no.reason()).as(c.url()).hasToString(c.reason());
            assertThat(no.words()).as(c.url()).isNotBlank().doesNotContain("\n", "\r");
        }
    }

    @Test
    void everyNameOfTheCorpusThatLeadsInsideIsRefusedWhenConnecting() throws Exception {
        List<Case> cases = forbidden().filter(c -> c.reason().startsWith("CONNECT=")).toList();
        assertThat(cases).hasSizeGreaterThan(10);
        Vertx vertx = Vertx.vertx();
        try {
            for (Case c : cases) {
                List<InetAddress> addresses =
                        Arrays.stream(c.reason().substring("CONNECT=".length()).split(",", -1))
                                .map(InetAddress::ofLiteral)
                                .toList();
                assertThat(PUBLIC_ONLY.check(c.url()))
                        .as(c.url())
                        .isInstanceOf(AddressGuard.Allowed.class);
                try (HttpWebhook webhook =
                        new HttpWebhook(
                                vertx,
                                PUBLIC_ONLY,
                                Duration.ofSeconds(20),
                                InstantSource.system(),
                                host -> Future.succeededFuture(addresses),
                                null)) {
                    assertThat(
                                    webhook.post(URI.create(c.url()), Map.of(), new byte[0])
                                            .toCompletableFuture()
                                            .get(30, TimeUnit.SECONDS))
                            .as(c.url())
                            .isInstanceOf(Told.Forbidden.class);
                }
            }
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void everyGoodUrlOfTheCorpusPasses() throws Exception {
        List<String> urls = lines("webhook-urls-allowed.txt");

        assertThat(urls).hasSizeGreaterThanOrEqualTo(30);
        assertThat(urls)
                .allSatisfy(
                        url ->
                                assertThat(PUBLIC_ONLY.check(url))
                                        .isInstanceOfSatisfying(
                                                AddressGuard.Allowed.class,
                                                yes ->
                                                        assertThat(Authority.of(yes.url()))
                                                                .isPresent()));
    }

    @Test
    void aUrlIsBoundedInLength() {
        String longest = "https://example.com/";
        longest += "x".repeat(AddressGuard.MAX_URL_CHARS - longest.length());

        assertThat(PUBLIC_ONLY.check(longest)).isInstanceOf(AddressGuard.Allowed.class);
        assertThat(reason(PUBLIC_ONLY, longest + "x")).isEqualTo(AddressGuard.Reason.TOO_LONG);
        assertThat(reason(PUBLIC_ONLY, "http://" + "a.".repeat(127) + "com/"))
                .isEqualTo(AddressGuard.Reason.TOO_LONG);
        assertThat(reason(PUBLIC_ONLY, "http://" + "a".repeat(64) + ".com/"))
                .isEqualTo(AddressGuard.Reason.SPELLING);
    }

    @Test
    void allowedNetworksOpenTheirLiteralsAndNoOthers() {
        AddressGuard guard = new AddressGuard(List.of("127.0.0.0/8", "fd00::/8", "10.1.2.3"));

        assertThat(
                        List.of(
                                "http://127.0.0.1:9000/",
                                "http://[::ffff:127.0.0.1]/",
                                "http://[64:ff9b::127.0.0.1]/",
                                "http://[fd12::1]/",
                                "http://10.1.2.3/",
                                "http://localhost:9000/hook",
                                "http://receiver:9000/hook",
                                "http://db.internal/"))
                .allSatisfy(
                        url ->
                                assertThat(guard.check(url))
                                        .isInstanceOf(AddressGuard.Allowed.class));
        assertThat(
                        List.of(
                                "http://10.1.2.4/",
                                "http://[fc00::1]/",
                                "http://[::1]/",
                                "http://169.254.169.254/"))
                .allSatisfy(
                        url ->
                                assertThat(reason(guard, url))
                                        .isEqualTo(AddressGuard.Reason.INTERNAL_ADDRESS));
        // Spellings that programs disagree about stay forbidden whatever they mean.
        assertThat(List.of("http://127.1/", "http://2130706433/", "http://0177.0.0.1/"))
                .allSatisfy(
                        url ->
                                assertThat(reason(guard, url))
                                        .isEqualTo(AddressGuard.Reason.SPELLING));
    }

    @Test
    void aWholeAddressFamilyCanBeAllowed() {
        AddressGuard all = new AddressGuard(List.of("0.0.0.0/0", "::/0"));

        assertThat(all.check(InetAddress.ofLiteral("127.0.0.1"))).isEmpty();
        assertThat(all.check(InetAddress.ofLiteral("fe80::1"))).isEmpty();
        assertThat(new AddressGuard(List.of("0.0.0.0/0")).check(InetAddress.ofLiteral("::1")))
                .isPresent();
    }

    @Test
    void theWordsSayWhatToDo() {
        assertThat(((AddressGuard.Forbidden) PUBLIC_ONLY.check("http://10.0.0.1/")).words())
                .isEqualTo(
                        "use a public address: 10.0.0.1 is private (or have its network added to"
                                + " webhooks.allow-networks)");
    }

    @Test
    void aNetworkThatIsNoneIsRefused() {
        for (String text :
                List.of(
                        "",
                        "10",
                        "10.0.0.0/33",
                        "::/129",
                        "10.0.0.0/-1",
                        "10.0.0.0/x",
                        "example.com",
                        "10.0.0.0/8/8",
                        "fe80::1%lo",
                        "127.1/x")) {
            assertThatThrownBy(() -> new AddressGuard(List.of(text)))
                    .as(text)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static AddressGuard.Reason reason(AddressGuard guard, String url) {
        return ((AddressGuard.Forbidden) guard.check(url)).reason();
    }

    private static Stream<Case> forbidden() throws IOException {
        return lines("webhook-urls-forbidden.txt").stream()
                .map(
                        line -> {
                            int space = line.indexOf(' ');
                            return new Case(line.substring(0, space), line.substring(space + 1));
                        });
    }

    private static List<String> lines(String resource) throws IOException {
        try (InputStream in =
                AddressGuardTest.class.getClassLoader().getResourceAsStream(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(AddressGuardTest::unescaped)
                    .toList();
        }
    }

    private static String unescaped(String line) {
        return ESCAPED.matcher(line)
                .replaceAll(
                        found ->
                                Matcher.quoteReplacement(
                                        String.valueOf(
                                                (char) Integer.parseInt(found.group(1), 16))));
    }
}
