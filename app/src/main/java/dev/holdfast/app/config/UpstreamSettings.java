package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import dev.holdfast.outbound.HeaderText;
import dev.holdfast.outbound.Proxies;
import dev.holdfast.outbound.auth.Auth;
import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.pace.RetryPolicy;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An API behind a quota.
 *
 * @param name what routes call it
 * @param url where it is; a path in it goes before each call's
 * @param headers sent with every call; may hold secrets
 * @param auth who calls, where the headers do not say it
 * @param quota its windows, all of which hold at once; empty for no limit
 * @param concurrency calls that may be under way at once
 * @param timeout longest time a call may take
 * @param verifyTls whether its certificate is checked
 * @param tls authorities and certificate of one's own
 * @param retry when a failed call is made again
 * @param breaker what follows when nobody is at home
 * @param shared share of each window that is left to others, 0 to less than 1; null if nobody else
 *     uses the quota
 * @param proxies which proxy its calls go through
 */
public record UpstreamSettings(
        String name,
        URI url,
        Map<String, String> headers,
        Auth auth,
        QuotaSettings quota,
        int concurrency,
        Duration timeout,
        boolean verifyTls,
        TlsSettings tls,
        RetryPolicy retry,
        BreakerPolicy breaker,
        @Nullable Double shared,
        Proxies proxies) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern HEADER = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}");
    private static final int MAX_CONCURRENCY = 10_000;
    private static final Duration SHORTEST_TIMEOUT = Duration.ofMillis(10);
    private static final Duration LONGEST_TIMEOUT = Duration.ofHours(1);

    static Map<String, UpstreamSettings> readAll(Section root) {
        Map<String, UpstreamSettings> upstreams = new LinkedHashMap<>();
        root.map("upstreams", "URL")
                .forEach(
                        (name, section) -> {
                            if (!NAME.matcher(name).matches()) {
                                section.mistake(
                                        "", "a name is 1 to 64 letters, digits, `.`, `_`, `-`");
                            }
                            upstreams.put(name, read(name, section));
                        });
        return java.util.Collections.unmodifiableMap(upstreams);
    }

    private static UpstreamSettings read(String name, Section s) {
        URI url = readUrl(s);
        Map<String, String> headers = readHeaders(s);
        return new UpstreamSettings(
                name,
                url,
                headers,
                AuthSettings.read(s, headers),
                QuotaSettings.read(s),
                s.field("concurrency", "calls that may be under way at once")
                        .orElse("10")
                        .integer(1, MAX_CONCURRENCY),
                s.field("timeout", "longest time a call may take")
                        .orElse("30s")
                        .duration(SHORTEST_TIMEOUT, LONGEST_TIMEOUT),
                s.field("verify-tls", "whether its certificate is checked").orElse("true").flag(),
                TlsSettings.read(s.section("tls")),
                RetrySettings.read(s.section("retry")),
                BreakerSetting.read(s.section("breaker")),
                SharedSetting.read(s.section("shared")),
                ProxySetting.read(s, "environment"));
    }

    private static URI readUrl(Section s) {
        URI url =
                s.field("url", "where it is; a path in it goes before each call's")
                        .required()
                        .uri("http", "https");
        checkUrl(s, url);
        return url;
    }

    /** Whatever an upstream's URL may not hold is told before the gateway starts. */
    static void checkUrl(Section s, URI url) {
        if (url.getRawAuthority().indexOf('@') >= 0
                || url.getRawQuery() != null
                || url.getRawFragment() != null) {
            s.mistake(
                    "url",
                    "cannot hold credentials, a query or a fragment; use `headers`, and the"
                            + " route's `call.query`");
        }
    }

    static Map<String, String> readHeaders(Section s) {
        Map<String, String> headers = s.sent("headers", "a header sent with every call");
        headers.forEach(
                (name, value) -> {
                    if (!HEADER.matcher(name).matches()) {
                        s.mistake("headers", "`" + name + "` cannot be a header's name");
                    }
                    String wrong = HeaderText.wrong(value);
                    if (wrong != null) {
                        s.mistake("headers", "`" + name + "` cannot be sent: " + wrong);
                    }
                });
        return Map.copyOf(headers);
    }

    /** Never shows the headers' values. */
    @Override
    public String toString() {
        return "UpstreamSettings[name="
                + name
                + ", url="
                + url
                + ", headers="
                + headers.keySet()
                + "]";
    }
}
